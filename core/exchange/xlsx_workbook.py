"""What a workbook says about itself: sheets, shared texts, and which cells are days.

Read once per file by core.exchange.as_xlsx, before any row.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal
from xml.etree.ElementTree import Element

from core.exchange.errors import ExchangeError
from core.exchange.limits import Limits
from core.exchange.packed import elements
from core.frozen import frozen

MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATIONS: Final = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
)
_PACKAGE: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_PART = 4 * 1024 * 1024
Shape = Literal["plain", "day", "moment", "time", "percent"]


@frozen
class Workbook:
    """Sheets by name with the part that holds them; the shape of each cell style.

    `hidden`: sheets that whoever opens the file does not see.
    """

    sheets: Mapping[str, str]
    texts: tuple[str, ...]
    shapes: tuple[Shape, ...]
    from_1904: bool
    hidden: frozenset[str] = frozenset()


def read_workbook(package: zipfile.ZipFile, name: str, limits: Limits) -> Workbook:
    """Read all but the rows; ExchangeError if there is no sheet."""
    present = set(package.namelist())
    if "xl/workbook.xml" not in present:
        raise ExchangeError(f"'{name}' is no XLSX workbook.")
    reader = _Parts(package, name, limits)
    targets = {
        one.get("Id", ""): _target(one.get("Target", ""))
        for one in reader.all("xl/_rels/workbook.xml.rels", f"{_PACKAGE}Relationship")
    }
    sheets: dict[str, str] = {}
    hidden: set[str] = set()
    from_1904 = False
    tags = (f"{MAIN}sheet", f"{MAIN}workbookPr")
    for element in reader.all("xl/workbook.xml", *tags):
        if element.tag == f"{MAIN}workbookPr":
            from_1904 = element.get("date1904") in ("1", "true")
            continue
        part = targets.get(element.get(f"{RELATIONS}id", ""), "")
        if part in present and "/worksheets/" in part:
            sheets[element.get("name", part)] = part
            if element.get("state", "visible") != "visible":
                hidden.add(element.get("name", part))
    if not sheets:
        raise ExchangeError(f"'{name}' has no sheet with a table.")
    return Workbook(
        MappingProxyType(sheets),
        reader.texts(),
        reader.shapes(),
        from_1904,
        frozenset(hidden),
    )


def _target(text: str) -> str:
    path = text[1:] if text.startswith("/") else posixpath.join("xl", text)
    return posixpath.normpath(path)


class _Parts:
    """The parts of one package, element by element."""

    def __init__(self, package: zipfile.ZipFile, name: str, limits: Limits) -> None:
        self._package = package
        self._name = name
        self._limits = limits

    def all(self, part: str, *tags: str) -> Iterator[Element]:
        """All elements of some tags of a part; none if there is no such part."""
        if part not in self._package.NameToInfo:
            return
        with self._package.open(part) as source:
            most = max(_PART, self._limits.cell * 8)
            for element, _ in elements(source, frozenset(tags), most, self._name):
                yield element

    def texts(self) -> tuple[str, ...]:
        """The shared texts, which cells name by their number."""
        part = "xl/sharedStrings.xml"
        if part not in self._package.NameToInfo:
            return ()
        size = self._package.getinfo(part).file_size
        if size > self._limits.texts:
            raise ExchangeError(
                f"The texts of '{self._name}' have {size:,} bytes, more than the "
                f"{self._limits.texts:,} that are held in memory. Save it as CSV."
            )
        return tuple(plain_text(one) for one in self.all(part, f"{MAIN}si"))

    def shapes(self) -> tuple[Shape, ...]:
        """The shape of each style, in their order."""
        formats: dict[str, str] = {}
        shapes: list[Shape] = []
        tags = (f"{MAIN}numFmt", f"{MAIN}cellXfs")
        for element in self.all("xl/styles.xml", *tags):
            if element.tag == f"{MAIN}numFmt":
                code = element.get("formatCode", "")
                formats[element.get("numFmtId", "")] = code
            else:
                ids = (one.get("numFmtId", "0") for one in element)
                shapes = [_shape(one, formats.get(one)) for one in ids]
        return tuple(shapes)


def _shape(number: str, code: str | None) -> Shape:
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    if code is None:
        builtin = int(number) if number.isdecimal() and len(number) < 6 else 0
        code = str(BUILTIN_FORMATS.get(builtin, ""))
    bare = _QUOTED.sub("", code.split(";")[0]).casefold()
    if "%" in bare:
        return "percent"
    day = any(letter in bare for letter in "yd")
    time = "h" in bare or "s" in bare
    if day:
        return "moment" if time else "day"
    if time:
        return "time"
    return "day" if "m" in bare else "plain"


def plain_text(element: Element) -> str:
    """The text of a cell without its letters' shapes, phonetic hints left out."""
    found: list[str] = []
    for child in element:
        if child.tag == f"{MAIN}t":
            found.append(child.text or "")
        elif child.tag == f"{MAIN}r":
            found += [one.text or "" for one in child if one.tag == f"{MAIN}t"]
    return "".join(found)
