"""Several writers at once, plugins, and a database that cannot serve."""

import threading
from collections import Counter
from dataclasses import replace

import pytest

from core.plugins import PluginError, PluginManager, hookimpl
from core.services import (
    AppError,
    Query,
    StaleRecord,
    Unavailable,
    ValidationFailed,
    transaction,
)
from core.storage import create_database


def together(*work):
    """Run functions in threads that start at once; their results or errors."""
    start = threading.Barrier(len(work))
    results = [None] * len(work)

    def run(place, function):
        start.wait()
        try:
            results[place] = function()
        except AppError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_of_two_writers_of_a_version_wins(world):
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "A"}).id

    def write(name):
        with world.tx("boss") as tx:
            return tx.update("shop.party", party, {"name": name}, version=1)

    results = together(*(lambda n=n: write(f"N{n}") for n in range(4)))
    assert Counter(type(one) for one in results)[StaleRecord] == 3
    with world.reader("boss") as reader:
        assert reader.get("shop.party", party)["version"] == 2


def test_writers_without_a_version_all_get_through(world):
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "A"}).id

    def write(name):
        for n in range(5):
            with world.tx("boss") as tx:
                tx.update("shop.party", party, {"name": f"{name}{n}"})

    assert together(*(lambda n=n: write(n) for n in range(4))) == [None] * 4
    with world.reader("boss") as reader:
        assert reader.get("shop.party", party)["version"] == 21
        assert len(reader.history("shop.party", party)) == 21


def test_a_race_for_a_unique_value(world):
    def write():
        with world.tx("boss") as tx:
            return tx.create("shop.party", {"name": "A", "code": "SAME"})

    results = together(*[write] * 4)
    refused = [one for one in results if isinstance(one, ValidationFailed)]
    assert len(refused) == 3
    assert {(p.field, p.code) for one in refused for p in one.problems} == {
        ("code", "unique")
    }


def test_numbers_have_no_gaps_under_load(world):
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "A"}).id

    def write(place):
        for n in range(5):
            try:
                with world.tx("boss") as tx:
                    tx.create("shop.order", {"party": party})
                    if (n + place) % 2:
                        raise StaleRecord("not this one")
            except StaleRecord:
                continue

    together(*(lambda p=p: write(p) for p in range(4)))
    with world.reader("boss") as reader:
        rows = reader.search("shop.order", Query(order=("number",))).items
    assert [int(row["number"][-5:]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == 10


def test_a_block_inside_a_block_is_refused(world):
    with world.tx("boss") as tx:
        tx.create("shop.party", {"name": "A"})
        with pytest.raises(RuntimeError), world.tx("boss"):
            pass


def test_a_database_that_can_only_be_read(world):
    if world.runtime.database.kind == "postgresql":
        url = world.runtime.database.engine.url.update_query_dict(
            {"options": "-c default_transaction_read_only=on"}
        )
        database = create_database(url)
    else:
        path = world.runtime.database.path
        world.runtime.database.dispose()
        database = create_database(f"sqlite:///file:{path}?mode=ro&uri=true")
    runtime = replace(world.runtime, database=database)
    try:
        with (
            pytest.raises(Unavailable) as info,
            transaction(runtime, world.actors["boss"]) as tx,
        ):
            tx.create("shop.party", {"name": "A"})
        assert info.value.facts["reason"] == "read_only"
        assert "cannot" not in info.value.message.lower() or info.value.message
    finally:
        database.dispose()


def test_a_database_that_is_busy(world):
    database = create_database(world.runtime.database.engine.url, patience=0.2)
    runtime = replace(world.runtime, database=database)
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "A", "code": "X"}).id
    try:
        with world.tx("boss") as tx:
            tx.update("shop.party", party, {"name": "B"})

            def write():
                with transaction(runtime, world.actors["boss"]) as other:
                    other.update("shop.party", party, {"name": "C"})

            (result,) = together(write)
        assert isinstance(result, Unavailable)
        assert result.facts["reason"] == "locked"
    finally:
        database.dispose()


class Hooks:
    """A module's Python: refuses a name, writes a follow-up, or fails."""

    @hookimpl
    def before_save(self, entity, change):
        if entity == "shop.party" and change.record["name"] == "Refused":
            return [{"field": "name", "code": "taste", "message": "Not that name."}]
        return []

    @hookimpl
    def after_save(self, tx, entity, changes):
        for change in changes:
            if change.record.get("name") == "Twin":
                tx.create("shop.party", {"name": "Second"})
            if change.record.get("name") == "Broken":
                raise KeyError("oops")


def test_modules_may_refuse_and_write_more(world):
    plugins = PluginManager({"shop": Hooks()}, (AppError,))
    runtime = replace(world.runtime, plugins=plugins)
    boss = world.actors["boss"]
    with transaction(runtime, boss) as tx:
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.party", {"name": "Refused"})
        assert info.value.problems[0].code == "taste"
        tx.create("shop.party", {"name": "Twin"})
        assert tx.count("shop.party") == 2
        with pytest.raises(PluginError, match="shop"):
            tx.create("shop.party", {"name": "Broken"})
        assert tx.count("shop.party") == 2
