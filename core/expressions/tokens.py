"""The first look at an expression's text: tokens, limits, and what is no token of ours.

The parser calls `scan` before Python's own parser sees anything. It gets back a text of
the same length in which text literals are blank, so that nothing in a literal matters
and every column is a count of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from core.frozen import frozen

MAX_CHARACTERS = 4000
MAX_LEVELS = 30
MAX_DIGITS = 38
# 500 parts are far fewer tokens, even with all the brackets that may stand around them.
MAX_TOKENS = 1500


class Refused(Exception):
    """A part of the text is not in the language."""

    def __init__(
        self, code: str, message: str, start: int, end: int, help: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.start = start
        self.end = end
        self.help = help


@frozen
class Scanned:
    """The text with blanked literals, and the literals by where they start."""

    masked: str
    texts: dict[int, str]


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<text>'(?:[^'\\\n]|\\[^\n])*'|"(?:[^"\\\n]|\\[^\n])*")
      | (?P<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<operator>==|!=|<=|>=|[-+*/%<>()\[\],.=])
    """,
    re.VERBOSE,
)
_FOREIGN = MappingProxyType(
    {
        "**": "powers are not in the language; multiply",
        "//": "write floor(a / b)",
        ":=": "a name cannot be assigned inside an expression",
        "&&": "write 'and'",
        "||": "write 'or'",
        "<>": "write '!='",
        "<<": "bit operators are not in the language",
        ">>": "bit operators are not in the language",
        "&": "write 'and'",
        "|": "write 'or'",
        "!": "write 'not'",
        ":": "slices and lambda are not in the language",
        "{": "sets and maps are not in the language; lists are written [a, b]",
        "#": "comments belong into the YAML file, outside the expression",
        "^": "powers are not in the language; multiply",
        "~": "bit operators are not in the language",
        "?": "write 'a if condition else b'",
        "@": "not an operator of the language",
        "..": "not an operator of the language",
    }
)
_ESCAPES = MappingProxyType({"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"})
_FOREIGN_ESCAPES = frozenset("xuUNabfrv01234567")


def scan(text: str) -> Scanned:
    """Check characters, tokens and nesting of a text; Refused names the first fault."""
    if len(text) > MAX_CHARACTERS:
        message = (
            f"the expression has {len(text)} characters, at most {MAX_CHARACTERS} "
            "are allowed"
        )
        raise Refused("E413", message, 0, len(text))
    masked: list[str] = []
    texts: dict[int, str] = {}
    nesting = _Nesting()
    previous = last_word = ""
    count = 0
    for kind, token, start in _tokens(text):
        before = last_word if kind == "text" and last_word == "text" else previous
        _check_neighbours(kind, before, token, start, text)
        if kind == "text":
            texts[start] = _text_value(token, start)
            masked.append(f"'{'x' * (len(token) - 2)}'")
        else:
            nesting.take(kind, token, start)
            masked.append(" " * len(token) if kind == "space" else token)
        previous = kind
        if kind != "space":
            last_word = kind
            count += 1
        if count > MAX_TOKENS:
            raise Refused("E413", "the expression has too many parts", start, start + 1)
    if not count:
        raise Refused("E401", "the expression is empty", 0, len(text))
    nesting.finish()
    return Scanned("".join(masked), texts)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, token and place, one after the other."""
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or text[position : position + 2] in _FOREIGN:
            raise _foreign(text, position)
        yield str(match.lastgroup), match.group(), position
        position = match.end()


def _check_neighbours(
    kind: str, previous: str, token: str, start: int, text: str
) -> None:
    """Refuse text prefixes, glued texts, and numbers in other notations."""
    end = start + len(token)
    if kind == "text" and previous in {"name", "text"}:
        what = (
            "a prefix before a text"
            if previous == "name"
            else "a text right after a text"
        )
        raise Refused("E403", f"{what} is not in the language", start, end)
    if kind == "number":
        after = text[end : end + 1]
        if after.isalpha() or after in {"_", "."}:
            raise Refused(
                "E403",
                "numbers are written like 1000, 1_000 or 0.5",
                start,
                end + 1,
                "no exponent, no 0x, digits on both sides of the point",
            )
        if sum(c.isdigit() for c in token) > MAX_DIGITS:
            raise Refused(
                "E413", f"a number has at most {MAX_DIGITS} digits", start, end
            )
    if kind == "name" and (token.startswith("_") or "__" in token):
        raise Refused("E403", f"'{token}' is not a name of the language", start, end)


class _Nesting:
    """Counts open brackets and runs of prefix operators, before anything recurses."""

    def __init__(self) -> None:
        self.open: list[tuple[str, int]] = []
        self.prefixes = 0

    def take(self, kind: str, token: str, at: int) -> None:
        if token in {"not", "-", "+"}:
            self.prefixes += 1
        elif kind != "space":
            self.prefixes = 0
        if token in {"(", "["}:
            self.open.append((token, at))
        elif token in {")", "]"}:
            expected = "(" if token == ")" else "["
            if not self.open or self.open.pop()[0] != expected:
                raise Refused("E401", f"'{token}' closes nothing", at, at + 1)
        if len(self.open) > MAX_LEVELS or self.prefixes > MAX_LEVELS:
            raise Refused("E413", f"nested deeper than {MAX_LEVELS} levels", at, at + 1)

    def finish(self) -> None:
        if self.open:
            bracket, at = self.open[-1]
            raise Refused("E401", f"'{bracket}' is not closed", at, at + 1)


def _foreign(text: str, position: int) -> Refused:
    for length in (2, 1):
        token = text[position : position + length]
        if token in _FOREIGN:
            return Refused(
                "E403",
                f"'{token}' is not in the language",
                position,
                position + len(token),
                _FOREIGN[token],
            )
    character = text[position]
    if character in "'\"":
        return Refused("E401", "the text is not closed", position, len(text))
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return Refused(
        "E401",
        f"'{shown}' cannot stand in an expression",
        position,
        position + 1,
    )


def _text_value(token: str, start: int) -> str:
    """The value of a quoted text; a backslash before other letters stays itself."""
    body = token[1:-1]
    if "\\" not in body:
        return body
    out: list[str] = []
    i = 0
    while i < len(body):
        if body[i] != "\\":
            out.append(body[i])
            i += 1
            continue
        escaped = body[i + 1]
        if escaped in _FOREIGN_ESCAPES:
            raise Refused(
                "E403",
                f"the escape '\\{escaped}' is not in the language",
                start + 1 + i,
                start + 3 + i,
                "write the character itself, or \\\\ for a backslash",
            )
        out.append(_ESCAPES.get(escaped, "\\" + escaped))
        i += 2
    return "".join(out)
