"""Packed files of XML, opened with care: no bombs, no entities, bounded memory.

Called by the spreadsheet reader; hands on one XML element after the other. What cannot
be trusted is an ExchangeError before anything of it is unfolded.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers.expat import ExpatError, ParserCreate

from core.exchange.errors import ExchangeError
from core.exchange.limits import Limits

Events = Iterator[tuple[str, Element]]
_PIECE = 1 << 16
_MOST_MEMBERS = 5_000
_MOST_RATIO = 400
_SMALL = 4 * 1024 * 1024
_ENCRYPTED = 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DEEPEST = 64
_MOST_PATHS = 5_000
#: The bytes of a member's own header, without its name.
_HEADER = 30


#: What the package and its ways of packing raise for bytes that are none.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, RuntimeError, UnicodeError, ValueError),
)


@contextmanager
def opened_package(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Lend the package; ExchangeError if it is broken, encrypted or a bomb."""
    try:
        with zipfile.ZipFile(path) as package:
            _check(package, path.name, limits)
            yield package
    except _BROKEN as error:
        raise ExchangeError(
            f"'{path.name}' is no readable XLSX workbook: its package is broken."
        ) from error


def _check(package: zipfile.ZipFile, name: str, limits: Limits) -> None:
    members = package.infolist()
    if len(members) > _MOST_MEMBERS:
        raise ExchangeError(f"'{name}' holds {len(members):,} parts; that is no table.")
    if any(one.flag_bits & _ENCRYPTED for one in members):
        raise ExchangeError(f"'{name}' is encrypted. Save it without a password.")
    if any(one.compress_type not in _PACKINGS for one in members):
        raise ExchangeError(f"'{name}' is packed in a way that no workbook is.")
    whole = sum(one.file_size for one in members)
    if whole > limits.unpacked:
        raise ExchangeError(
            f"'{name}' unfolds to {whole:,} bytes, more than the "
            f"{limits.unpacked:,} allowed. Split it, or save it as CSV."
        )
    for one in members:
        packed = max(one.compress_size, 1)
        if one.file_size > _SMALL and one.file_size / packed > _MOST_RATIO:
            raise ExchangeError(
                f"'{name}' unfolds to more than {_MOST_RATIO} times its size, as files "
                "made to fill up a computer do. It is not read."
            )
    _check_overlaps(members, name)


def _check_overlaps(members: list[zipfile.ZipInfo], name: str) -> None:
    """Parts that share bytes unfold to far more than the file has."""
    end = 0
    for one in sorted(members, key=lambda one: one.header_offset):
        if one.header_offset < end:
            raise ExchangeError(
                f"The parts of '{name}' lie upon each other, as in files made to fill "
                "up a computer. It is not read."
            )
        end = one.header_offset + _HEADER + len(one.filename) + one.compress_size


def elements(
    source: IO[bytes],
    tags: frozenset[str],
    most: int,
    name: str,
    size: int = 0,
    frames: frozenset[str] = frozenset(),
) -> Iterator[tuple[Element, float]]:
    """Yield each element of some tags when it is complete, with the share read.

    Elements are emptied behind the reader, others are not kept at all. `frames` are
    those of the tags whose inside is not asked for. `most`: bytes between two elements;
    more is refused, and so are declarations of entities and absurd depths.
    """
    try:
        yield from _elements(source, tags, tags - frames, most, name, size)
    except (ParseError, ExpatError) as error:
        raise ExchangeError(f"'{name}' holds broken XML: {error}.") from error


def outline(source: IO[bytes], name: str) -> dict[tuple[str, ...], tuple[int, bool]]:
    """Return path of tags -> how often it occurs and whether anything stands inside.

    Attributes count as inside; a text alone does not. The root is a path of one tag.
    """
    try:
        return _outline(source, name)
    except (ParseError, ExpatError) as error:
        raise ExchangeError(f"'{name}' holds broken XML: {error}.") from error


def _outline(source: IO[bytes], name: str) -> dict[tuple[str, ...], tuple[int, bool]]:
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    beginning = _Beginning(name)
    found: dict[tuple[str, ...], tuple[int, bool]] = {}
    path: list[str] = []
    while piece := source.read(_PIECE):
        beginning.see(piece)
        parser.feed(piece)
        for event, element in cast("Events", parser.read_events()):
            if event == "end":
                path.pop()
                element.clear()
                continue
            if path:
                count, _ = found[tuple(path)]
                found[tuple(path)] = (count, True)
            path.append(element.tag)
            count, inside = found.get(tuple(path), (0, False))
            found[tuple(path)] = (count + 1, inside or bool(element.attrib))
            if len(path) > _DEEPEST or len(found) > _MOST_PATHS:
                raise ExchangeError(f"'{name}' nests its XML too deep for a table.")
    parser.close()
    return found


class _Beginning:
    """Refuses documents that declare a type, by which alone entities come in.

    A declaration stands before the first element: what follows needs no look.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._parser = ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._begin
        self._over = False

    def see(self, piece: bytes) -> None:
        """Look at the next bytes before anybody else parses them."""
        if not self._over:
            self._parser.Parse(piece)

    def _begin(self, *_: object) -> None:
        self._over = True
        self._parser.StartElementHandler = None

    def _refuse(self, *_: object) -> None:
        raise ExchangeError(
            f"'{self._name}' declares XML entities, which no table needs. "
            "It is not read."
        )


def _let_go(stack: list[Element], whole: frozenset[str]) -> None:
    """Forget what is closed, asked for or not: a file is longer than memory.

    All of a piece together; one by one, each would be looked for among the others.
    """
    for element in stack:
        if element.tag in whole:
            return
        del element[:]


def _elements(
    source: IO[bytes],
    tags: frozenset[str],
    whole: frozenset[str],
    most: int,
    name: str,
    size: int,
) -> Iterator[tuple[Element, float]]:
    parser: XMLPullParser[Any] = XMLPullParser(("start", "end"))
    beginning = _Beginning(name)
    stack: list[Element] = []
    read = since = inside = 0
    while piece := source.read(_PIECE):
        beginning.see(piece)
        parser.feed(piece)
        read, since = read + len(piece), since + len(piece)
        for event, element in cast("Events", parser.read_events()):
            if event == "start":
                stack.append(element)
                inside += element.tag in whole
                if len(stack) > _DEEPEST:
                    raise ExchangeError(f"'{name}' nests its XML too deep for a table.")
                continue
            stack.pop()
            if element.tag in tags:
                since = 0
                yield element, min(read / size, 1.0) if size else 0.0
            inside -= element.tag in whole
            if not inside:
                element.clear()
        _let_go(stack, whole)
        if since > most:
            raise ExchangeError(
                f"'{name}' has a part of more than {most:,} bytes in one piece."
            )
