"""Cells that no spreadsheet program takes for a formula.

Called by the export for every cell and by the import to take the mark away again, so
that what went out comes back as it was.
"""

from __future__ import annotations

import re

_RISKY = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,' \u00a0\u202f\u2019]\d+)*", re.ASCII)
_GUARDED = re.compile("''*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def guarded(text: str) -> str:
    """The cell with `'` in front if a spreadsheet might run it; numbers stay."""
    if not _RISKY.match(text) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def unguarded(text: str) -> str:
    """The cell without the `'` that an export put in front."""
    return text[1:] if _GUARDED.match(text) else str(text)
