"""JSON objects of a file one after the other, each with its line.

Called by core.exchange.as_json. Understands a list of objects, objects in a row, and
one per line; in the last a broken line spoils no other one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TextIO

from core.exchange.errors import ExchangeError
from core.exchange.limits import Limits
from core.frozen import frozen

JsonObject = dict[str, Any]
_PIECE = 1 << 16
_DEEPEST = 20
_DIGITS = 400
_EXPONENT = 300
_BETWEEN = " \t\r\n,"


class _Bad(ValueError):
    """What JSON allows and a record does not."""


@frozen
class Found:
    """One object: its line, its value, its text, and what is wrong with it."""

    line: int
    value: JsonObject
    raw: str
    kind: str
    done: float
    problem: str | None = None


def objects(path: Path, encoding: str, limits: Limits) -> Iterator[Found]:
    """Yield all objects; ExchangeError where the file cannot be read any further."""
    size = max(path.stat().st_size, 1)
    with path.open(encoding=encoding, newline="") as file:
        start = file.readline(limits.row)
        file.seek(0)
        if _is_whole(start):
            yield from _per_line(file, size, limits)
        else:
            yield from _Stream(file, size, limits).all()


def _is_whole(line: str) -> bool:
    if not line.lstrip("\ufeff").lstrip().startswith("{"):
        return False
    try:
        _decoder().decode(line.strip())
    except (ValueError, RecursionError):
        return False
    return True


def _per_line(file: TextIO, size: int, limits: Limits) -> Iterator[Found]:
    decoder, line, read = _decoder(), 0, 0
    while text := file.readline(limits.row + 1):
        line += 1
        read += len(text)
        if len(text) > limits.row:
            said = f"Line {line} has more than {limits.row:,} characters."
            raise ExchangeError(said, line=line)
        if not text.strip():
            continue
        value, problem = _read(decoder, text.strip())
        yield Found(line, value, text.strip(), "jsonl", min(read / size, 1.0), problem)


def _read(decoder: json.JSONDecoder, text: str) -> tuple[JsonObject, str | None]:
    try:
        found = decoder.decode(text)
    except RecursionError:
        return {}, "The line is nested too deeply."
    except json.JSONDecodeError as error:
        return {}, f"The line is not JSON: {error.msg} at column {error.colno}."
    except ValueError as error:
        return {}, str(error)
    return _checked(found)


def _checked(found: Any) -> tuple[JsonObject, str | None]:
    if not isinstance(found, dict):
        return {}, 'A record is an object, such as {"name": "…"}.'
    level: list[Any] = [found]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return found, None
    return {}, "The record is nested too deeply."


class _Stream:
    """A list of objects, or objects in a row, read piece by piece."""

    def __init__(self, file: TextIO, size: int, limits: Limits) -> None:
        self._file = file
        self._size = size
        self._limits = limits
        self._text = ""
        self._at = 0
        self._line = 1
        self._read = 0
        self._ended = False

    def all(self) -> Iterator[Found]:
        """All objects of the file."""
        decoder = _decoder()
        listed = self._peek() == "["
        if listed:
            self._step(self._at + 1)
        while (mark := self._peek()) and mark != "]":
            line = self._line
            value, end = self._next(decoder)
            raw = self._text[self._at : end]
            self._step(end)
            found, problem = _checked(value)
            share = min(self._read / self._size, 1.0)
            kind = "json" if listed else "jsonl"
            yield Found(line, found, raw, kind, share, problem)
        if listed and mark != "]":
            raise self._broken("the list is not closed")
        if listed:
            self._step(self._at + 1)
            if self._peek():
                raise self._broken("there is more behind the list")

    def _next(self, decoder: json.JSONDecoder) -> tuple[Any, int]:
        while True:
            try:
                return decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise self._broken("it is nested too deeply") from None
            except json.JSONDecodeError as error:
                length = len(self._text) - self._at
                if self._ended:
                    raise self._broken(error.msg) from None
                if length > self._limits.row:
                    raise self._broken(
                        f"a record has more than {self._limits.row:,} characters, or "
                        "it is never closed"
                    ) from None
                self._more(max(_PIECE, length))
            except ValueError as error:
                raise self._broken(str(error)) from None

    def _peek(self) -> str:
        """The next character that is no blank and no comma; empty at the end."""
        while True:
            at = self._at
            while at < len(self._text) and self._text[at] in _BETWEEN:
                at += 1
            self._step(at)
            if at < len(self._text):
                return self._text[at]
            if self._ended:
                return ""
            self._more(_PIECE)

    def _step(self, to: int) -> None:
        self._line += self._text.count("\n", self._at, to)
        self._at = to

    def _more(self, length: int) -> None:
        piece = self._file.read(length)
        self._ended = not piece
        self._read += len(piece)
        self._text = self._text[self._at :] + piece
        self._at = 0

    def _broken(self, why: str) -> ExchangeError:
        return ExchangeError(
            f"The JSON cannot be read from line {self._line} on: {why}.",
            line=self._line,
        )


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_once,
        parse_float=_number,
        parse_int=_whole,
        parse_constant=_no_constant,
    )


def _once(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Bad(f"The key '{twice[:80]}' stands twice in one object.")
    return found


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _Bad(f"{text[:40]} is no number that can be kept.") from None
    if len(text) > _DIGITS or abs(number.adjusted()) > _EXPONENT:
        raise _Bad(f"{text[:40]} is larger or finer than any number kept here.")
    return number


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise _Bad(f"A number of {len(text)} digits is more than can be kept.")
    return int(text)


def _no_constant(text: str) -> Any:
    raise _Bad(f"{text} is not JSON; leave the value out or write null.")
