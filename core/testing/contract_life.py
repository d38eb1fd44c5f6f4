"""What every module owes an administrator: it comes, goes and comes back complete.

Checks of the contract suite: nothing is left to plan after installing, sample records
come and go, and a module that is off keeps its data out of sight.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.migrations import make_plan
from core.services import Actor
from core.services.seed import load_demo, remove_demo
from core.testing.installation import Installation


def check_plan(at: Installation) -> None:
    """A fresh installation is what its definitions say: the next plan is empty."""
    app = at.application
    plan = make_plan(app.compiled, app.database)
    assert plan.is_empty, plan.text()
    warned = [one.message for one in app.diagnostics]
    assert not warned, f"the definitions have warnings: {warned}"


def check_demo(at: Installation) -> None:
    """Sample records load, load again without change, and are removed."""
    before = rows_of(at)
    with at.application.transaction(Actor.system(), via="seed") as tx:
        created = sum(load_demo(tx).created.values())
    loaded = rows_of(at)
    gained = sum(loaded.values()) - sum(before.values())
    assert gained >= created, f"{created} sample records make {gained} rows"
    with at.application.transaction(Actor.system(), via="seed") as tx:
        assert not load_demo(tx).created, "sample records are loaded twice"
    with at.application.transaction(Actor.system(), via="seed") as tx:
        remove_demo(tx)
    assert rows_of(at) == before, "sample records are left behind"


def check_switching(at: Installation) -> None:
    """Off, the module is nowhere to be seen and keeps its rows; on, all is back."""
    registry = at.application.registry
    everything = set(registry.modules)
    gone = {
        name
        for name, source in registry.modules.items()
        if name == at.module or at.module in source.definition.depends
    }
    own = [id_ for id_ in registry.entities if id_.startswith(f"{at.module}.")]
    before = rows_of(at)
    at.switch(everything - gone)
    for entity in own:
        path = entity.replace(".", "/")
        assert at.ask("GET", f"/{path}").status_code == 404, f"{entity} has a page"
        status = at.ask("GET", f"/api/v1/{path}").status_code
        assert status == 404, f"{entity} has an API"
        document = at.ask("GET", "/api/v1/openapi.json").text
        assert f"/{path}" not in document, f"{entity} is in the API's document"
        assert f'href="/{path}' not in at.ask("GET", "/").text, f"{entity} has a link"
        assert path not in at.ask("GET", "/search?q=a").text, f"{entity} is found"
    kept = rows_of(at, before)
    assert kept == before, "rows were lost while the module was off"
    at.switch(everything)
    assert rows_of(at) == before, "rows were lost as the module was turned on again"
    for entity in own:
        path = entity.replace(".", "/")
        assert at.ask("GET", f"/{path}").status_code == 200, f"{entity} has no page"


def rows_of(at: Installation, tables: object = None) -> dict[str, int]:
    """The number of rows of each table of the modules, also of those that are off."""
    named = tables if isinstance(tables, dict) else at.application.compiled.metadata
    names = list(named) if isinstance(named, dict) else list(named.tables)
    counted: dict[str, int] = {}
    with at.application.database.reading() as connection:
        for name in names:
            count = sa.select(sa.func.count()).select_from(sa.table(name))
            counted[name] = connection.execute(count).scalar_one()
    return counted
