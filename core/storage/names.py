"""Names that fit into the columns of the platform's tables."""

from __future__ import annotations

import hashlib

_LONGEST = 80


def consumer_name(kind: str, id: str) -> str:
    """The name of a consumer; an id that is too long keeps its beginning and a hash."""
    name = f"{kind}:{id}"
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST - 17]}~{digest}"
