"""The audit under seals: whatever is changed in it afterwards is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.jobs import Dispatcher
from core.jobs.seals import SealConsumer
from core.services.checking_seals import Verdict, check_seals
from core.services.sealing import BLOCK, chained, digest_of, is_to_seal, seal_block
from core.storage import Database, audit_seal, create_database, job
from core.storage.tables import audit, create_system_tables
from tests.unit.prepared import prepared

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    prepared("system tables", database_url, lambda: _install(database_url))
    made = create_database(database_url)
    yield made
    made.dispose()


def _install(url: str) -> None:
    made = create_database(url)
    with made.writing() as connection:
        create_system_tables(connection)
    made.dispose()


def entries(connection: sa.Connection, count: int) -> None:
    one = {"at": NOW, "via": "ui", "entity": "shop.book", "version": 1}
    one |= {"action": "created", "changes": {"name": [None, "Über"], "price": [1, 2.5]}}
    connection.execute(audit.insert(), [{**one, "record": n} for n in range(count)])


def happen(database: Database, count: int = 3) -> None:
    with database.writing() as connection:
        entries(connection, count)


def seal(database: Database) -> int:
    with database.writing() as connection:
        return seal_block(connection, NOW)


def verdict(database: Database, known: str = "") -> Verdict:
    return check_seals(database, known)


def write(database: Database, statement: Any) -> None:
    with database.writing() as connection:
        connection.execute(statement)


def ids(database: Database) -> list[int]:
    with database.reading() as connection:
        return list(connection.scalars(sa.select(audit.c.id).order_by(audit.c.id)))


def test_an_untouched_audit_is_as_it_was(database: Database) -> None:
    assert verdict(database).seals == 0
    happen(database, 5)
    before = len(ids(database))
    assert seal(database) == before
    happen(database, 2)
    found = verdict(database)
    assert (found.seals, found.entries, found.open) == (1, before, 2)
    assert found.faults == []
    seal(database)
    assert verdict(database, found.head).faults == []


@pytest.mark.parametrize(
    "values",
    [
        {"at": NOW - timedelta(days=1)},
        {"actor": 77},
        {"via": "api"},
        {"entity": "base.tag"},
        {"record": 4711},
        {"version": 9},
        {"action": "deleted"},
        {"changes": {"name": [None, "Uber"]}},
    ],
    ids=lambda values: "".join(values),
)
def test_one_altered_value_names_its_entry(
    database: Database, values: dict[str, Any]
) -> None:
    happen(database)
    seal(database)
    happen(database)
    seal(database)
    bad = ids(database)[-4]
    write(database, audit.update().where(audit.c.id == bad).values(**values))
    (fault,) = verdict(database).faults
    assert fault.entry == bad
    assert f"Entry {bad} was changed" in fault.text


def test_entries_that_went_or_came_are_named(database: Database) -> None:
    happen(database)
    seal(database)
    gone = ids(database)[-2]
    with database.writing() as connection:
        row = dict(
            connection.execute(sa.select(audit).where(audit.c.id == gone))
            .mappings()
            .one()
        )
        connection.execute(audit.delete().where(audit.c.id == gone))
        connection.execute(audit.insert().values({**row, "id": -5}))
    found = verdict(database)
    assert [one.text for one in found.faults] == [
        "Entry -5 was put in afterwards.",
        f"Entry {gone} is gone.",
    ]


def test_a_seal_that_was_made_anew_breaks_the_chain(database: Database) -> None:
    happen(database)
    seal(database)
    happen(database)
    seal(database)
    head = verdict(database).head
    last = ids(database)[-1]
    write(database, audit.update().where(audit.c.id == last).values(actor=77))
    with database.writing() as connection:
        query = sa.select(audit).where(audit.c.id == last)
        digest = digest_of(connection.execute(query).mappings().one())
        seals = connection.execute(sa.select(audit_seal).order_by(audit_seal.c.id))
        first, second = seals.all()
        entries = second.entries[: -len(digest)] + digest
        new = audit_seal.update().where(audit_seal.c.id == second.id)
        connection.execute(new.values(entries=entries))
    assert [one.text for one in verdict(database).faults] == [
        f"Seal {second.id} was changed, or one before it is gone."
    ]
    write(database, new.values(digest=chained(first.digest, entries)))
    assert verdict(database).faults == []
    (fault,) = verdict(database, head).faults
    assert "made anew" in fault.text
    write(database, audit_seal.delete().where(audit_seal.c.id == first.id))
    assert any("one before it is gone" in one.text for one in verdict(database).faults)


def test_entries_of_a_transaction_that_commits_late_are_sealed_too(
    database: Database,
) -> None:
    happen(database)
    seal(database)
    if database.kind == "sqlite":
        # One writer at a time: the last entry is always settled.
        happen(database, 2)
        assert seal(database) == 2
        return
    with database.writing() as late:
        entries(late, 1)
        happen(database, 2)
        assert seal(database) == 0
    assert seal(database) == 3
    assert verdict(database).faults == []


def test_the_worker_seals_what_has_rested(database: Database) -> None:
    happen(database, BLOCK + 1)
    now = NOW
    with database.reading() as connection:
        assert not is_to_seal(connection, now)
    moments = [now + timedelta(minutes=2)]
    worker = Dispatcher(database, lambda: [SealConsumer()], lambda: moments[0])
    for _ in range(5):
        worker.round()
    found = verdict(database)
    assert (found.seals >= 2, found.open) == (True, 0)
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(job)) == 0
