"""Packed files of XML, opened with care: no bombs, no entities, bounded memory.

Called by the spreadsheet reader; hands on one XML element after the other. What cannot
be trusted is an ExchangeError before anything of it is unfolded.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from core.exchange.errors import ExchangeError
from core.exchange.limits import Limits

Events = Iterator[tuple[str, Element]]
_PIECE = 1 << 16
_MOST_MEMBERS = 5_000
_MOST_RATIO = 400
_SMALL = 4 * 1024 * 1024
_ENCRYPTED = 0x1


@contextmanager
def opened_package(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Lend the package; ExchangeError if it is broken, encrypted or a bomb."""
    try:
        with zipfile.ZipFile(path) as package:
            _check(package, path.name, limits)
            yield package
    except (zipfile.BadZipFile, EOFError, RuntimeError) as error:
        raise ExchangeError(
            f"'{path.name}' is no readable XLSX workbook: its package is broken."
        ) from error


def _check(package: zipfile.ZipFile, name: str, limits: Limits) -> None:
    members = package.infolist()
    if len(members) > _MOST_MEMBERS:
        raise ExchangeError(f"'{name}' holds {len(members):,} parts; that is no table.")
    if any(one.flag_bits & _ENCRYPTED for one in members):
        raise ExchangeError(f"'{name}' is encrypted. Save it without a password.")
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


def elements(
    source: IO[bytes],
    tags: frozenset[str],
    most: int,
    name: str,
    size: int = 0,
) -> Iterator[tuple[Element, float]]:
    """Yield each element of some tags when it is complete, with the share read.

    Elements are emptied behind the reader. `most`: bytes between two of them; more is
    refused, and so is any declaration of entities.
    """
    from defusedxml import DefusedXmlException

    try:
        yield from _elements(source, tags, most, name, size)
    except DefusedXmlException as error:
        raise ExchangeError(
            f"'{name}' declares XML entities, which no workbook needs. It is not read."
        ) from error
    except ParseError as error:
        raise ExchangeError(f"'{name}' holds broken XML: {error}.") from error


def _elements(
    source: IO[bytes], tags: frozenset[str], most: int, name: str, size: int
) -> Iterator[tuple[Element, float]]:
    from defusedxml.ElementTree import DefusedXMLParser

    parser: XMLPullParser[Any] = XMLPullParser(
        ("start", "end"), _parser=DefusedXMLParser(forbid_dtd=True)
    )
    stack: list[Element] = []
    read = since = 0
    while piece := source.read(_PIECE):
        parser.feed(piece)
        read, since = read + len(piece), since + len(piece)
        for event, element in cast("Events", parser.read_events()):
            if event == "start":
                stack.append(element)
                continue
            stack.pop()
            if element.tag in tags:
                since = 0
                yield element, min(read / size, 1.0) if size else 0.0
                element.clear()
                if stack:
                    stack[-1].remove(element)
        if since > most:
            raise ExchangeError(
                f"'{name}' has a part of more than {most:,} bytes in one piece."
            )
