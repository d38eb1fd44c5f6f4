"""An import that is killed goes on where it stopped, without doubling a row."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from core.app import Application
from core.exchange import (
    Column,
    ExchangeError,
    ImportOptions,
    Mapping,
    import_runs,
    resume_import,
    undo_import,
)
from core.services import Actor, Query

SYSTEM = Actor.system()
PARTY = "base.party"

KILLED = """
import os, signal, sys
from pathlib import Path
from core.app import build_application
from core.config import ROOT, AppConfig
from core.exchange import Column, ImportOptions, Mapping, run_import
from core.services import Actor

def told(rows, share):
    if rows >= 40:
        os.kill(os.getpid(), signal.SIGKILL)

app = build_application(AppConfig(
    home=Path(sys.argv[1]), database_url=sys.argv[2], secret_key="k" * 48,
    modules_paths=(ROOT / "modules",)))
columns = (Column(("name",), "name"), Column(("language",), "language"))
options = ImportOptions(chunk=10, progress=told, rejected=Path(sys.argv[4]))
run_import(app, Actor.system(), Path(sys.argv[3]), Mapping("base.party", columns),
           options)
"""


def names(app: Application) -> list[str]:
    with app.reader(SYSTEM) as reader:
        query = Query(fields=("name",), limit=1000, filter="starts(name, 'P-')")
        return [one.values["name"] for one in reader.search(PARTY, query).items]


@pytest.fixture
def killed(app: Application, database_url: str, tmp_path: Path) -> Path:
    path = tmp_path / "parties.csv"
    with path.open("w", newline="") as file:
        rows = [(f"P-{n:03}", "??" if n % 25 == 7 else "en") for n in range(100)]
        csv.writer(file).writerows([("name", "language"), *rows])
    given = [str(tmp_path), database_url, str(path), str(tmp_path / "lost.csv")]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *given], capture_output=True, timeout=120
    )
    assert done.returncode == -9, done.stderr.decode()
    return path


def test_a_killed_import_goes_on(
    app: Application, killed: Path, tmp_path: Path
) -> None:
    assert len(names(app)) == 29
    rejected = tmp_path / "rejected.csv"
    options = ImportOptions(rejected=rejected)
    report = resume_import(app, SYSTEM, PARTY, killed, options)
    assert (report.rows, report.created, report.rejected) == (100, 96, 4)
    found = names(app)
    assert len(found) == len(set(found)) == 96
    assert [error.line for error in report.errors] == [9, 34, 59, 84]
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [
            "P-007",
            "P-032",
            "P-057",
            "P-082",
        ]
    (run,) = import_runs(app, SYSTEM)
    assert (run.state, run.rows) == ("done", 100)
    with pytest.raises(ExchangeError, match="was interrupted"):
        resume_import(app, SYSTEM, PARTY, killed)
    assert undo_import(app, SYSTEM, run.id).deleted == 96
    assert names(app) == []


def test_what_a_killed_import_made_can_be_undone(
    app: Application, killed: Path
) -> None:
    (run,) = import_runs(app, SYSTEM)
    assert (run.state, run.rows) == ("running", 30)
    assert undo_import(app, SYSTEM, run.id).deleted == 29
    assert names(app) == []


def test_repeated_keys_are_known_over_the_break(
    app: Application, tmp_path: Path
) -> None:
    from core.exchange import run_import

    path = tmp_path / "parties.csv"
    rows = [("code", "name"), *((f"C{n % 15}", f"P-{n}") for n in range(20))]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    columns = (Column(("code",), "code"), Column(("name",), "name"))

    def stop(done: int, share: float) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    options = ImportOptions(chunk=5, progress=stop)
    with pytest.raises(KeyboardInterrupt):
        run_import(app, SYSTEM, path, Mapping(PARTY, columns, key="code"), options)
    report = resume_import(app, SYSTEM, PARTY, path)
    assert (report.rows, report.created, report.rejected) == (20, 15, 5)
    assert report.errors[0].reason == "'C0' stands in line 2 already."
