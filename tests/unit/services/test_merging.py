"""Records made one: links, lines, references, timeline and ids go to the survivor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.services import (
    Actor,
    NotAllowed,
    NotFound,
    RuleBroken,
    Runtime,
    StaleRecord,
    ValidationFailed,
    reading,
    transaction,
)
from core.services.merging import preview, survivor_of
from core.services.timeline import add_comment, feed, follow, plan_activity
from core.storage import tables
from core.storage.timeline_tables import follower
from tests.unit.services.base_world import base_world

INN = """\
== inn/module.yml
module: inn
title: Inn
version: 1.0.0
depends: {base: ">=0.1"}
== inn/entities/guest.yml
entity: inn.guest
title: name
key: code
archive: true
timeline: true
fields:
  name: {type: text, required: true, search: true}
  code: {type: text, unique: true}
  note: {type: text, sensitive: true}
  host: {type: link, to: inn.guest, inverse: guests}
  owner: {type: link, to: base.user}
  tags: {type: tags, of: base.tag}
  numbers: {type: lines, of: inn.number}
  ties: {type: lines, of: inn.tie}
  nights: {type: integer, formula: sum(stays.nights)}
duplicates: {match: {exact: name}}
== inn/entities/number.yml
entity: inn.number
part_of: {guest: inn.guest}
title: value
fields:
  value: {type: text, required: true}
  seen: {type: link, to: inn.guest}
constraints:
  once: {unique: [guest, value], message: The guest has this number.}
== inn/entities/tie.yml
entity: inn.tie
part_of: {guest: inn.guest}
fields:
  other: {type: link, to: inn.guest, required: true}
rules:
  not_itself: {check: other != guest, message: Nobody knows only himself.}
== inn/entities/stay.yml
entity: inn.stay
title: name
timeline: true
fields:
  name: {type: text}
  guest: {type: link, to: inn.guest, inverse: stays}
  about: {type: reference, to: [inn.guest, inn.room], inverse: mentions}
  others: {type: links, to: inn.guest, inverse: with_others}
  number: {type: link, to: inn.number}
  nights: {type: integer}
rules:
  short: {check: nights < 100, message: That is long.}
== inn/entities/card.yml
entity: inn.card
title: code
fields:
  code: {type: text}
  guest: {type: link, to: inn.guest, unique: true}
== inn/entities/room.yml
entity: inn.room
title: name
fields:
  name: {type: text, unique: true}
duplicates: {match: {exact: name}}
== inn/permissions.yml
permissions: inn
roles:
  maid: {label: Maid}
  keeper: {label: Keeper}
grants:
  maid:
    inn.guest: [read, create, update, archive]
  keeper:
    base.user: [read]
    inn.guest: {can: [read, update, merge], where: owner == me}
