"""The file of plain columns: its mapping, and the same rows written by hand in Core."""

import csv
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import sqlalchemy as sa

from core.app import Application
from core.exchange import Column, Mapping


def plain_mapping() -> Mapping:
    """Seven columns of text, a choice among them, into parties found by number."""
    pairs = (
        ("Number", "code"),
        ("Name", "name"),
        ("Language", "language"),
        ("Notes", "notes"),
        ("Job", "job_title"),
        ("First", "first_name"),
        ("Last", "last_name"),
    )
    columns = tuple(Column((source,), target) for source, target in pairs)
    return Mapping("base.party", columns, key="code")


def by_hand(app: Application, path: Path) -> float:
    """Rows a second of a loader without checks, audit or events; nothing is kept.

    It fills the same table with the same indexes in thousands, in one transaction.
    """
    table = app.compiled.tables["base.party"]
    now = datetime.now(UTC)
    rows = 0
    begin = time.perf_counter()
    with app.database.engine.connect() as connection:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            while chunk := list(islice(reader, 1000)):
                values = [
                    _row(number, line, now) for number, line in enumerate(chunk, rows)
                ]
                connection.execute(sa.insert(table), values)
                rows += len(chunk)
        connection.rollback()
    return rows / (time.perf_counter() - begin)


def _row(number: int, line: dict[str, str], now: datetime) -> dict[str, object]:
    return {
        "id": 10_000_000 + number,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "archived": False,
        "kind": "company",
        "name": line["Name"],
        "name__fold": line["Name"].casefold(),
        "code": line["Number"],
        "code__fold": line["Number"].casefold(),
        "language": line["Language"],
        "notes": line["Notes"],
        "job_title": line["Job"] or None,
        "first_name": line["First"] or None,
        "last_name": line["Last"] or None,
    }
