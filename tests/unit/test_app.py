"""The composition root: from folders to an application, and to the next one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.app import (
    Application,
    ApplicationHolder,
    DefinitionErrors,
    build_application,
    enabled_modules,
)
from core.config import AppConfig
from core.migrations import Plan, apply_plan, make_plan
from core.services import Actor
from core.services.recompute import Recomputed, recompute
from core.storage import create_database
from tests.unit.compiler.world import World, world

BOOK = {"entities/book.yml": "entity: shop.book\nfields:\n  name: {type: text}\n"}


@pytest.fixture
def made(tmp_path: Path) -> World:
    return world(tmp_path / "modules", BOOK)


@pytest.fixture
def application(
    made: World, database_url: str, tmp_path: Path
) -> Iterator[Application]:
    config = AppConfig(
        home=tmp_path / "home",
        database_url=database_url,
        secret_key="k" * 40,
        modules_paths=(made.folder,),
    )
    app = build_application(config)
    yield app
    app.close()


def apply(app: Application) -> Plan:
    plan = make_plan(app.compiled, app.database)
    apply_plan(plan, app.compiled, app.database, app.config.home)
    return plan


def test_a_record_goes_in_and_comes_out(application: Application) -> None:
    apply(application)
    actor = Actor.system()
    with application.transaction(actor, via="python") as tx:
        book = tx.create("shop.book", {"name": "Notes"})
    with application.reader(actor) as reader:
        assert reader.get("shop.book", book.id).values["name"] == "Notes"


def test_a_new_formula_is_computed_for_rows_that_are_there(
    made: World, application: Application
) -> None:
    line = "entity: shop.part\npart_of: {book: shop.book}\nfields:\n"
    line += "  pages: {type: integer}\n"
    book = BOOK["entities/book.yml"] + "  parts: {type: lines, of: shop.part}\n"
    made.write("shop", {"entities/book.yml": book, "entities/part.yml": line})
    old = build_application(application.config, database=application.database)
    apply(old)
    with old.transaction(Actor.system()) as tx:
        values = {"name": "Notes", "parts": [{"pages": 3}, {"pages": 4}]}
        id_ = tx.create("shop.book", values).id
    line += "  twice: {type: integer, formula: pages * 2}\n"
    book += "  total: {type: integer, formula: sum(parts.twice)}\n"
    made.write("shop", {"entities/book.yml": book, "entities/part.yml": line})
    new = build_application(application.config, database=application.database)
    plan = apply(new)
    with new.transaction(Actor.system()) as tx:
        assert recompute(tx, plan.recompute) == Recomputed(3)
        assert tx.get("shop.book", id_).values["total"] == 14


def test_all_modules_are_on_until_the_first_plan(application: Application) -> None:
    assert enabled_modules(application.database) is None
    assert list(application.registry.modules) == ["base", "shop"]
    apply(application)
    assert set(enabled_modules(application.database) or ()) == {"base", "shop"}


def test_a_module_that_was_turned_off_stays_off(application: Application) -> None:
    apply(application)
    apply(
        build_application(
            application.config, database=application.database, enabled=["base"]
        )
    )
    again = build_application(application.config, database=application.database)
    assert list(again.registry.modules) == ["base"]
    assert [module.name for module in again.available] == ["base", "shop"]
    with application.database.reading() as connection:
        assert sa.inspect(connection).has_table("shop_book")


def test_broken_yaml_names_every_mistake(made: World, tmp_path: Path) -> None:
    made.write(
        "shop",
        {
            "entities/book.yml": "entity: shop.book\nfields:\n  name: {type: txt}\n",
            "entities/shelf.yml": "entity: shop.shelf\ncolour: red\nfields:\n"
            "  name: {type: text}\n",
        },
    )
    config = AppConfig(
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path}/a.db",
        secret_key="k" * 40,
        modules_paths=(made.folder,),
    )
    database = create_database(config.database_url)
    with pytest.raises(DefinitionErrors) as caught:
        build_application(config, database=database)
    codes = [diagnostic.code for diagnostic in caught.value.diagnostics.sorted()]
    assert codes == ["E203", "E202"]
    database.dispose()


def test_the_next_generation_is_swapped_in(
    made: World, application: Application
) -> None:
    holder = ApplicationHolder(application)
    made.write(
        "shop", {"entities/pen.yml": BOOK["entities/book.yml"].replace("book", "pen")}
    )
    newer = holder.reload()
    assert holder.current is newer
    assert newer.database is application.database
    assert "shop.pen" in newer.compiled.ids()
    assert "shop.pen" not in application.compiled.ids()
    made.write("shop", {"entities/pen.yml": "entity: shop.pen\nfields: 5\n"})
    with pytest.raises(DefinitionErrors):
        holder.reload()
    assert holder.current is newer
