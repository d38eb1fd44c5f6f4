"""Prints the speed table as JSON: `make bench`, or `python -m tests.bench [NAMES]`.

Each figure is a median with its target; where a hand-written baseline exists it is
measured in the same run, in turn with ours, and the ratio stands beside it.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from core.testing.postgres import running_server
from tests.bench.building import building
from tests.bench.dashboards import dashboards
from tests.bench.following import following
from tests.bench.memory import importing_much
from tests.bench.records import records
from tests.bench.simulating import simulating
from tests.bench.starting import starting
from tests.bench.timing import yardstick

PARTS = ("building", "starting", "simulating", "memory", "sqlite", "postgresql")


def main(wanted: list[str]) -> int:
    """Measure the parts asked for, all by default, and print one JSON document."""
    chosen = wanted or list(PARTS)
    unknown = [name for name in chosen if name not in PARTS]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. There are: {', '.join(PARTS)}.")
        return 2
    figures = yardstick()
    with TemporaryDirectory(prefix="bench") as name:
        folder = Path(name)
        if "building" in chosen:
            figures += building(folder / "modules")
        if "starting" in chosen:
            figures += starting(folder / "home")
        if "simulating" in chosen:
            figures += simulating(folder / "simulating")
        if "memory" in chosen:
            figures += importing_much(folder)
        if "sqlite" in chosen:
            url = f"sqlite:///{folder / 'records.db'}"
            figures += records(url, folder / "sqlite", "sqlite")
            url = f"sqlite:///{folder / 'following.db'}"
            figures += following(url, folder / "following", "sqlite")
            url = f"sqlite:///{folder / 'dashboards.db'}"
            figures += dashboards(url, folder / "dashboards", "sqlite")
        if "postgresql" in chosen:
            with running_server() as server, server.database() as url:
                figures += records(url, folder / "postgresql", "postgresql")
                with server.database() as other:
                    home = folder / "following on a server"
                    figures += following(other, home, "postgresql")
                with server.database() as other:
                    home = folder / "dashboards on a server"
                    figures += dashboards(other, home, "postgresql")
    print(json.dumps([figure.document() for figure in figures], indent=1))
    missed = [figure.name for figure in figures if not figure.reached]
    print(f"{len(figures) - len(missed)} of {len(figures)} targets", file=sys.stderr)
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