"""


@pytest.fixture
def inn(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, INN, "inn") as runtime:
        yield runtime


def _saved(runtime: Runtime, entity: str, **values: Any) -> int:
    with transaction(runtime, Actor.system(), "python") as tx:
        return tx.create(entity, values).id or 0


def _merged(
    runtime: Runtime, *ids: int, actor: Actor | None = None, **options: Any
) -> Any:
    with transaction(runtime, actor or Actor.system(), "ui") as tx:
        return tx.merge("inn.guest", ids[0], ids[1:], **options)


def _read(runtime: Runtime, entity: str, id_: int, *fields: str) -> Any:
    with reading(runtime, Actor.system()) as reader:
        return reader.get(entity, id_, fields)


def test_twelve_links_are_kept(inn: Runtime) -> None:
    one, two = (_saved(inn, "inn.guest", name=name) for name in ("Ann", "Anne"))
    room = _saved(inn, "inn.room", name="7")
    stays = [
        _saved(inn, "inn.stay", name=f"S{n}", guest=two, nights=n) for n in range(1, 7)
    ]
    about = [
        _saved(inn, "inn.stay", about={"entity": "inn.guest", "id": two})
        for _ in range(2)
    ]
    untouched = _saved(inn, "inn.stay", about={"entity": "inn.room", "id": room})
    both = [
        _saved(inn, "inn.stay", others=[two]),
        _saved(inn, "inn.stay", others=[one, two]),
    ]
    child = _saved(inn, "inn.guest", name="Kid", host=two)
    tied = _saved(inn, "inn.guest", name="Ed", ties=[{"other": two}])
    with reading(inn, Actor.system()) as reader:
        entity = inn.compiled.entity("inn.guest")
        expected = {
            (m.entity, m.field): m.count for m in preview(reader, entity, [two])
        }
    assert sum(expected.values()) == 12, expected
    record = _merged(inn, one, two)
    assert record["nights"] == 21
    for id_ in stays:
        assert _read(inn, "inn.stay", id_)["guest"] == one
    for id_ in about:
        assert _read(inn, "inn.stay", id_)["about"].id == one
    assert _read(inn, "inn.stay", untouched)["about"].id == room
    for id_ in both:
        assert _read(inn, "inn.stay", id_)["others"] == (one,)
    assert _read(inn, "inn.guest", child)["host"] == one
    (tie,) = _read(inn, "inn.guest", tied).relations["ties"]
    assert tie["other"] == one
    with reading(inn, Actor.system()) as reader:
        assert list(preview(reader, entity, [two])) == []
        (latest, *_) = reader.history("inn.stay", stays[0])
    assert latest.changes == {"guest": [two, one]}
    assert _read(inn, "inn.stay", stays[0])["version"] == 2


def test_lines_lists_and_links_of_equal_lines(inn: Runtime) -> None:
    tags = [_saved(inn, "base.tag", name=name) for name in "abc"]
    one = _saved(
        inn,
        "inn.guest",
        name="A",
        tags=tags[:2],
        numbers=[{"value": "1"}, {"value": "2"}],
    )
    two = _saved(
        inn,
        "inn.guest",
        name="B",
        tags=tags[1:],
        numbers=[{"value": "2"}, {"value": "3"}],
    )
    record = _merged(inn, one, two)
    assert set(record["tags"]) == set(tags)
    assert [row["value"] for row in record.relations["numbers"]] == ["1", "2", "3"]
    # What the survivor has already stays behind, with the record that went.
    left = _read(inn, "inn.guest", two)
    assert [row["value"] for row in left.relations["numbers"]] == ["2"]


def test_links_between_the_two_do_not_turn_back(inn: Runtime) -> None:
    top = _saved(inn, "inn.guest", name="Top")
    two = _saved(inn, "inn.guest", name="B", host=top)
    one = _saved(inn, "inn.guest", name="A", host=two)
    with transaction(inn, Actor.system(), "python") as tx:
        tx.update("inn.guest", two, {"ties": [{"other": one}, {"other": top}]})
    record = _merged(inn, one, two)
    assert record["host"] == top
    assert [row["other"] for row in record.relations["ties"]] == [top]


def test_timeline_and_ids_go_along(inn: Runtime) -> None:
    one, two = (_saved(inn, "inn.guest", name=name) for name in "AB")
    user = Actor(_saved(inn, "base.user", login="u", name="U"), "U", is_admin=True)
    with transaction(inn, user, "ui") as tx:
        add_comment(tx, "inn.guest", two, "Likes tea", lambda _: {})
        plan_activity(tx, "inn.guest", two, "Call", "call", None, None)
        follow(tx, "inn.guest", one, True)
        follow(tx, "inn.guest", two, True)
        tx.remember_external("inn.guest", {"other.b": two})
    _merged(inn, one, two)
    with reading(inn, user) as reader:
        entries = feed(reader, "inn.guest", one, ("comment", "activity"), 9)
        rows = reader.scene.connection.execute(
            sa.select(follower.c.record).where(follower.c.entity == "inn.guest")
        ).scalars()
        assert list(rows) == [one]
        assert reader.scene.ref_id("inn.guest.other.b") in (one, None)
        external = tables.external_id
        found = reader.scene.connection.scalar(
            sa.select(external.c.record).where(external.c.key == "other.b")
        )
    assert sorted(one.kind for one in entries) == ["activity", "comment"]
    assert found == one


def test_values_are_chosen_field_by_field(inn: Runtime) -> None:
    one = _saved(inn, "inn.guest", name="A", code="K1", note="mine")
    two = _saved(inn, "inn.guest", name="B", code="K2", note="theirs")
    record = _merged(inn, one, two, take={"name": one, "code": two, "note": two})
    assert (record["name"], record["code"], record["note"]) == ("A", "K2", "theirs")
    gone = _read(inn, "inn.guest", two)
    assert (gone["archived"], gone["code"], gone["name"]) == (True, None, "B")
    with reading(inn, Actor.system()) as reader:
        first = reader.history("inn.guest", one)
        second = reader.history("inn.guest", two)
    assert first[0].merged == (two,)
    assert {"code", "note"} <= first[1].changes.keys()
    assert second[0].merged_into == one
    assert second[0].changes == {"code": ["K2", None]}


def test_old_addresses_lead_on(inn: Runtime) -> None:
    ids = [_saved(inn, "inn.guest", name=name) for name in "ABC"]
    _merged(inn, ids[1], ids[2])
    _merged(inn, ids[0], ids[1])
    with reading(inn, Actor.system()) as reader:
        found = [survivor_of(reader.scene, "inn.guest", id_) for id_ in ids]
    assert found == [None, ids[0], ids[0]]
    with transaction(inn, Actor.system(), "python") as tx:
        tx.restore("inn.guest", ids[1])
        assert survivor_of(tx.scene, "inn.guest", ids[1]) is None


def test_what_is_not_archived_is_deleted(inn: Runtime) -> None:
    one, two = (_saved(inn, "inn.room", name=name) for name in "AB")
    stay = _saved(inn, "inn.stay", about={"entity": "inn.room", "id": two})
    with transaction(inn, Actor.system(), "ui") as tx:
        record = tx.merge("inn.room", one, [two], {"name": two})
        assert survivor_of(tx.scene, "inn.room", two) == one
    assert record["name"] == "B"
    assert _read(inn, "inn.stay", stay)["about"].id == one
    with pytest.raises(NotFound):
        _read(inn, "inn.room", two)


def test_a_merge_while_somebody_edits(inn: Runtime) -> None:
    one, two = (_saved(inn, "inn.guest", name=name) for name in "AB")
    stay = _saved(inn, "inn.stay", guest=two)
    with transaction(inn, Actor.system(), "ui") as tx:
        tx.update("inn.guest", two, {"name": "Bea"})
    with pytest.raises(StaleRecord):
        _merged(inn, one, two, versions={one: 1, two: 1})
    assert _read(inn, "inn.stay", stay)["guest"] == two
    _merged(inn, one, two, versions={one: 1, two: 2})
    # Who had the stay open meanwhile does not move it back unseen.
    with pytest.raises(StaleRecord), transaction(inn, Actor.system(), "ui") as tx:
        tx.update("inn.stay", stay, {"guest": two}, version=1)


def test_nothing_is_done_if_something_cannot_be(inn: Runtime) -> None:
    one, two = (_saved(inn, "inn.guest", name=name) for name in "AB")
    stay = _saved(inn, "inn.stay", guest=two)
    cards = [_saved(inn, "inn.card", code=f"C{n}", guest=n) for n in (one, two)]
    with pytest.raises(RuleBroken, match=r"Both have a Card .*C\d"):
        _merged(inn, one, two)
    assert _read(inn, "inn.stay", stay)["guest"] == two
    with transaction(inn, Actor.system(), "python") as tx:
        tx.delete("inn.card", cards[0])
    tie = _saved(inn, "inn.tie", guest=one, other=two)
    with pytest.raises(RuleBroken, match="only himself"):
        _merged(inn, one, two)
    with transaction(inn, Actor.system(), "python") as tx:
        tx.delete("inn.tie", tie)
    _merged(inn, one, two)
    assert _read(inn, "inn.card", cards[1])["guest"] == one


def test_who_may_merge(inn: Runtime) -> None:
    keeper = Actor(
        _saved(inn, "base.user", login="k", name="K"), "K", frozenset({"inn.keeper"})
    )
    maid = Actor(
        _saved(inn, "base.user", login="m", name="M"), "M", frozenset({"inn.maid"})
    )
    mine = [
        _saved(inn, "inn.guest", name=name, note=name, owner=keeper.user_id)
        for name in "AB"
    ]
    other = _saved(inn, "inn.guest", name="C")
    with pytest.raises(NotAllowed):
        _merged(inn, *mine, actor=maid)
    with pytest.raises(NotFound):
        _merged(inn, mine[0], other, actor=keeper)
    with pytest.raises(ValidationFailed):
        # A value that one may not see cannot be taken over.
        _merged(inn, *mine, actor=keeper, take={"note": mine[1]})
    record = _merged(inn, *mine, actor=keeper, take={"name": mine[1]})
    assert record["name"] == "B"


@pytest.mark.parametrize("wrong", ["itself", "one", "archived", "other"])
def test_what_cannot_be_merged(inn: Runtime, wrong: str) -> None:
    one, two = (_saved(inn, "inn.guest", name=name) for name in "AB")
    with transaction(inn, Actor.system(), "python") as tx:
        if wrong == "archived":
            tx.archive("inn.guest", two)
    given = {"itself": [one, one], "one": [one]}.get(wrong, [one, two])
    entity = "inn.stay" if wrong == "other" else "inn.guest"
    with (
        pytest.raises(ValidationFailed),
        transaction(inn, Actor.system(), "python") as tx,
    ):
        tx.merge(entity, given[0], given[1:])
