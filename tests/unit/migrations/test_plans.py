"""Plans are shown, saved, applied as they were, or refused."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.migrations import (
    Plan,
    PlanRefused,
    apply_plan,
    find_drift,
    load_plan,
    make_plan,
    plan_path,
    stored_snapshot,
)
from core.services.checking_seals import check_seals
from core.services.sealing import seal_block
from core.storage import create_database
from core.storage.tables import audit
from tests.unit.compiler.world import world
from tests.unit.migrations.conftest import NOW, Bench


def test_formulas_that_changed_are_to_be_computed_again(bench: Bench) -> None:
    fields = ("a: {type: integer}", "b: {type: integer, formula: a + 1}")
    bench.write(fields[0])
    bench.apply()
    bench.write(*fields)
    assert bench.plan().recompute == (("shop.book", "b"),)
    bench.apply()
    bench.write(fields[0], "b: {type: integer, formula: a + 2}")
    assert bench.plan().recompute == (("shop.book", "b"),)
    bench.apply()


def test_a_saved_plan_is_applied_as_it_was(bench: Bench) -> None:
    bench.write("name: {type: text, index: true}", "to: {type: links, to: base.user}")
    plan = bench.plan()
    path = plan.save(bench.home)
    again = load_plan(plan_path(bench.home, plan.id))
    assert again == plan
    assert json.loads(path.read_text())["steps"][0]["risk"] == "safe"
    apply_plan(again, bench.compiled(), bench.database, bench.home)
    assert bench.plan().is_empty
    bench.write("name: {type: text, unique: true}", "more: {type: date}")
    plan = bench.plan()
    assert load_plan(plan.save(bench.home)) == plan


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": "x"}', "no json"])
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a plan"):
        load_plan(path)


def test_an_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the id"):
        plan_path(tmp_path, "../secret")


def test_an_old_plan_is_refused(bench: Bench) -> None:
    bench.write("name: {type: text}")
    plan = bench.plan()
    bench.apply()
    with pytest.raises(PlanRefused, match="Make a new plan"):
        apply_plan(plan, bench.compiled(), bench.database, bench.home)
    bench.write("name: {type: text}", "more: {type: text}")
    plan = bench.plan()
    bench.write("name: {type: text}", "other: {type: text}")
    with pytest.raises(PlanRefused, match="definitions have changed"):
        apply_plan(plan, bench.compiled(), bench.database, bench.home)


def test_tables_changed_by_hand_are_found(bench: Bench) -> None:
    bench.write("name: {type: text}", "day: {type: date, index: true}")
    bench.apply()
    bench.run("DROP INDEX ix_shop_book__day")
    bench.run(
        "ALTER TABLE shop_book DROP COLUMN name__fold CASCADE"
        if bench.database.kind == "postgresql"
        else "ALTER TABLE shop_book DROP COLUMN day"
    )
    bench.run("ALTER TABLE shop_book ADD COLUMN extra INTEGER")
    with bench.database.reading() as connection:
        found = {d.text for d in find_drift(connection, stored_snapshot(connection))}
    assert "Column shop_book.extra was added by hand." in found
    assert "Index ix_shop_book__day is missing." in found
    assert len([text for text in found if "Column" in text and "missing" in text]) == 1
    bench.write("name: {type: text}", "more: {type: date}")
    with pytest.raises(PlanRefused, match="by hand"):
        bench.apply()


def test_a_failing_step_leaves_everything_as_it_was(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.apply()
    bench.write("name: {type: text}", "more: {type: text}")
    compiled, plan = bench.compiled(), bench.plan()

    def fail(connection: sa.Connection, plan: Plan) -> None:
        raise KeyError("seeds")

    with pytest.raises(KeyError):
        apply_plan(plan, compiled, bench.database, bench.home, after_apply=fail)
    with bench.database.reading() as connection:
        columns = sa.inspect(connection).get_columns("shop_book")
    assert "more" not in [column["name"] for column in columns]
    assert bench.plan().steps == plan.steps


def test_a_table_that_is_in_the_way_is_named(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.run("CREATE TABLE shop_book (id INTEGER)")
    with pytest.raises(PlanRefused, match="create table shop_book"):
        bench.apply()


def test_progress_hears_of_every_step(bench: Bench) -> None:
    bench.write("name: {type: text}")
    heard: list[tuple[int, int, str]] = []
    compiled, plan = bench.compiled(), bench.plan()
    apply_plan(
        plan,
        compiled,
        bench.database,
        bench.home,
        progress=lambda *step: heard.append(step),
    )
    assert [step[0] for step in heard] == list(range(len(plan.steps)))


def test_sqlite_keeps_a_copy(fresh_database: Any, tmp_path: Path) -> None:
    database = create_database(fresh_database("sqlite"))
    bench = Bench(world(tmp_path / "modules", {}), database, tmp_path / "home")
    bench.write("name: {type: text}")
    compiled = bench.compiled()
    first = make_plan(compiled, database, NOW)
    assert apply_plan(first, compiled, database, bench.home).backup is None
    bench.insert("shop.book", name="before")
    bench.write("name: {type: text}", "more: {type: text}")
    compiled = bench.compiled()
    applied = apply_plan(make_plan(compiled, database), compiled, database, bench.home)
    assert applied.backup is not None
    with closing(sqlite3.connect(applied.backup)) as copy:
        assert copy.execute("SELECT name FROM shop_book").fetchall() == [("before",)]
        columns = copy.execute("SELECT name FROM pragma_table_info('shop_book')")
        assert ("more",) not in columns.fetchall()
    database.dispose()


def test_the_audit_follows_a_renamed_entity(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.apply()
    entry = {"at": NOW, "via": "ui", "entity": "shop.book", "record": 1}
    entry |= {"version": 1, "action": "create", "changes": {}}
    with bench.database.writing() as connection:
        connection.execute(sa.insert(audit).values(**entry))
    bench.remove()
    bench.write("name: {type: text}", name="work", was="book")
    bench.apply()
    with bench.database.reading() as connection:
        kept = connection.scalars(sa.select(audit.c.entity).order_by(audit.c.id))
        assert kept.first() == "shop.work"


def test_sealed_entries_of_a_renamed_entity_are_as_they_were(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.apply()
    entry = {"at": NOW, "via": "ui", "entity": "shop.book", "record": 1}
    entry |= {"version": 1, "action": "create", "changes": {}}
    for _ in range(2):
        with bench.database.writing() as connection:
            connection.execute(sa.insert(audit).values(**entry))
        with bench.database.writing() as connection:
            assert seal_block(connection, NOW) == 1
    bench.remove()
    bench.write("name: {type: text}", name="work", was="book")
    bench.apply()
    found = check_seals(bench.database)
    assert (found.entries, found.open, found.faults) == (2, 1, [])
    with bench.database.writing() as connection:
        connection.execute(audit.update().values(record=2))
    assert [one.entry for one in check_seals(bench.database).faults] == [1, 2]
