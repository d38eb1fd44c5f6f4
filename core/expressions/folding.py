"""How texts are compared when case and accents do not count, and how case changes.

`contains`, `starts`, `ends`, search columns and sorting use `fold`. SQLite calls these
very functions; PostgreSQL has the same tables in SQL (`postgresql_functions`), so all
three agree on every character both Unicode versions know.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def fold(text: str) -> str:
    """The text without case, accents, compatibility forms: `Ångström` -> `angstrom`."""
    if text.isascii():
        return text.lower()
    out: list[str] = []
    for character in unicodedata.normalize("NFKD", text):
        if unicodedata.combining(character):
            continue
        out.append(character.casefold())
    return "".join(out)


def lower(text: str) -> str:
    """Each character in lower case, where that is one character."""
    if text.isascii():
        return text.lower()
    return "".join(lower_character(c) for c in text)


def upper(text: str) -> str:
    """Each character in upper case, where that is one character (so ß stays)."""
    if text.isascii():
        return text.upper()
    return "".join(upper_character(c) for c in text)


def lower_character(character: str) -> str:
    """One character in lower case."""
    changed = character.lower()
    return changed if len(changed) == 1 else character


def upper_character(character: str) -> str:
    """One character in upper case."""
    changed = character.upper()
    return changed if len(changed) == 1 else character


# The blocks with letters that have case, and with marks; the rest are ideographs,
# syllables, surrogates and private use.
_BLOCKS = (
    (0x80, 0x3400),
    (0xA000, 0xAC00),
    (0xF900, 0x12000),
    (0x16800, 0x17000),
    (0x1BC00, 0x1BD00),
    (0x1CF00, 0x1F000),
)


def characters() -> Iterator[str]:
    """All characters beyond ASCII that have case or are marks, and some more."""
    for start, end in _BLOCKS:
        yield from map(chr, range(start, end))
