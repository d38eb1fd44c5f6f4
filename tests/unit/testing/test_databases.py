"""The database fixtures: empty, apart from each other, gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.testing import places, postgres


def tables(url: str) -> list[str]:
    engine = sa.create_engine(url)
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def add_table(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE leftover (id INTEGER)"))
    engine.dispose()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_an_empty_database(database_url, turn):
    assert tables(database_url) == []
    add_table(database_url)
    assert tables(database_url) == ["leftover"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_databases_of_one_test_are_apart(fresh_database, kind):
    one = fresh_database(kind)
    add_table(one)
    other = fresh_database(kind)
    assert one != other
    assert tables(other) == []


def test_a_copy_takes_the_place_of_an_empty_one(postgres_server):
    source = postgres_server.create_database()
    add_table(source)
    urls = [postgres_server.create_database() for _ in range(2)]
    for url in urls:
        postgres_server.replace_database(url, source)
        assert tables(url) == ["leftover"]
    # The first of the empty ones was kept, the second was one too many.
    empty = postgres_server.create_database()
    assert tables(empty) == []
    for url in (source, empty, *urls):
        postgres_server.drop_database(url)


def test_a_lent_database_is_dropped_though_a_connection_is_open(postgres_server):
    with postgres_server.database() as url:
        engine = sa.create_engine(url)
        held = engine.connect()
        assert held.scalar(sa.text("SELECT 1")) == 1
    with pytest.raises(sa.exc.OperationalError):
        tables(url)
    held.invalidate()
    held.close()
    engine.dispose()


def test_text_sorts_by_code_point(postgres_server):
    with postgres_server.database() as url:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            words = "(VALUES ('b'), ('a'), ('B'), ('é')) AS words (word)"
            query = sa.text(f"SELECT word FROM {words} ORDER BY word")
            rows = connection.scalars(query).all()
        engine.dispose()
    assert rows == ["B", "a", "b", "é"]


def test_the_server_ends_with_the_process_that_owns_it():
    script = (
        "import os, time\n"
        "from core.testing import postgres\n"
        "folder = postgres.new_folder()\n"
        "postgres.shared_server(folder, owner=os.getpid(), brief=True)\n"
        "print(folder, flush=True)\n"
        "time.sleep(600)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    )
    folder = Path(run.stdout.readline().strip())
    data = (folder / "data").resolve()
    server = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    run.send_signal(signal.SIGKILL)
    run.communicate()
    wait_until(lambda: not (folder.exists() or data.exists() or alive(server)))


def test_a_home_closed_to_others_does_not_matter(monkeypatch):
    monkeypatch.setattr(postgres, "_open_to_all", lambda path: False)
    with postgres.running_server() as server, server.database() as url:
        assert tables(url) == []
    assert not server.folder.exists()


@pytest.mark.parametrize("memory", [places.MEMORY, Path("/nowhere")])
def test_data_that_lies_elsewhere_goes_as_well(monkeypatch, memory):
    monkeypatch.setattr(places, "MEMORY", memory)
    folder = postgres.new_folder()
    postgres.shared_server(folder, os.getpid(), brief=True)
    data = (folder / "data").resolve()
    assert (data / "postmaster.pid").exists()
    postgres.stop_server(folder)
    assert not data.exists()
    assert not folder.exists()


def test_a_benchmark_may_set_what_it_measures():
    slow_disk = {"fsync": "on", "commit_delay": "4000", "commit_siblings": "0"}
    with postgres.running_server(**slow_disk) as server:
        engine = sa.create_engine(server.url())
        with engine.connect() as connection:
            found = {
                name: connection.scalar(sa.text(f"SHOW {name}")) for name in slow_disk
            }
        engine.dispose()
    assert found == slow_disk


def test_no_binaries_is_said_plainly(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres, "PACKAGE", "no_such_package")
    with pytest.raises(postgres.PostgresUnavailable, match="make test"):
        postgres.shared_server(tmp_path, owner=os.getpid())


def wait_until(condition) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("waited in vain")


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
