"""Opens a file of any format as a table: what it begins with tells, then its ending.

Called by guessing, by the import and by the wizard.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from core.diagnostics import suggestion
from core.exchange.as_csv import open_csv
from core.exchange.errors import ExchangeError
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.table import Table

FORMATS: Final = (
    *("csv", "xlsx", "json", "jsonl", "xml"),
    *("vcard", "icalendar", "mail"),
)
#: Formats that hold any entity; the others have places of their own.
TABLES: Final = ("csv", "xlsx", "json", "jsonl")
MEDIA: Mapping[str, str] = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "json": "application/json",
        "jsonl": "application/x-ndjson",
        "xml": "application/xml",
        "mail": "message/rfc822",
        "vcard": "text/vcard; charset=utf-8",
        "icalendar": "text/calendar; charset=utf-8",
    }
)
#: Endings of names, where they are not called like the format.
ENDINGS: Mapping[str, str] = MappingProxyType(
    {"vcard": "vcf", "icalendar": "ics", "mail": "eml"}
)
_ENDINGS: Final = (
    (".csv", "csv"),
    (".tsv", "csv"),
    (".txt", "csv"),
    (".xlsx", "xlsx"),
    (".xlsm", "xlsx"),
    (".json", "json"),
    (".jsonl", "jsonl"),
    (".ndjson", "jsonl"),
    (".xml", "xml"),
    (".eml", "mail"),
    (".mbox", "mail"),
    (".vcf", "vcard"),
    (".vcard", "vcard"),
    (".ics", "icalendar"),
    (".ical", "icalendar"),
)
_BOM = b"\xef\xbb\xbf"
_PACKAGE = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def format_named(name: str) -> str | None:
    """The format that the ending of a file's name stands for, None if unknown."""
    lower = name.casefold()
    return next((kind for end, kind in _ENDINGS if lower.endswith(end)), None)


def known_format(name: str) -> str:
    """The format of a name that somebody wrote; ExchangeError if there is none."""
    if name in FORMATS:
        return name
    found = format_named(f".{name}")
    if found is None:
        tail = suggestion(name, list(FORMATS))
        raise ExchangeError(f"There is no format '{name}'.{tail}", "bad_format")
    return found


def open_table(
    path: Path,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    format: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Look at a file and return its table; ExchangeError if it is none.

    `format` is found out unless it is given; `sheet` is the first of a workbook.
    """
    size = path.stat().st_size
    if size > limits.file:
        raise ExchangeError(
            f"'{path.name}' has {size:,} bytes, more than the {limits.file:,} allowed. "
            "Split it into several files."
        )
    kind = found_format(path) if format is None else known_format(format)
    if kind == "xlsx":
        from core.exchange.as_xlsx import open_xlsx

        _check_workbook(path)
        return open_xlsx(path, sheet=sheet, limits=limits)
    if kind == "csv":
        return open_csv(path, encoding=encoding, delimiter=delimiter, limits=limits)
    return _open_other(kind, path, encoding, limits)


def _open_other(kind: str, path: Path, encoding: str | None, limits: Limits) -> Table:
    """Open a file of records by a reader that is loaded for it."""
    if kind == "xml":
        from core.exchange.as_xml import open_xml

        return open_xml(path, limits=limits)
    if kind == "mail":
        from core.exchange.as_mail import open_mail

        return open_mail(path, limits=limits)
    if kind == "vcard":
        from core.exchange.as_vcard import open_vcard

        return open_vcard(path, encoding=encoding, limits=limits)
    if kind == "icalendar":
        from core.exchange.as_icalendar import open_icalendar

        return open_icalendar(path, encoding=encoding, limits=limits)
    from core.exchange.as_json import open_json

    return open_json(path, encoding=encoding, limits=limits)


def found_format(path: Path) -> str:
    """The format of a file: by what it begins with, else by its name, else CSV."""
    with path.open("rb") as file:
        start = file.read(256)
    if start.startswith((_PACKAGE, _OLE)):
        return "xlsx"
    known = format_named(path.name)
    if known is None and start.removeprefix(_BOM).lstrip().startswith(b"<?xml"):
        return "xml"
    return known or "csv"


def _check_workbook(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    if start == _OLE:
        raise ExchangeError(
            f"'{path.name}' is an encrypted workbook or one of the old XLS format. "
            "Save it as XLSX without a password."
        )
    if not start.startswith(_PACKAGE):
        raise ExchangeError(f"'{path.name}' is no XLSX workbook.")
