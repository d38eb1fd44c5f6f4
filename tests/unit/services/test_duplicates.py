"""Records that may stand for the same thing: while typing, at a save, and in pairs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.compiler.duplicates import phone_tail
from core.services import Actor, RuleBroken, Runtime, reading, transaction
from core.services.duplicates.alike import likeness, phone_key, pieces
from core.services.duplicates.apart import bring_together, keep_apart, kept_apart
from core.services.errors import NotAllowed, NotFound, ValidationFailed
from core.storage import tables
from tests.unit.registry.making import built
from tests.unit.services.base_world import base_world

HALL = """\
== hall/module.yml
module: hall
title: Hall
version: 1.0.0
depends: {base: ">=0.1"}
== hall/entities/guest.yml
entity: hall.guest
title: name
subtitle: city
archive: true
fields:
  name: {type: text, required: true, search: true}
  city: {type: text, search: true}
  phone: {type: phone}
  mail: {type: email}
  badge: {type: text}
  owner: {type: link, to: base.user}
  asleep: {type: boolean}
  numbers: {type: lines, of: hall.number}
duplicates:
  where: not asleep
  match:
    - {fuzzy: name, exact: city, score: 80}
    - {exact: mail}
    - {phone: phone}
    - {exact: numbers.value}
== hall/entities/number.yml
entity: hall.number
part_of: {guest: hall.guest}
fields:
  value: {type: text, search: true}
== hall/entities/key.yml
entity: hall.key
title: code
fields:
  code: {type: text}
duplicates: {match: {exact: code}, action: block}
== hall/permissions.yml
permissions: hall
roles:
  host: {label: Host}
  porter: {label: Porter}
  reader: {label: Reader}
grants:
  host:
    base.user: [read]
    hall.guest: {can: all, where: owner == me}
    hall.key: all
  porter:
    hall.guest: {can: all, fields: {mail: none}}
  reader:
    hall.guest: [read]
