"""Typed-in text made clean: normal form C, trimmed, without control characters.

Called by every field type whose value is a text, and before other types read a text.

Public: `clean_line`, `clean_text`, `text_of`, `limited`, `shortened`.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from core.fieldtypes.values import BadValue

# C0 and C1 controls, line and paragraph separators, lone surrogates.
_CONTROL_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_AROUND = " \t\r\n\u00a0\u2007\u202f\u3000\ufeff"


def text_of(raw: object) -> str:
    """A text, or a whole or exact number as its text; anything else is a BadValue."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    if isinstance(raw, Decimal) and raw.is_finite() and abs(raw.adjusted()) < 60:
        return format(raw, "f")
    raise BadValue("wrong_type", f"a text is needed here, not {kind_of(raw)}")


def kind_of(raw: object) -> str:
    """What a wrong input is, in the words of the API."""
    if raw is None:
        return "nothing"
    if isinstance(raw, bool):
        return "a boolean"
    if isinstance(raw, int | float | Decimal):
        return "a number"
    if isinstance(raw, str):
        return f"the text '{shortened(raw)}'"
    if isinstance(raw, dict):
        return "an object"
    if isinstance(raw, list | tuple | set | frozenset):
        return "a list"
    return f"a {type(raw).__name__}"


def shortened(text: str, most: int = 40) -> str:
    """The text for a message: on one line and not too long."""
    line = " ".join(_CONTROL_IN_LINE.sub(" ", text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def clean_line(raw: object) -> str | None:
    """A text on one line, trimmed and in normal form C; None if nothing is left."""
    text = raw if type(raw) is str else text_of(raw)
    text = text.strip(_AROUND)
    if text.isascii():
        if text.isprintable():
            return text or None
    else:
        text = unicodedata.normalize("NFC", text)
    found = _CONTROL_IN_LINE.search(text)
    if found is None:
        return text or None
    raise _controlled(text, found, "\n\r\u2028\u2029")


def clean_text(raw: object) -> str | None:
    """Like `clean_line`, but lines and tabs stay; line ends become `\\n`."""
    text = raw if type(raw) is str else text_of(raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip(_AROUND)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    found = _CONTROL_IN_TEXT.search(text)
    if found is None:
        return text or None
    raise _controlled(text, found, "")


def _controlled(text: str, found: re.Match[str], breaks: str) -> BadValue:
    character = found[0]
    where = found.start() + 1
    if character in breaks:
        message = (
            f"the text has a line break at character {where}; "
            "this field takes one line only, put a space there"
        )
        return BadValue("line_break", message, position=where)
    message = (
        f"character {where} is a control character (U+{ord(character):04X}) "
        "that cannot be shown; remove it"
    )
    return BadValue("control_character", message, position=where, character=found[0])


def limited(text: str, length: int) -> str:
    """The text, unless it has more characters than allowed."""
    if len(text) > length:
        raise BadValue(
            "too_long",
            f"the text has {len(text)} characters, at most {length} are allowed; "
            f"shorten it by {len(text) - length}",
            length=len(text),
            allowed=length,
        )
    return text
