"""Which endpoint of a module a request calls, before anything else looks at it.

Asked by the guard against forged requests, which lets such calls pass since they read
no cookie, and by `core.web.api.endpoints`, which answers them.
"""

from __future__ import annotations

from flask import g, request

from core.definitions import EndpointDef
from core.web.state import application

ROOT = "/api/v1"
_METHODS = frozenset({"POST", "PUT"})


def declared() -> EndpointDef | None:
    """The endpoint of the request's address and method; None for any other address."""
    if request.method not in _METHODS or not request.path.startswith(f"{ROOT}/"):
        return None
    if "declared" not in g:
        path = request.path.removeprefix(ROOT).rstrip("/")
        g.declared = next(
            (
                one
                for one in application().registry.endpoints.values()
                if one.enabled and (one.method, one.path) == (request.method, path)
            ),
            None,
        )
    found: EndpointDef | None = g.declared
    return found
