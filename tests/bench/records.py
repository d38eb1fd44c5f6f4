"""Reading and writing parties: 100,000 of them, beside the same by hand in Core."""

import csv
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.app import Application, build_application
from core.cli.setup import apply_with_data
from core.config import ROOT, AppConfig
from core.migrations import make_plan
from core.services import Actor, Query
from core.web.accounts import ensure_admin
from core.web.people import mirror_people
from core.web.site import create_site
from tests.bench.timing import Figure, milliseconds, side_by_side

PARTY = "base.party"
ROWS = 100_000
_PASSWORD = "bench-password-1"


def records(url: str, home: Path, label: str) -> list[Figure]:
    """Measure one database; the figures carry its name."""
    app = _application(url, home)
    figures = [*_importing(app, home), *_lists(app), *_searches(app)]
    figures += [*_single(app), *_pages(app)]
    app.close()
    return [
        Figure(f"{label}: {f.name}", f.value, f.unit, f.target, f.ratio, f.ratio_target)
        for f in figures
    ]


def _application(url: str, home: Path) -> Application:
    home.mkdir(parents=True, exist_ok=True)
    config = AppConfig(
        home=home,
        database_url=url,
        secret_key="k" * 48,
        modules_paths=(ROOT / "modules",),
    )
    app = build_application(config)
    apply_with_data(app, make_plan(app.compiled, app.database))
    ensure_admin(app.database, _PASSWORD)
    mirror_people(app)
    return app


def _importing(app: Application, home: Path) -> list[Figure]:
    """Fill the table through the import of a CSV file, as a business would."""
    from core.exchange import run_import
    from tests.bench.importing import by_hand, plain_mapping

    path = home / "parties.csv"
    chance = random.Random(4)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("Number", "Name", "Language", "Notes", "Job", "First", "Last"))
        for number in range(ROWS):
            name = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=9)).title()
            writer.writerow(
                (f"C-{number:06}", f"{name} Ltd", "en", f"Note {number}", "", "", "")
            )
    baseline = by_hand(app, path)
    begin = time.perf_counter()
    report = run_import(app, Actor.system(), path, plain_mapping())
    spent = time.perf_counter() - begin
    assert report.created == ROWS, report
    ours = ROWS / spent
    return [Figure("import", ours, "rows/s", 10_000, baseline / ours)]


def _lists(app: Application) -> list[Figure]:
    query = Query(
        filter="starts(name, 'ab')",
        order=("name",),
        fields=("name", "code", "kind", "parent", "updated_at"),
        limit=25,
    )
    table = app.compiled.tables[PARTY]
    own = _by_hand(table)

    def ours() -> Any:
        with app.reader(Actor.system()) as reader:
            return reader.search(PARTY, query)

    def baseline() -> Any:
        with app.database.reading() as connection:
            rows = connection.execute(own, {"text": "ab%"}).mappings().all()
            return [dict(row) for row in rows]

    names = [row["name"] for row in baseline()][:25]
    assert [record["name"] for record in ours().items] == names
    mine, theirs = side_by_side(ours, baseline)
    return [Figure("list 25, filter and order", mine, "ms", 3, mine / theirs, 2)]


def _searches(app: Application) -> list[Figure]:
    """Parts of texts among 100,000 names; "abc" is in some 40, "ltd" in all."""
    part = Query(filter="contains(name, 'abc')", order=("name",), limit=25)

    def found(query: Query) -> Callable[[], Any]:
        def ask() -> Any:
            with app.reader(Actor.system()) as reader:
                return reader.search(PARTY, query)

        return ask

    def type_ahead(text: str) -> Callable[[], Any]:
        def ask() -> Any:
            with app.reader(Actor.system()) as reader:
                return reader.lookup(PARTY, text)

        return ask

    counted = replace(part, count="exact")
    words = replace(part, filter=None, search="abc ltd", count="exact")
    return [
        Figure("list 25, contains", milliseconds(found(part)), "ms", 5),
        Figure("list 25, contains, count", milliseconds(found(counted)), "ms", 6),
        Figure("list 25, two words, count", milliseconds(found(words)), "ms", 6),
        Figure("type-ahead of 3 letters", milliseconds(type_ahead("abc")), "ms", 5),
        Figure("type-ahead of 2 letters", milliseconds(type_ahead("ab")), "ms", 5),
    ]


def _by_hand(table: sa.Table) -> sa.Select[Any]:
    columns = [
        table.c[name]
        for name in ("id", "version", "name", "code", "kind", "parent", "updated_at")
    ]
    return (
        sa.select(*columns)
        .where(
            table.c.archived.is_(False),
            table.c.name__fold.like(sa.bindparam("text")),
        )
        .order_by(table.c.name__fold, table.c.id)
        .limit(26)
    )


def _single(app: Application) -> list[Figure]:
    numbers = iter(range(10_000_000))

    def get() -> Any:
        with app.reader(Actor.system()) as reader:
            return reader.get(PARTY, 5000, ("name", "code", "kind", "notes"))

    def create() -> Any:
        number = next(numbers)
        with app.transaction(Actor.system(), via="api") as tx:
            return tx.create(PARTY, {"name": f"New {number}", "code": f"N-{number}"})

    return [
        Figure("get", milliseconds(get), "ms", 1.5),
        Figure("create with checks and audit", milliseconds(create), "ms", 4),
    ]


def _pages(app: Application) -> list[Figure]:
    site = create_site(app)
    client = site.test_client()
    answer = client.post(
        "/api/v1/auth/login", json={"username": "admin", "password": _PASSWORD}
    )
    assert answer.status_code == 200, answer.text
    bearer = {"Authorization": f"Bearer {answer.json['access_token']}"}

    def rest() -> Any:
        path = "/api/v1/base/party?filter=starts(name,'ab')&order=name&limit=25"
        found = client.get(f"{path}&fields=name,code,kind", headers=bearer)
        assert found.status_code == 200, found.text

    def page() -> Any:
        found = client.get("/base/party?order=name", headers=bearer)
        assert found.status_code == 200, found.text[:500]

    def box(text: str) -> Callable[[], Any]:
        def ask() -> Any:
            found = client.get(f"/search?q={text}", headers=bearer)
            assert any(
                one["href"].startswith("/base/party/") for one in found.json["items"]
            )

        return ask

    return [
        Figure("search box, 3 letters", milliseconds(box("abc")), "ms", 200),
        Figure("search box, a word of all", milliseconds(box("ltd")), "ms", 200),
        Figure("REST list of 25 through Flask", milliseconds(rest), "ms", 6),
        Figure("HTML list of 25", milliseconds(page), "ms", 12),
    ]
