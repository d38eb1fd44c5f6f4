"""A record as it is printed: finished texts in order, nothing about rights or formats.

Made by the pages; `core.reports.pdf` draws it.
"""

from __future__ import annotations

from core.frozen import frozen


@frozen
class PrintedTable:
    """Rows of texts under heads; `totals` has one text per column, empty for none."""

    heads: tuple[str, ...]
    numeric: tuple[bool, ...]
    fill: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...] = ()


@frozen
class PrintedPart:
    """A section: pairs of label and text (True: over the whole width), or a table."""

    label: str
    pairs: tuple[tuple[str, str, bool], ...] = ()
    table: PrintedTable | None = None


@frozen
class PrintedRecord:
    """Everything that stands on the pages of one record.

    `page` is the foot with `{page}` and `{pages}` in it; `logo` is a picture's bytes.
    """

    kind: str
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[PrintedPart, ...]
    company: str
    letterhead: str
    foot: str
    page: str
    language: str
    logo: bytes | None = None
