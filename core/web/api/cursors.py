"""Cursors on their way out and in, sealed so that only our own come back.

The list views call these. A cursor holds values that go into a statement; one that was
made up, or taken from another entity, is refused here and never reaches the database.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

from core.services import BadQuery, Query
from core.web.settings import derive_key
from core.web.state import web

_SIZE = 8


def sealed_cursor(entity: str, cursor: str | None) -> str | None:
    """The cursor with its seal; None stays None."""
    return None if cursor is None else f"{cursor}.{_seal(entity, cursor)}"


def open_cursor(entity: str, query: Query) -> Query:
    """The query with its cursor out of the seal; BadQuery if the seal is not ours."""
    if query.cursor is None:
        return query
    cursor, _, seal = query.cursor.rpartition(".")
    expected = _seal(entity, cursor)
    if not hmac.compare_digest(seal.encode(), expected.encode()):
        raise BadQuery(
            "The cursor is not one of ours for this list. Begin again without one.",
            parameter="cursor",
        )
    return replace(query, cursor=cursor)


def _seal(entity: str, cursor: str) -> str:
    key = derive_key(web().settings.secret_key, "cursor").encode()
    text = f"{entity}\n{cursor}".encode("utf-8", "replace")
    return hashlib.blake2b(text, key=key, digest_size=_SIZE).hexdigest()
