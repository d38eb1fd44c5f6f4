"""Databases behave alike: transactions, snapshots, failures as one error."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.expressions.storage_types import ExactDecimal
from core.storage import (
    Database,
    Reason,
    StorageError,
    create_database,
    create_system_tables,
    violation_of,
)
from core.storage.tables import audit, external_id, metadata
from core.testing.statements import counting

things = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(20), nullable=False, unique=True),
    sa.Column("price", ExactDecimal(18, 4)),
    sa.Column("parent", sa.ForeignKey("thing.id")),
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = create_database(database_url, patience=0.3)
    with made.writing() as connection:
        things.create(connection)
    yield made
    made.dispose()


def names(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(sa.select(things.c.name).order_by("name")))


def test_a_block_commits_as_a_whole(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(things), [{"name": "a"}, {"name": "b"}])
    assert names(database) == ["a", "b"]


def test_an_exception_rolls_everything_back(database: Database) -> None:
    def fail(connection: sa.Connection) -> None:
        connection.execute(sa.insert(things).values(name="a"))
        raise KeyError

    with pytest.raises(KeyError), database.writing() as connection:
        fail(connection)
    assert names(database) == []


def test_a_snapshot_does_not_see_later_writes(database: Database) -> None:
    count = sa.select(sa.func.count()).select_from(things)
    with database.reading(snapshot=True) as reader:
        assert reader.scalar(count) == 0
        with database.writing() as writer:
            writer.execute(sa.insert(things).values(name="a"))
        assert reader.scalar(count) == 0
    assert names(database) == ["a"]


def test_decimals_are_exact(database: Database) -> None:
    price = Decimal("12345678901234.5678")
    with database.writing() as connection:
        connection.execute(sa.insert(things).values(name="a", price=price))
    with database.reading() as connection:
        assert connection.scalar(sa.select(things.c.price)) == price


@pytest.mark.parametrize(
    ("values", "kind"),
    [({"name": "a"}, "unique"), ({"name": "b", "parent": 77}, "foreign_key")],
)
def test_broken_constraints_are_named_alike(
    database: Database, values: dict[str, object], kind: str
) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(things).values(name="a"))
    with pytest.raises(sa.exc.IntegrityError) as caught, database.writing() as again:
        again.execute(sa.insert(things).values(**values))
    assert violation_of(caught.value).kind == kind


def test_a_missing_value_names_its_column(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught, database.writing() as writer:
        writer.exec_driver_sql("INSERT INTO thing (price) VALUES (1)")
    found = violation_of(caught.value)
    assert (found.kind, found.table, found.columns) == ("not_null", "thing", ("name",))


def test_writing_twice_in_one_thread_is_a_mistake(fresh_database) -> None:
    database = create_database(fresh_database("sqlite"))
    with (
        database.writing(),
        pytest.raises(RuntimeError, match="writes already"),
        database.writing(),
    ):
        pass
    database.dispose()


def test_writers_queue_up_and_none_is_lost(database: Database) -> None:
    database = create_database(database.engine.url, patience=20)

    def write(worker: int) -> None:
        for number in range(15):
            with database.writing() as connection:
                connection.execute(sa.insert(things).values(name=f"{worker}-{number}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(database)) == 60
    database.dispose()


def test_a_writer_that_waits_too_long_hears_that_it_is_locked(
    database: Database,
) -> None:
    other = create_database(database.engine.url, patience=0.2)
    with database.writing() as first:
        first.execute(sa.insert(things).values(id=1, name="a"))
        row = {"id": 1, "name": "b"}
        found = attempt(other, lambda c: c.execute(sa.insert(things).values(row)))
    assert found.reason is Reason.LOCKED
    assert found.passing
    assert "try again" in str(found)
    other.dispose()


def attempt(database: Database, run) -> StorageError:
    caught: list[StorageError] = []

    def write() -> None:
        with pytest.raises(StorageError) as error, database.writing() as connection:
            run(connection)
        caught.append(error.value)

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()
    return caught[0]


def test_readers_cannot_write_on_postgresql(fresh_database) -> None:
    database = create_database(fresh_database("postgresql"))
    with pytest.raises(StorageError) as caught, database.reading() as connection:
        connection.exec_driver_sql("CREATE TABLE a (b INTEGER)")
    assert caught.value.reason is Reason.READ_ONLY
    database.dispose()


def test_a_read_only_file_is_named_so(tmp_path) -> None:
    path = tmp_path / "a.db"
    sqlite3.connect(path).close()
    database = create_database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StorageError) as caught, database.writing() as connection:
        things.create(connection)
    assert caught.value.reason is Reason.READ_ONLY
    database.dispose()


def test_a_full_disk_is_named_so(fresh_database) -> None:
    database = create_database(fresh_database("sqlite"))
    with database.writing() as connection:
        things.create(connection)
        connection.exec_driver_sql("PRAGMA max_page_count=4")
    rows = [{"name": f"{n:020}"} for n in range(5000)]
    with pytest.raises(StorageError) as caught, database.writing() as connection:
        connection.execute(sa.insert(things), rows)
    assert caught.value.reason is Reason.DISK_FULL
    assert names(database) == []
    database.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/a.db",
        "postgresql://postgres@127.0.0.1:1/nothing",
    ],
)
def test_a_database_that_is_not_there_is_gone(url: str) -> None:
    database = create_database(url)
    with pytest.raises(StorageError) as caught, database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    assert caught.value.reason is Reason.GONE
    database.dispose()


def test_a_damaged_file_is_broken(tmp_path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"no database at all " * 100)
    database = create_database(f"sqlite:///{path}")
    with pytest.raises(StorageError) as caught, database.reading() as connection:
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master")
    assert caught.value.reason is Reason.BROKEN
    database.dispose()


def test_a_lost_connection_is_replaced(fresh_database) -> None:
    database = create_database(fresh_database("postgresql"))
    with database.reading() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    other = create_database(database.engine.url)
    with other.writing() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    other.dispose()
    database.dispose()


def test_other_databases_are_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        create_database("mysql://localhost/a")


def test_system_tables_are_made_once(database_url: str) -> None:
    database = create_database(database_url)
    for _ in range(2):
        with database.writing() as connection:
            create_system_tables(connection)
    with database.reading() as connection:
        found = set(sa.inspect(connection).get_table_names())
        assert set(metadata.tables) <= found
    with database.writing() as connection:
        row = {"entity": "a.b", "key": "k", "record": 1}
        connection.execute(sa.insert(external_id).values(row))
    with pytest.raises(sa.exc.IntegrityError) as caught, database.writing() as again:
        again.execute(sa.insert(external_id).values(row))
    assert violation_of(caught.value).kind == "unique"
    database.dispose()


def test_changes_in_the_audit_keep_their_letters(database_url: str) -> None:
    from datetime import UTC, datetime

    database = create_database(database_url)
    changes = {"name": [None, "Größe 北京"]}
    with database.writing() as connection:
        create_system_tables(connection)
        connection.execute(
            sa.insert(audit).values(
                at=datetime.now(UTC),
                via="ui",
                entity="a.b",
                record=1,
                version=1,
                action="create",
                changes=changes,
            )
        )
    with database.reading() as connection:
        assert connection.scalar(sa.select(audit.c.changes)) == changes
    database.dispose()


def test_statements_are_counted_without_the_frame(database: Database) -> None:
    with counting(database.engine) as statements, database.writing() as connection:
        connection.execute(sa.insert(things), [{"name": "a"}, {"name": "b"}])
        connection.execute(sa.select(things.c.id))
    assert len(statements) == 2


@pytest.mark.parametrize("processes", [3])
def test_processes_queue_up_too(fresh_database, processes: int) -> None:
    database = create_database(fresh_database("sqlite"))
    with database.writing() as connection:
        things.create(connection)
    children = []
    for number in range(processes):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                own = create_database(database.engine.url, patience=20)
                for turn in range(10):
                    with own.writing() as connection:
                        name = f"{number}-{turn}"
                        connection.execute(sa.insert(things).values(name=name))
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * processes
    assert len(names(database)) == 10 * processes
    database.dispose()
