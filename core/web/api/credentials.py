"""Who asks the API, and what the credential covers.

The views call `caller()` and the `may_*` guards. Sessions and access tokens cover all
that their user may do; an API key covers its scopes: `read`, `write`, or one of them
for one entity or module (`library.book:read`, `library.*:write`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from flask import current_app, g, request

from core.compiler import Compiled
from core.expressions import Member
from core.frozen import frozen
from core.services import Actor
from core.web.api.limits import require_rate
from core.web.api.refusals import Refusal
from core.web.api.strangers import count_stranger, public_actor
from core.web.auth import current_actor, current_principal
from core.web.tokens import covers

#: What a stranger may ask where a public role shows the entity: its rows, but neither
#: their history nor what people say, plan and save about them.
PUBLIC_ENDPOINTS = frozenset(
    {
        *("api.list", "api.record", "api.count", "api.aggregate", "api.lookup"),
        *("api.related", "api.file", "api.one_file", "api.export"),
    }
)


@frozen
class Caller:
    """The actor of a request and the scopes of its credential."""

    actor: Actor
    scopes: frozenset[str]

    def covers(self, entity: str, kind: str) -> bool:
        """Whether the credential reaches an entity; `kind` is read or write."""
        return covers(self.scopes, entity, kind)

    def require(self, entity: str, kind: str) -> None:
        """Refuse with 403 what the credential does not cover."""
        if not self.covers(entity, kind):
            raise Refusal(
                403,
                "out_of_scope",
                f"This API key does not cover '{entity}:{kind}'. Take a key with that "
                f"scope or with '{kind}'.",
                facts={"scope": f"{entity}:{kind}"},
            )

    def require_paths(
        self, compiled: Compiled, entity: str, paths: Iterable[tuple[str, ...]]
    ) -> None:
        """Refuse paths that lead through entities which the credential leaves out."""
        if "read" in self.scopes:
            return
        for path in paths:
            for passed in passed_entities(compiled, entity, path):
                self.require(passed, "read")


def caller() -> Caller:
    """Who asks; 401 for a stranger."""
    if "api_caller" not in g:
        principal = current_principal()
        if principal is None:
            raise Refusal(
                401,
                "not_signed_in",
                "There is no valid credential. Send 'Authorization: Bearer <token>' "
                "or 'X-API-Key: <key>'.",
                headers={"WWW-Authenticate": 'Bearer realm="api"'},
            )
        g.api_caller = Caller(current_actor(), principal.scopes)
    return cast(Caller, g.api_caller)


def caller_about(entity: str) -> Caller:
    """Who asks about an entity; a stranger may, where a public role shows it."""
    if current_principal() is not None or request.endpoint not in PUBLIC_ENDPOINTS:
        return caller()
    actor = public_actor(entity)
    if actor is None:
        return caller()
    require_rate(count_stranger(current_app))
    return Caller(actor, frozenset({"read"}))


def passed_entities(
    compiled: Compiled, entity: str, path: tuple[str, ...]
) -> Iterable[str]:
    """The entities that a path of field names passes through, without its start.

    A link at the end of the path is an id of the entity before it and does not count.
    """
    schema = compiled.registry.schema.entity(entity)
    group: Member | None = None
    for number, step in enumerate(path, 1):
        if group is not None:
            member = group.member(step)
        else:
            member = schema.member(step) if schema is not None else None
        if member is None:
            return
        group = member if member.members else None
        if member.target is not None and (member.to_many or number < len(path)):
            yield member.target
            schema = compiled.registry.schema.entity(member.target)
