"""Cells that no spreadsheet program takes for a formula.

Called by the export for every cell and by the import to take the mark away again, so
that what went out comes back as it was.
"""

from __future__ import annotations

import re

_START = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_RISKY = re.compile(f"'*{_START}")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,' \u00a0\u202f\u2019]\d+)*", re.ASCII)
_GUARDED = re.compile(f"''*{_START}")
#: Where programs begin a cell or a row, if they take another delimiter than ours.
_CUTS = ",;\t|\r\n"
_BEGINS = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"


def guarded(text: str) -> str:
    """The cell with `'` in front if a spreadsheet might run it; numbers stay."""
    if not _RISKY.match(text) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"


def unguarded(text: str) -> str:
    """The cell without the `'` that an export put in front."""
    return text[1:] if _GUARDED.match(text) else str(text)


class TextGuard:
    """Guards the cells of a text file with a delimiter, wherever a program may cut.

    Programs of some languages take semicolons for commas, and a quote inside of what
    they take for a cell holds nothing together: `a;=1+1` is two cells to them.
    """

    def __init__(self, delimiter: str) -> None:
        cuts = _CUTS.replace(delimiter, "")
        self._inner = re.compile(f"(?<=[{cuts}])([ \"]*)('*{_BEGINS}[^{cuts}]*)")
        self._marked = re.compile(f"(?<=[{cuts}])([ \"]*)'('*{_BEGINS})")

    def guarded(self, text: str) -> str:
        """The cell with `'` before whatever a spreadsheet might run."""
        return guarded(self._inner.sub(_with_mark, text))

    def unguarded(self, text: str) -> str:
        """The cell as it was before it was guarded."""
        if "'" not in text:
            return str(text)
        return self._marked.sub(r"\1\2", unguarded(text))


def _with_mark(found: re.Match[str]) -> str:
    blank, piece = found[1], found[2]
    if _NUMBER.fullmatch(piece.strip(' "')):
        return found[0]
    return f"{blank}'{piece}"
