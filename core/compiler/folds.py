"""The folded text that shadow columns hold.

Written by the write path whenever the field itself is written; searched and sorted by
the query.
"""

from __future__ import annotations

from core.expressions import fold


def fold_of(text: object) -> str | None:
    """A text without case and accents; null stays null."""
    return None if text is None else fold(str(text))
