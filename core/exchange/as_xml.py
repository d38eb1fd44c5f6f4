"""Reads records from XML files: the elements that repeat themselves, whatever they are
called.

Called by `open_table`. A record's inner elements and attributes become paths such as
`buyer.name`; what it has several of stays a JSON list. Names lose their namespace.
Entities and document types are refused, so nothing outside the file is ever read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from core.exchange.errors import ExchangeError
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.packed import elements, outline
from core.exchange.table import ABSENT, Row, Table
from core.frozen import frozen


@frozen(kw_only=True)
class XmlTable(Table):
    """Elements of one name with what stands in them as columns.

    `tag` is the name of the records' elements, its namespace in front.
    """

    tag: str

    def rows(self) -> Iterator[Row]:
        """Read all records; may be called again."""
        places = {name: number for number, name in enumerate(self.header)}
        for number, (element, done) in enumerate(_records(self), 1):
            cells: list[str] = [ABSENT] * len(places)
            problem = None
            for name, text in flat(element).items():
                if name not in places:
                    continue
                cells[places[name]] = text
                if len(text) > self.limits.cell:
                    problem = f"'{name}' has more than {self.limits.cell:,} characters."
            yield Row(number, tuple(cells), problem, done)


def _records(table: XmlTable) -> Iterator[tuple[Element, float]]:
    with table.path.open("rb") as source:
        given = (table.limits.row * 4, table.path.name, max(table.size, 1))
        yield from elements(source, frozenset({table.tag}), *given)


def open_xml(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> XmlTable:
    """Look at a file and return its table; ExchangeError if it holds no records."""
    size = path.stat().st_size
    with path.open("rb") as source:
        tag = _record_tag(outline(source, path.name))
    if tag is None:
        raise ExchangeError(f"'{path.name}' holds no XML elements with values.")
    table = XmlTable(
        path=path, header=(), size=size, limits=limits, format="xml", tag=tag
    )
    names: dict[str, None] = {}
    for element, _ in _records(table):
        names.update(dict.fromkeys(flat(element)))
        if len(names) > limits.columns:
            raise ExchangeError(
                f"The elements of '{path.name}' have more than {limits.columns} "
                "different names."
            )
    if not names:
        raise ExchangeError(f"'{path.name}' holds no XML elements with values.")
    return XmlTable(
        path=path,
        header=tuple(names),
        size=size,
        limits=limits,
        format="xml",
        tag=tag,
    )


def _record_tag(found: dict[tuple[str, ...], tuple[int, bool]]) -> str | None:
    """The element that repeats itself nearest to the root; of one record its own.

    found: how often each path of elements occurs, and whether anything stands in it.
    """
    whole = [path for path, (_, inside) in found.items() if inside]
    several = [path for path in whole if len(path) > 1 and found[path][0] > 1]
    if several:
        return min(several, key=len)[-1]
    below = [path for path in whole if len(path) == 2]
    only = below if len(below) == 1 else whole[:1]
    return only[0][-1] if only else None


def flat(element: Element) -> dict[str, str]:
    """The texts of an element by their paths, attributes included."""
    values: dict[str, list[str]] = {}
    _collect(element, "", values)
    return {
        name: texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)
        for name, texts in values.items()
    }


def _collect(element: Element, before: str, values: dict[str, list[str]]) -> None:
    for key, value in element.attrib.items():
        values.setdefault(f"{before}{bare(key)}", []).append(value.strip())
    for child in element:
        path = f"{before}{bare(child.tag)}"
        text = (child.text or "").strip()
        if text or not (len(child) or child.attrib):
            values.setdefault(path, []).append(text)
        _collect(child, f"{path}.", values)


def bare(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


__all__ = ["XmlTable", "flat", "open_xml"]
