"""Finds out how the bytes of a text file are to be read.

Called by core.exchange.as_csv before the first line; hands on a codec name and, where
the choice was a guess, a sentence that says so.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from core.exchange.errors import ExchangeError
from core.frozen import frozen

_PIECE = 1 << 20
_SAMPLE = 1 << 16
#: Control characters that no text file has, but for a slip in some row.
_BINARY = bytes((*range(9), *range(14, 24)))
#: One of so many bytes may be such a slip; programs and pictures have far more.
_RARE = 100


@frozen
class Encoding:
    """A codec name, and a warning where it was only guessed.

    `broken`: some lines are no text in it, which whoever reads them has to report.
    """

    name: str
    warning: str | None = None
    broken: bool = False


def find_encoding(
    path: Path, wanted: str | None = None, *, by_line: bool = False
) -> Encoding:
    """Return how to read the file; ExchangeError if it is no text in `wanted`.

    by_line: the reader can leave out single lines that are no text.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    if not start.strip():
        raise ExchangeError(f"The file '{path.name}' is empty.")
    if wanted:
        return Encoding(_checked(path, wanted))
    marked = _by_mark(start)
    if marked is not None:
        return Encoding(_checked(path, marked))
    if b"\x00" in start and (order := _utf16_order(start)) is not None:
        return Encoding(_checked(path, order))
    strange = len(start) - len(start.translate(None, _BINARY))
    if strange * _RARE > len(start):
        raise _binary(path)
    line = first_bad_line(path, "utf-8")
    if line is None:
        return Encoding("utf-8")
    if by_line and _is_mostly_utf8(path):
        said = f"Line {line} is not UTF-8 as the others are. Such rows are left out."
        return Encoding("utf-8", said, broken=True)
    return _older(path, line)


def _is_mostly_utf8(path: Path) -> bool:
    """Whether of the lines with other letters than English more are UTF-8 than not."""
    good = bad = 0
    with path.open("rb") as file:
        while line := file.readline(_PIECE):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return good > bad


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


def _utf16_order(start: bytes) -> str | None:
    """UTF-16 without a mark: Latin text has its zeros on one side only."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if odd > half // 3 and even < half // 20:
        return "utf-16-le"
    if even > half // 3 and odd < half // 20:
        return "utf-16-be"
    return None


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


def _older(path: Path, line: int) -> Encoding:
    """Files of older programs: the code page of western Windows is the usual one."""
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
