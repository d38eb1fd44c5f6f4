"""Parts of texts are found: by index or without, changed, gone, many at once."""

import random
from dataclasses import replace

import pytest

from core.services import Actor, Query
from core.storage.filling import STREAM_FROM

PARTY = "shop.party"
NAMES = (
    "Café Müller", "Straße & Sohn", "100 % Wolle", "under_score", 'the "Inn"',
    "back\\slash", "* star (x)", "ab", "Ünïcödé 東京都庁", "O'Hara", "AND OR NOT",
)  # fmt: skip


@pytest.fixture
def named(world):
    with world.tx("boss") as tx:
        return {n: tx.create(PARTY, {"name": n}).id for n in NAMES}


def found(world, text, actor="boss", **query):
    with world.reader(actor) as reader:
        asked = Query(search=text, count="exact", limit=100, **query)
        page = reader.search(PARTY, asked)
        assert page.count == len(page.items) == reader.count(PARTY, asked)
        return {record.id for record in page.items}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("muller cafe", ["Café Müller"]),
        ("STRASSE", ["Straße & Sohn"]),
        ("0 %", ["100 % Wolle"]),
        ("%", ["100 % Wolle"]),
        ("r_s", ["under_score"]),
        ("_", ["under_score"]),
        ('"inn"', ['the "Inn"']),
        ("k\\s", ["back\\slash"]),
        ("* (x)", ["* star (x)"]),
        ("京都庁", ["Ünïcödé 東京都庁"]),
        ("o'h", ["O'Hara"]),
        ("and not", ["AND OR NOT"]),
        ("a" * 300, []),
        ("   ", list(NAMES)),
    ],
)
def test_words_are_parts_of_texts(world, named, text, names):
    ids = set(named.values())
    assert found(world, text) & ids == {named[name] for name in names}


def test_what_is_found_follows_changes(world, named):
    id_ = named["under_score"]
    with world.tx("boss") as tx:
        tx.update(PARTY, id_, {"name": "Walnut"})
    assert found(world, "score") == set()
    assert found(world, "alnu") == {id_}
    with world.tx("boss") as tx:
        tx.archive(PARTY, id_)
    assert found(world, "alnu") == set()
    assert found(world, "alnu", archived="yes") == {id_}
    with world.tx("boss") as tx:
        tx.delete(PARTY, id_)
    assert found(world, "alnu", archived="yes") == set()


def test_many_rows_at_once_are_found_as_well_and_one_after_them(world):
    rows = [{"name": f"Bulk number {n:04}"} for n in range(STREAM_FROM + 10)]
    with world.tx("boss") as tx:
        made = tx.create_many(PARTY, rows)
    assert found(world, "0042 bulk") == {made[42].id}
    with world.tx("boss") as tx:
        last = tx.create(PARTY, {"name": "Bulk number 0042 b"}).id
    assert found(world, "0042") == {made[42].id, last}


def test_a_failed_bulk_leaves_the_index_as_it_was(world, named):
    rows = [{"name": f"Bulk {n}", "code": "same"} for n in range(STREAM_FROM)]
    with pytest.raises(Exception, match="same"), world.tx("boss") as tx:
        tx.create_many(PARTY, rows)
    assert found(world, "bulk") == set()
    with world.tx("boss") as tx:
        id_ = tx.create(PARTY, {"name": "Bulk again"}).id
    assert found(world, "bulk") == {id_}


def test_only_the_words_of_fields_that_one_may_read_count(world):
    with world.tx("boss") as tx:
        tx.create(PARTY, {"name": "Lamp", "city": "Secretville", "owner": None})
    outsider = Actor(None, "Nobody", frozenset({"shop.guest"}))
    narrow = replace(world, actors={**world.actors, "guest": outsider})
    for text in ("secret", "ville", "vil", "tv"):
        assert found(world, text)
        assert not found(narrow, text, "guest")
    assert found(narrow, "lam", "guest")


def test_rows_out_of_reach_are_not_found(world, named):
    with world.tx("boss") as tx:
        tx.create(PARTY, {"name": "Hidden away", "owner": world.id("base.user.bob")})
    assert found(world, "hidden")
    assert not found(world, "hidden", actor="ann")


def test_filters_by_a_part_agree_with_a_look_at_every_row(world):
    chance = random.Random(7)
    names = ["".join(chance.choices("abÄç é", k=8)).strip() or "x" for _ in range(300)]
    with world.tx("boss") as tx:
        tx.create_many(PARTY, [{"name": f"{name}."} for name in names])
        stored = tx.search(PARTY, Query(fields=("name",), limit=1000)).items
    from core.expressions import fold

    for part in ("a", "ab", "abc", "bä", "aba", "é b", "çaä"):
        wanted = {r.id for r in stored if fold(part) in fold(r["name"])}
        for text, ids in (
            (f"contains(name, '{part}')", wanted),
            (f"contains(name, '{part}') and kind == 'firm'", wanted),
            (f"not contains(name, '{part}')", {r.id for r in stored} - wanted),
            (f"contains(name, '{part}') or contains(code, '{part}')", wanted),
        ):
            with world.reader("boss") as reader:
                asked = Query(filter=text, fields=("id",), limit=1000)
                assert {r.id for r in reader.search(PARTY, asked).items} == ids, text
