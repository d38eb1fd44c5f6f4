"""The folded text that shadow columns hold.

Written by the write path whenever the field itself is written; searched and sorted by
the query.
"""

from __future__ import annotations

from core.compiler.tables import FOLD_LENGTH
from core.expressions import fold


def fold_of(text: object) -> str | None:
    """A text without case and accents, cut at 255 characters; null stays null."""
    return None if text is None else fold(str(text))[:FOLD_LENGTH]
