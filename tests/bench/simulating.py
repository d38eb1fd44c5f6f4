"""How long ten years of monthly runs take in a test, and the check of all modules."""

import time
from pathlib import Path
from statistics import median

from core.app import read_definitions
from core.config import ROOT, AppConfig
from core.jobs.simulator import Laboratory
from tests.bench.timing import Figure

RUNS = 3
_FILES = {
    "module.yml": "module: pace\ntitle: Pace\nversion: 1.0.0\n",
    "entities/bill.yml": "entity: pace.bill\nfields: {day: {type: date}}\n",
    "schedules.yml": """schedule: pace.monthly
every: month
days: [1]
at: "04:00"
do: [{create: {entity: pace.bill, values: {day: =today()}}}]
""",
    "tests/years.yml": """test: pace.ten_years
now: 2026-03-15
steps:
  - {until: 2036-03-15}
  - {expect: {count: {pace.bill: 120}}}
""",
}


def simulating(folder: Path) -> list[Figure]:
    """Seconds for a test with 120 runs of a schedule, its database ready."""
    for name, text in _FILES.items():
        path = folder / "pace" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    config = AppConfig(
        home=folder / "home",
        database_url="sqlite://",
        secret_key="s" * 32,
        modules_paths=(folder,),
    )
    scenario = read_definitions(config).registry.scenarios["pace.ten_years"]
    with Laboratory(config) as laboratory:
        told = [laboratory.run_one(scenario) for _ in range(RUNS)]
    assert all(one.holds for one in told)
    spent = median(one.seconds for one in told)
    return [
        Figure("test of ten years of monthly runs", spent, "s", 2.0),
        Figure("check of all shipped modules, CPU", _checking(folder), "s", 1.0),
    ]


def _checking(folder: Path) -> float:
    """Seconds of CPU for reading and checking the shipped modules, rows included."""
    config = AppConfig(
        home=folder / "home",
        database_url="sqlite://",
        secret_key="s" * 32,
        modules_paths=(ROOT / "modules",),
    )
    spent = []
    for _ in range(RUNS):
        began = time.process_time()
        assert not len(read_definitions(config).diagnostics)
        spent.append(time.process_time() - began)
    return median(spent)
