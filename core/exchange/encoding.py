"""Finds out how the bytes of a text file are to be read.

Called by core.exchange.as_csv before the first line; hands on a codec name and, where
the choice was a guess, a sentence that says so.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from core.exchange.errors import ExchangeError

_PIECE = 1 << 20
_SAMPLE = 1 << 16
#: Control characters that no text file has.
_BINARY = frozenset(range(9)) | frozenset((14, 15, 16, 17, 18, 19, 20, 21, 22, 23))


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec name, and a warning where it was only guessed."""

    name: str
    warning: str | None = None


def find_encoding(path: Path, wanted: str | None = None) -> Encoding:
    """Return how to read the file; ExchangeError if it is no text in `wanted`."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    if not start.strip():
        raise ExchangeError(f"The file '{path.name}' is empty.")
    if wanted:
        return Encoding(_checked(path, wanted))
    marked = _by_mark(start)
    if marked is not None:
        return Encoding(_checked(path, marked))
    if b"\x00" in start:
        return Encoding(_checked(path, _utf16_order(path, start)))
    if any(byte in _BINARY for byte in start):
        raise _binary(path)
    if first_bad_line(path, "utf-8") is None:
        return Encoding("utf-8")
    return _older(path)


def first_bad_line(path: Path, encoding: str) -> int | None:
    """The first line that is no text in this encoding, None if all of them are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            try:
                line += decoder.decode(piece).count("\n")
            except UnicodeError:
                return line + _lines_before(piece, encoding)
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return line
    return None


def _lines_before(piece: bytes, encoding: str) -> int:
    try:
        piece.decode(encoding)
    except UnicodeDecodeError as error:
        return piece[: error.start].count(b"\n")
    return 0


def _by_mark(start: bytes) -> str | None:
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return None


def _utf16_order(path: Path, start: bytes) -> str:
    """UTF-16 without a mark: Latin text has its zeros on one side only."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if odd > half // 3 and even < half // 20:
        return "utf-16-le"
    if even > half // 3 and odd < half // 20:
        return "utf-16-be"
    raise _binary(path)


def _checked(path: Path, name: str) -> str:
    try:
        codec = codecs.lookup(name).name
        codecs.getincrementaldecoder(codec)
    except LookupError:
        raise ExchangeError(
            f"There is no encoding '{name}'. Use utf-8, utf-16 or cp1252, for example."
        ) from None
    line = first_bad_line(path, codec)
    if line is not None:
        raise ExchangeError(
            f"Line {line} of '{path.name}' is no text in the encoding {name}. "
            "Name the right one, or save the file as UTF-8.",
            line=line,
        )
    return codec


def _older(path: Path) -> Encoding:
    """Files of older programs: the code page of western Windows is the usual one."""
    line = first_bad_line(path, "utf-8")
    name = "cp1252" if first_bad_line(path, "cp1252") is None else "latin-1"
    return Encoding(
        name,
        f"Line {line} is not UTF-8, so the file is read as {name}. If letters look "
        "wrong, name the encoding or save the file as UTF-8.",
    )


def _binary(path: Path) -> ExchangeError:
    return ExchangeError(
        f"'{path.name}' is no text file. Save the table as CSV (UTF-8) and import that."
    )