"""


@pytest.fixture
def hall(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, HALL, "hall") as runtime:
        yield runtime


def _saved(runtime: Runtime, entity: str = "hall.guest", **values: Any) -> int:
    with transaction(runtime, Actor.system(), "python") as tx:
        return tx.create(entity, values).id or 0


def _typed(runtime: Runtime, actor: Actor | None = None, **values: Any) -> list[int]:
    """Who is found while somebody types these values."""
    with reading(runtime, actor or Actor.system()) as reader:
        state = reader.evaluate("hall.guest", values, None, list(values))
    return sorted(one.id for one in state.similar)


def _user(runtime: Runtime, login: str, *roles: str) -> Actor:
    id_ = _saved(runtime, "base.user", login=login, name=login)
    return Actor(id_, login, frozenset(roles))


def test_two_that_are_not_the_same_are_left_alone(hall: Runtime) -> None:
    host, porter = _user(hall, "h", "hall.host"), _user(hall, "p", "hall.porter")
    mail = {"mail": "m@b.example", "owner": host.user_id}
    one, other = (_saved(hall, name=name, **mail) for name in ("Ann", "Bob"))
    foreign = _saved(hall, name="Cid", mail="m@b.example")

    def pairs(actor: Actor) -> list[tuple[int, int]]:
        with reading(hall, actor) as reader:
            found = reader.suspects("hall.guest", 9).pairs
            return sorted((pair.first, pair.second) for pair in found)

    assert pairs(host) == [(one, other)]
    with transaction(hall, host, "ui") as tx:
        keep_apart(tx, "hall.guest", other, one)
        keep_apart(tx, "hall.guest", one, other)
    assert pairs(host) == []
    assert (one, other) not in pairs(Actor.system())
    with reading(hall, host) as reader:
        assert reader.similar("hall.guest", one) == ()
        (kept,) = kept_apart(reader, "hall.guest")
        assert (kept.first, kept.second, kept.by) == (one, other, host.user_id)
    # A save of one of them is not asked about the other, one of a third is.
    with transaction(hall, host, "ui") as tx:
        tx.update("hall.guest", one, {"city": "Ulm"})
    with pytest.raises(NotFound), transaction(hall, host, "ui") as tx:
        keep_apart(tx, "hall.guest", one, foreign)
    nobody = Actor(porter.user_id, "n", frozenset({"hall.reader"}))
    with reading(hall, nobody) as reader:
        assert len(kept_apart(reader, "hall.guest")) == 1
    with pytest.raises(NotAllowed), transaction(hall, nobody, "ui") as tx:
        bring_together(tx, "hall.guest", one, other)
    with transaction(hall, host, "ui") as tx:
        assert bring_together(tx, "hall.guest", one, other)
        assert not bring_together(tx, "hall.guest", one, other)
    assert pairs(host) == [(one, other)]
    with transaction(hall, host, "ui") as tx:
        keep_apart(tx, "hall.guest", one, other)
        tx.delete("hall.guest", other)
    with hall.database.reading() as connection:
        assert connection.execute(sa.select(tables.apart)).all() == []


@pytest.mark.parametrize(
    ("one", "other", "score"),
    [
        ("Northwind Traders", "northwind traders", 100),
        ("Traders, Northwind", "Northwind Traders", 100),
        ("Nortwind Traders", "Northwind Traders", 94),
        ("Müller & Söhne", "Muller Sohne", 100),
        ("", "", 0),
        ("abc", "xyz", 0),
    ],
)
def test_likeness_counts_changed_letters(one: str, other: str, score: int) -> None:
    assert likeness(one, other) == score == likeness(other, one)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("+49 30 12345678", "12345678"),
        ("0049 (30) 1234-5678", "12345678"),
        ("030/12345678 ext. 4", "12345678"),
        ("123456", "123456"),
        ("12345", None),
        ("unknown", None),
    ],
)
def test_numbers_are_compared_by_their_last_digits(text: str, key: str | None) -> None:
    assert phone_key(text) == key


def test_who_changes_some_letters_leaves_a_piece_alone() -> None:
    for typed in ("Nordwind Handel", "Northwind Handel", "Nordwind Handell"):
        wanted = pieces("Nordwind Handel", 90)
        assert any(piece in typed.lower() for piece in wanted), (typed, wanted)


def test_each_match_finds_its_records(hall: Runtime) -> None:
    by_name = _saved(hall, name="Northwind Traders", city="Köln")
    by_mail = _saved(hall, name="A", mail="Info@North.example")
    by_phone = _saved(hall, name="B", phone="+49 30 12345678")
    by_row = _saved(hall, name="C", numbers=[{"value": "DE 1"}, {"value": "DE 2"}])
    assert _typed(hall, name="Traders Nortwind", city="KOLN") == [by_name]
    assert _typed(hall, name="Nortwind Traders") == []
    assert _typed(hall, name="Nortwind Traders", city="Bonn") == []
    assert _typed(hall, name="x", mail="Info@north.example") == [by_mail]
    assert _typed(hall, name="x", phone="030-12345678") == [by_phone]
    assert _typed(hall, name="x", numbers=[{"value": "de 2"}]) == [by_row]
    assert _typed(hall, name="x", asleep=True, mail="Info@north.example") == []


def test_numbers_are_found_by_an_index(hall: Runtime) -> None:
    table = hall.compiled.entity("hall.guest").table
    dialect = hall.compiled.dialect
    tail = phone_tail(table.c.phone, dialect)
    statement = sa.select(table.c.id).where(tail.in_(["12345678"]))
    text = statement.compile(
        dialect=hall.database.engine.dialect, compile_kwargs={"literal_binds": True}
    )
    with reading(hall, Actor.system()) as reader:
        run = reader.scene.connection.exec_driver_sql
        explain = "EXPLAIN QUERY PLAN"
        if dialect == "postgresql":
            run("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN"
        plan = " ".join(str(row) for row in run(f"{explain} {text}"))
    assert "phone_tail" in plan


def test_archived_records_and_others_stay_out(hall: Runtime) -> None:
    one = _saved(hall, name="A", mail="a@b.example")
    _saved(hall, name="B", mail="a@b.example", asleep=True)
    with transaction(hall, Actor.system(), "python") as tx:
        tx.archive("hall.guest", one)
    assert _typed(hall, name="C", mail="a@b.example") == []
    with reading(hall, Actor.system()) as reader:
        assert reader.similar("hall.guest", one) == ()
        assert reader.suspects("hall.guest").pairs == ()


def test_a_warning_asks_once_and_is_kept(hall: Runtime) -> None:
    first = _saved(hall, name="A", mail="a@b.example")
    with (
        pytest.raises(RuleBroken) as broken,
        transaction(hall, Actor.system(), "api") as tx,
    ):
        tx.create("hall.guest", {"name": "B", "mail": "a@b.example"})
    (problem,) = broken.value.problems
    assert broken.value.only_warnings
    assert (problem.code, problem.facts["id"]) == ("hall.guest/duplicates", first)
    with transaction(hall, Actor.system(), "api") as tx:
        made = tx.create(
            "hall.guest", {"name": "B", "mail": "a@b.example"}, accept_warnings=True
        )
        # What is not compared may change without another question.
        tx.update("hall.guest", made.id or 0, {"badge": "7"})
        entries = tx.history("hall.guest", made.id or 0)
    assert entries[-1].accepted == ("duplicates",)
    with transaction(hall, Actor.system(), "import") as tx:
        tx.create("hall.guest", {"name": "C", "mail": "a@b.example"})


def test_what_blocks_holds_on_every_path(hall: Runtime) -> None:
    _saved(hall, "hall.key", code="K1")
    for via in ("python", "import", "ui"):
        with (
            pytest.raises(ValidationFailed, match="there already"),
            transaction(hall, Actor.system(), via) as tx,
        ):
            tx.create("hall.key", {"code": "K1"}, accept_warnings=True)
    assert _saved(hall, "hall.key", code="K2")


def test_nobody_learns_of_records_that_he_may_not_see(hall: Runtime) -> None:
    host, porter = _user(hall, "h", "hall.host"), _user(hall, "p", "hall.porter")
    mine = _saved(hall, name="Mine", owner=host.user_id, mail="m@b.example")
    others = _saved(hall, name="Other", mail="o@b.example", phone="030 998877")
    assert _typed(hall, host, name="x", mail="o@b.example") == []
    assert _typed(hall, host, name="x", mail="m@b.example") == [mine]
    # A field that is hidden from somebody finds nothing for him either.
    assert _typed(hall, porter, name="x", mail="o@b.example") == []
    assert _typed(hall, porter, name="x", phone="030 998877") == [others]
    with transaction(hall, host, "api") as tx:
        tx.create(
            "hall.guest", {"name": "x", "mail": "o@b.example", "owner": host.user_id}
        )


def test_all_suspects_in_pairs(hall: Runtime) -> None:
    a = _saved(hall, name="Northwind Traders", city="Köln", mail="n@n.example")
    b = _saved(hall, name="Nortwind Traders", city="Koln", mail="n@n.example")
    c = _saved(hall, name="Southwind", phone="0221 5556677")
    d = _saved(hall, name="Westwind", phone="+49 221 5556677")
    _saved(hall, name="Northwind Traders", city="Bonn")
    with reading(hall, Actor.system()) as reader:
        found = reader.suspects("hall.guest")
        (other,) = reader.similar("hall.guest", b)
    assert {(p.first, p.second): set(p.why) for p in found.pairs} == {
        (a, b): {"name", "city", "mail"},
        (c, d): {"phone"},
    }
    assert not found.more
    assert (other.id, other.title, other.subtitle) == (a, "Northwind Traders", "Köln")
    host = _user(hall, "h", "hall.host")
    with reading(hall, host) as reader:
        assert reader.suspects("hall.guest").pairs == ()


def test_texts_alone_are_compared_too(tmp_path: Path, database_url: str) -> None:
    text = HALL.replace("exact: city, score: 80", "score: 85")
    with base_world(tmp_path, database_url, text, "hall") as runtime:
        names = ["Bergmann Stahlbau", "Bergman Stahlbau", "Talmann Holzbau", "Q"]
        ids = [_saved(runtime, name=name) for name in names]
        with reading(runtime, Actor.system()) as reader:
            found = reader.suspects("hall.guest").pairs
        assert [(p.first, p.second) for p in found] == [(ids[0], ids[1])]
        assert _typed(runtime, name="Bergmann-Stahlbau") == ids[:2]


@pytest.mark.parametrize(
    ("match", "codes"),
    [
        ("{exact: name}", []),
        ("[{fuzzy: name, score: 70}, {phone: badge}]", []),
        ("{score: 90}", ["E204"]),
        ("{fuzzy: name, score: 20}", ["E205"]),
        ("{fuzzy: badge}", ["E412"]),
        ("{phone: size}", ["E406"]),
        ("{exact: parts}", ["E410"]),
        ("{exact: other.name}", ["E410"]),
        ("{exact: nme}", ["E402"]),
        ("{exact: shout}", ["E411"]),
    ],
)
def test_what_can_be_compared(tmp_path: Path, match: str, codes: list[str]) -> None:
    text = f"""\
== a/entities/b.yml
entity: a.b
fields:
  name: {{type: text, search: true}}
  badge: {{type: text}}
  size: {{type: integer}}
  shout: {{type: text, formula: upper(name), stored: false}}
  other: {{type: link, to: a.b}}
  parts: {{type: lines, of: a.c}}
duplicates: {{match: {match}}}
== a/entities/c.yml
entity: a.c
part_of: {{b: a.b}}
fields:
  name: {{type: text}}
"""
    assert built(tmp_path, text).codes == codes
