"""The patterns of `matches` and of fields: a subset that runs in linear time.

One spelling for three engines: letters for classes are written out, so that Python,
SQLite (through Python) and PostgreSQL agree on every character.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import re2

MAX_LENGTH = 500
MAX_REPEAT = 100
MAX_GROUPS = 20
_CLASSES = MappingProxyType({"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r\\f\\v"})
_PLAIN_ESCAPES = frozenset("\\.^$*+?()[]{}|-/nt")
_REPEAT = re.compile(r"\{(\d{1,3})(?:(,)(\d{0,3}))?\}")
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class BadPattern(ValueError):
    """The pattern is not in the subset; the message says why."""


def checked_pattern(pattern: str) -> str:
    """The pattern with classes written out, matching a whole text; BadPattern if not.

    The subset: characters, `.`, classes in brackets, `\\d \\w \\s`, groups, `|`,
    `? * + {m,n}`.
    """
    if len(pattern) > MAX_LENGTH:
        raise BadPattern(f"a pattern has at most {MAX_LENGTH} characters")
    translated = _Translator(pattern).translate()
    try:
        re2.compile(translated, _OPTIONS)
    except re2.error as error:
        raise BadPattern(f"not a pattern: {_reason(error)}") from None
    return translated


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode() if isinstance(reason, bytes) else str(reason)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    return re2.compile(checked_pattern(pattern), _OPTIONS)


def matches(text: str, pattern: str) -> bool:
    """Whether the whole text fits the pattern."""
    return _compiled(pattern).fullmatch(text) is not None


def postgres_pattern(pattern: str) -> str:
    """The pattern as PostgreSQL's engine takes it."""
    return f"^(?:{checked_pattern(pattern)})$"


class _Translator:
    """Reads a pattern once, writing out classes and refusing the rest."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.out: list[str] = []
        self.groups = 0

    def translate(self) -> str:
        while self.at < len(self.pattern):
            self.step()
        if self.groups:
            raise BadPattern("a group is not closed")
        return "".join(self.out)

    def step(self) -> None:
        character = self.pattern[self.at]
        if character == "\\":
            self.out.append(self.escape(inside=False))
        elif character == "[":
            self.brackets()
        elif character == "(":
            self.open_group()
        elif character == ")":
            self.close_group()
        elif character in "*+?{":
            self.repeat(character)
        else:
            if character in "^$":
                raise BadPattern("a pattern always covers the whole text: no ^ or $")
            if character in "]}":
                raise BadPattern(f"'{character}' closes nothing; write \\{character}")
            self.out.append("[^\\n]" if character == "." else character)
            self.at += 1

    def escape(self, inside: bool) -> str:
        letter = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if letter in _CLASSES and letter:
            listed = _CLASSES[letter]
            return listed if inside else f"[{listed}]"
        if not letter or letter not in _PLAIN_ESCAPES:
            raise BadPattern(f"'\\{letter}' is not in the pattern language")
        return "\\" + letter if letter != "/" else "/"

    def brackets(self) -> None:
        end = self.at + 1
        out = ["["]
        if self.pattern[end : end + 1] == "^":
            out.append("^")
            end += 1
        self.at = end
        while True:
            character = self.pattern[self.at : self.at + 1]
            if not character:
                raise BadPattern("'[' is not closed")
            if character == "]":
                break
            if character == "[":
                raise BadPattern("write \\[ inside brackets")
            if character == "\\":
                out.append(self.escape(inside=True))
            else:
                if character in "&~|" and self.pattern[self.at + 1] == character:
                    raise BadPattern(f"'{character}{character}' inside brackets")
                out.append(character)
                self.at += 1
        if out[-1] in {"[", "^"}:
            raise BadPattern("empty brackets")
        self.at += 1
        self.out.append("".join(out) + "]")

    def open_group(self) -> None:
        following = self.pattern[self.at + 1 : self.at + 3]
        if following.startswith("?") and following != "?:":
            raise BadPattern("look-around and named groups are not in the language")
        self.at += 3 if following == "?:" else 1
        if self.groups >= MAX_GROUPS:
            raise BadPattern("too many groups inside one another")
        self.groups += 1
        self.out.append("(?:")

    def close_group(self) -> None:
        if not self.groups:
            raise BadPattern("')' closes nothing")
        self.groups -= 1
        self.at += 1
        self.out.append(")")

    def repeat(self, character: str) -> None:
        token = character
        if character == "{":
            match = _REPEAT.match(self.pattern, self.at)
            if match is None:
                raise BadPattern("a repetition is written {3}, {3,} or {3,5}")
            if any(n and int(n) > MAX_REPEAT for n in match.group(1, 3)):
                raise BadPattern(f"at most {MAX_REPEAT} repetitions")
            token = match.group()
        if not self.out or self.out[-1] in {"(?:", "|"}:
            raise BadPattern("a repetition follows nothing")
        self.at += len(token)
        if self.pattern[self.at : self.at + 1] in {"?", "+", "*", "{"}:
            raise BadPattern("two repetitions in a row")
        self.out.append(token)
