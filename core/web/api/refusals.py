"""Requests that are refused for what they are, before any service is asked.

Raised by every part of the API; `problems.py` answers them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """An answer with an HTTP status, a code for programs and a full sentence.

    `facts` become further members of the problem; `headers` go along with it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        facts: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.facts = dict(facts or {})
        self.headers = dict(headers or {})


def bad_request(detail: str, **facts: Any) -> Refusal:
    """The refusal of a request whose address or headers are not understood."""
    return Refusal(400, "bad_request", detail, facts=facts)
