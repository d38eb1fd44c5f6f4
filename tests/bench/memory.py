"""How much memory an import of many rows adds, each format in a process of its own."""

import csv
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.bench.timing import Figure

ROOT = Path(__file__).parents[2]
ROWS = 300_000
HEADS = ("Number", "Name", "Language", "Notes", "Job", "First", "Last")
#: What reading, saving and the journal of one chunk may take, not of the file.
_MOST = 120


def importing_much(folder: Path, rows: int = ROWS) -> list[Figure]:
    """Import files of many rows on SQLite; the figures are peaks less the beginning."""
    found = []
    for format in ("csv", "xlsx"):
        path = folder / f"parties.{format}"
        _write(path, rows)
        call = [sys.executable, "-m", "tests.bench.memory", str(path)]
        done = subprocess.run(call, cwd=ROOT, check=True, capture_output=True)
        told = json.loads(done.stdout)
        assert told["created"] == rows, told
        name = f"memory that an import of {rows:,} rows adds, {format.upper()}"
        found.append(Figure(name, told["peak"] - told["before"], "MB", _MOST))
    return found


def _rows(rows: int) -> Iterator[tuple[str, ...]]:
    for number in range(rows):
        note = f"Note {number}"
        yield (f"C-{number:07}", f"Party {number} Ltd", "en", note, "", "", "")


def _write(path: Path, rows: int) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(HEADS)
            writer.writerows(_rows(rows))
        return
    from core.exchange.writers import XlsxWriter

    book = XlsxWriter("Parties")
    book.start(HEADS)
    for row in _rows(rows):
        book.rows([row])
    with path.open("wb") as file:
        file.writelines(book.end())


class _Watch(threading.Thread):
    """Notes the most memory that this process holds."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process()
        self.before = self.peak = self.now()
        self.over = False

    def now(self) -> float:
        return float(self._process.memory_info().rss) / 2**20

    def run(self) -> None:
        while not self.over:
            self.peak = max(self.peak, self.now())
            time.sleep(0.02)


def _measure(path: Path) -> dict[str, float]:
    from core.app import build_application
    from core.cli.setup import apply_with_data
    from core.config import AppConfig
    from core.exchange import run_import
    from core.migrations import make_plan
    from core.services import Actor
    from tests.bench.importing import plain_mapping

    with TemporaryDirectory(prefix="bench") as name:
        home = Path(name)
        config = AppConfig(
            home=home,
            database_url=f"sqlite:///{home / 'parties.db'}",
            secret_key="k" * 48,
            modules_paths=(ROOT / "modules",),
        )
        app = build_application(config, enabled=["base"])
        apply_with_data(app, make_plan(app.compiled, app.database))
        # What the first import of a process loads is no part of the file.
        few = home / "few.csv"
        few.write_text(",".join(HEADS) + "\nF-1,First,en,,,,\n", "utf-8")
        run_import(app, Actor.system(), few, plain_mapping())
        watch = _Watch()
        watch.start()
        report = run_import(app, Actor.system(), path, plain_mapping())
        watch.over = True
        watch.join()
        app.close()
    return {
        "created": report.created,
        "before": watch.before,
        "peak": watch.peak,
    }


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
