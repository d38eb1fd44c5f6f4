"""A question that takes too long is stopped with a clear answer; the next one works."""

from dataclasses import replace

import pytest

from core.services import (
    Query,
    TooSlow,
    Totals,
    reading,
    totals_of,
    transaction,
)

ROWS = 150_000
SLOW = Query(filter="contains(note, 'zz') or contains(note, 'qq')", count="exact")


@pytest.fixture
def hurried(world):
    """The world with many orders, and hardly any time."""
    columns = "id, version, created_at, updated_at, archived, number, note, company"
    numbers = {
        "sqlite": f"(WITH RECURSIVE n(x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM n "
        f"WHERE x < {ROWS}) SELECT x FROM n)",
        "postgresql": f"(SELECT generate_series(10, {ROWS}) AS x) AS n",
    }
    no = {"sqlite": "0", "postgresql": "false"}
    kind = world.runtime.database.kind
    stamp = "'2026-01-01 00:00:00.000000'"
    stamp = stamp if kind == "sqlite" else f"{stamp}::timestamptz"
    company = world.actors["admin"].company
    with world.runtime.database.writing() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO shop_order ({columns}) SELECT x, 1, {stamp}, {stamp}, "
            f"{no[kind]}, 'N' || x, 'note ' || x, {company} FROM {numbers[kind]}"
        )
    return replace(world, runtime=replace(world.runtime, query_seconds=0.005))


def test_a_list_a_count_and_totals_are_stopped(hurried):
    actor = hurried.actors["admin"]
    for ask in (
        lambda reader: reader.search("shop.order", SLOW),
        lambda reader: reader.count("shop.order", SLOW),
        lambda reader: totals_of(reader.scene, "shop.order", Totals(SLOW, ("note",))),
    ):
        with reading(hurried.runtime, actor) as reader:
            with pytest.raises(TooSlow, match=r"more than 0\.005 seconds") as caught:
                ask(reader)
            assert caught.value.code == "too_slow"
    patient = replace(hurried.runtime, query_seconds=0)
    with reading(patient, actor) as reader:
        assert reader.count("shop.order", SLOW) == 0


def test_writing_is_not_bound_by_it(hurried):
    runtime = replace(hurried.runtime, query_seconds=5)
    with transaction(runtime, hurried.actors["admin"]) as tx:
        assert tx.search("shop.order", Query(limit=1)).items
        slept = runtime.database.kind == "postgresql"
        if slept:
            shown = tx.scene.connection.exec_driver_sql("SHOW statement_timeout")
            assert shown.scalar_one() == "0"
        tx.scene.connection.exec_driver_sql("SELECT count(*) FROM shop_order").all()


def test_a_stopped_question_writes_nothing(hurried):
    actor = hurried.actors["admin"]

    def write_and_ask():
        with transaction(hurried.runtime, actor) as tx:
            tx.create("shop.party", {"name": "Never"})
            tx.count("shop.order", SLOW)

    with pytest.raises(TooSlow):
        write_and_ask()
    with reading(replace(hurried.runtime, query_seconds=0), actor) as reader:
        assert reader.count("shop.party", Query(filter="name == 'Never'")) == 0
