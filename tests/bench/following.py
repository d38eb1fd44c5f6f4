"""Writes that stored formulas follow: over 1,000 rows, and where nobody follows."""

from pathlib import Path
from typing import Any

from core.app import Application, build_application
from core.config import ROOT, AppConfig
from core.migrations import apply_plan, make_plan
from core.services import Actor
from core.services.seed import apply_data
from core.storage.tables import create_system_tables
from tests.bench.timing import Figure, milliseconds

ROWS = 1000
_FILES = {
    "module.yml": """module: pace
title: Pace
version: 1.0.0
depends: {base: ">=0"}
""",
    "entities/firm.yml": """entity: pace.firm
fields:
  name: {type: text}
  rate: {type: decimal, places: 2}
  sum: {type: decimal, digits: 30, places: 2, formula: sum(orders.value)}
""",
    "entities/order.yml": """entity: pace.order
fields:
  name: {type: text}
  firm: {type: link, to: pace.firm, inverse: orders}
  pieces: {type: integer}
  lines: {type: lines, of: pace.line}
  total: {type: decimal, digits: 30, places: 2, formula: sum(lines.amount)}
  value: {type: decimal, digits: 30, places: 2, formula: pieces * firm.rate}
""",
    "entities/line.yml": """entity: pace.line
part_of: {order: pace.order}
fields:
  pieces: {type: integer}
  price: {type: decimal, places: 2}
  amount: {type: decimal, digits: 30, places: 2, formula: pieces * price}
""",
    "entities/plain.yml": """entity: pace.plain
fields:
  name: {type: text}
  pieces: {type: integer}
""",
}


def following(url: str, home: Path, label: str) -> list[Figure]:
    """Measure one database; the figures carry its name."""
    app = _application(url, home)
    with app.transaction(Actor.system()) as tx:
        firm = tx.create("pace.firm", {"name": "F", "rate": 2}).id or 0
        rows = [{"name": f"o{n}", "firm": firm, "pieces": n} for n in range(ROWS)]
        orders = [one.id or 0 for one in tx.create_many("pace.order", rows)]
        lines = [{"pieces": n, "price": "1.25"} for n in range(ROWS)]
        long = tx.create("pace.order", {"name": "long", "lines": lines})
        line = tx.get("pace.order", long.id or 0, ("lines",)).related("lines")[500].id
        plain = tx.create("pace.plain", {"name": "p", "pieces": 1}).id or 0
    figures = [
        ("a line in 1,000, sum kept in the order", "pace.line", line, 15.0),
        ("an order in 1,000, sum kept in the firm", "pace.order", orders[5], 15.0),
        ("a rate that 1,000 orders follow", "pace.firm", firm, 150.0),
        ("a record that nobody follows", "pace.plain", plain, 4.0),
    ]
    found = [
        Figure(f"{label}: change {name}", _changing(app, entity, id_), "ms", target)
        for name, entity, id_, target in figures
    ]
    app.close()
    return found


def _changing(app: Application, entity: str, id: int) -> float:
    field = "rate" if entity == "pace.firm" else "pieces"
    numbers = iter(range(1, 10_000_000))

    def change() -> Any:
        with app.transaction(Actor.system()) as tx:
            return tx.update(entity, id, {field: next(numbers)})

    runs = 30 if entity == "pace.firm" else 100
    return milliseconds(change, runs, 5)


def _application(url: str, home: Path) -> Application:
    folder = home / "modules" / "pace"
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
    app = build_application(config, enabled=("base", "pace"))
    with app.database.writing() as connection:
        create_system_tables(connection)
    plan = make_plan(app.compiled, app.database)
    apply_plan(plan, app.compiled, app.database, home)
    with app.transaction(Actor.system(), via="seed") as tx:
        apply_data(tx)
    return app
