"""A dashboard of twelve tiles over 20,000 records, and what rules about rows cost."""

from pathlib import Path
from typing import Any

from core.app import Application, build_application
from core.cli.setup import apply_with_data
from core.config import ROOT, AppConfig
from core.migrations import make_plan
from core.services import Actor, Query
from core.web.accounts import ensure_admin
from core.web.people import mirror_people
from core.web.site import create_site
from tests.bench.timing import Figure, milliseconds, side_by_side

ROWS = 20_000
ROLES = 20
RULES = 5
_PASSWORD = "bench-password-1"
_ENTITY = "board.job"
_CHART = "from: board.job, rows"
_TILES = {
    "open": "number: board.job, where: state != 'done'",
    "worth": "number: board.job, where: state != 'done', value: sum(rows.amount)",
    "late": "number: board.job, where: state != 'done' and due < today()",
    "done": "number: board.job, where: state == 'done', value: sum(rows.amount), "
    "compare: {label: against new ones, where: state == 'new'}",
    "mean": "number: board.job, where: state != 'done', value: avg(rows.amount)",
    "largest": "number: board.job, where: state != 'done', value: max(rows.amount)",
    "states": f"chart: bar, {_CHART}: state, value: sum(rows.amount)",
    "months": f"chart: column, {_CHART}: {{of: taken, grain: month}}",
    "weeks": f"chart: line, {_CHART}: {{of: due, grain: week}}",
    "next": "list: board.job, where: state != 'done', order: [due]",
    "big": "list: board.job, where: state != 'done', order: [-amount]",
    "new": "list: board.job, where: state == 'new', order: [-id]",
}
_FILES = {
    "module.yml": """module: board
title: Board
version: 1.0.0
depends: {base: ">=0"}
""",
    "entities/job.yml": """entity: board.job
title: name
fields:
  name:   {type: text, required: true}
  region: {type: integer, index: true}
  state:  {type: choice, index: true, choices: {new: New, busy: Busy, done: Done}}
  amount: {type: decimal, places: 2, index: true}
  due:    {type: date, index: true}
  taken:  {type: datetime}
""",
    "dashboards/work.yml": "dashboard: board.work\nlabel: Work\ntiles:\n"
    + "".join(
        f"  {name}: {{label: {name.title()}, {text}}}\n"
        for name, text in _TILES.items()
    ),
    "permissions.yml": "permissions: board\nroles:\n"
    + "  all: {label: All}\n"
    + "".join(f"  r{n}: {{label: R{n}}}\n" for n in range(ROLES))
    + "grants:\n  all:\n    board.job: [read]\n"
    + "".join(
        f"  r{n}:\n    board.job: "
        + (
            f"{{can: [read], where: region == {n} or created_by == me}}\n"
            if n < RULES
            else "[export]\n"
        )
        for n in range(ROLES)
    ),
}


def dashboards(url: str, home: Path, label: str) -> list[Figure]:
    """Measure one database; the figures carry its name."""
    app = _application(url, home)
    figures = [_page(app), _rules(app)]
    app.close()
    return [Figure(f"{label}: {f.name}", f.value, f.unit, f.target) for f in figures]


def _page(app: Application) -> Figure:
    client = create_site(app).test_client()
    answer = client.post(
        "/api/v1/auth/login", json={"username": "admin", "password": _PASSWORD}
    )
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}

    def page() -> Any:
        found = client.get("/dashboards/board.work", headers=bearer)
        assert found.status_code == 200, found.text[:500]
        return found

    shown = page().text
    assert all(f'data-tile="{name}"' in shown for name in _TILES), shown
    name = f"HTML dashboard of {len(_TILES)} tiles over 20,000"
    return Figure(name, milliseconds(page, 50, 5), "ms", 60)


def _rules(app: Application) -> Figure:
    """A list of 25 by somebody with many roles, less the same by one who sees all."""
    roles = frozenset(f"board.r{n}" for n in range(ROLES))
    ruled, free = (Actor(1, "r", held) for held in (roles, frozenset({"board.all"})))
    query = Query(order=("due",), fields=("name", "state", "due"), limit=25)

    def listing(actor: Actor) -> Any:
        def ask() -> Any:
            with app.reader(actor) as reader:
                return reader.search(_ENTITY, query)

        return ask

    rows = listing(ruled)().items
    assert len(rows) == 25
    with_rules, without = side_by_side(listing(ruled), listing(free))
    name = f"{ROLES} roles with {RULES} rules about rows add"
    return Figure(name, max(with_rules - without, 0), "ms", 1.0)


def _application(url: str, home: Path) -> Application:
    folder = home / "modules" / "board"
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    config = AppConfig(
        home=home,
        database_url=url,
        secret_key="k" * 48,
        modules_paths=(ROOT / "modules", folder.parent),
    )
    app = build_application(config, enabled=("base", "board"))
    apply_with_data(app, make_plan(app.compiled, app.database))
    ensure_admin(app.database, _PASSWORD)
    mirror_people(app)
    states = ("new", "busy", "done")
    rows = [
        {
            "name": f"Job {n}",
            "region": n % 10,
            "state": states[n * 7 % 3],
            "amount": n * 7919 % 90_000,
            "due": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",
            "taken": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:30:00Z",
        }
        for n in range(ROWS)
    ]
    with app.transaction(Actor.system(), via="seed") as tx:
        for start in range(0, ROWS, 1000):
            tx.create_many(_ENTITY, rows[start : start + 1000])
    return app
