"""Timelines: comments, mentions, files, activities; who may and who is told."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core.services import NotAllowed, NotFound, ValidationFailed
from core.services.timeline import (
    LONGEST,
    add_comment,
    attach,
    attached_file,
    detach,
    feed,
    follow,
    follows,
    mark_read,
    mentioned_logins,
    notices,
    place_of,
    plan_activity,
    set_done,
    unread,
)
from core.storage import file_use
from core.storage.timeline_tables import ABOUT

THING = "shelf.thing"


@pytest.fixture
def thing(world):
    with world.tx("ann") as tx:
        return tx.create(THING, {"name": "Box"}).id


def say(world, actor, thing, body, **people):
    found = {login: world.actors[name] for login, name in people.items()}
    with world.tx(actor) as tx:
        return add_comment(tx, THING, thing, body, lambda _names: found)


def kinds(world, actor, thing):
    with world.reader(actor) as reader:
        return [entry.kind for entry in feed(reader, THING, thing)]


def test_names_in_a_text():
    assert mentioned_logins("@mara and (@jo.b) but a@b.c, @@x") == {"mara", "jo.b"}
    assert mentioned_logins("thanks @mara.") == {"mara"}


def test_comments_stand_with_changes(world, thing):
    say(world, "ann", thing, "  <b>Hello</b>\r\nworld ")
    with world.reader("boss") as reader:
        entries = feed(reader, THING, thing)
    assert [one.kind for one in entries] == ["comment", "change"]
    assert entries[0].facts["body"] == "<b>Hello</b>\nworld"
    assert entries[0].author == world.actors["ann"].user_id


@pytest.mark.parametrize("body", ["", "  \n", "x" * (LONGEST + 1)])
def test_comments_that_are_refused(world, thing, body):
    with pytest.raises(ValidationFailed):
        say(world, "ann", thing, body)
    assert kinds(world, "ann", thing) == ["change"]


def test_who_may_not_read_is_never_mentioned(world, thing):
    with pytest.raises(ValidationFailed, match="may not read"):
        say(world, "ann", thing, "Look, @bob", bob="bob")
    assert kinds(world, "ann", thing) == ["change"]
    say(world, "ann", thing, "Look, @boss", boss="boss")
    with world.reader("boss") as reader:
        assert [(n.kind, n.title) for n in notices(reader)] == [("mention", "Box")]
        assert unread(reader) == 1
    with world.tx("boss") as tx:
        mark_read(tx)
        assert unread(tx) == 0


def test_a_notice_goes_with_the_right(world, thing):
    say(world, "ann", thing, "@boss", boss="boss")
    with world.reader("bob") as reader:
        # The same person without the role that shows the record.
        assert unread(reader) == 1
        assert notices(reader) == []


def test_followers_are_told_and_not_of_themselves(world, thing):
    with world.tx("boss") as tx:
        follow(tx, THING, thing)
        follow(tx, THING, thing)
        assert follows(tx, THING, thing)
    say(world, "ann", thing, "one")
    say(world, "boss", thing, "two")
    with world.reader("boss") as reader:
        assert [n.kind for n in notices(reader)] == ["comment"]
    with world.reader("ann") as reader:
        assert unread(reader) == 1
    with world.tx("boss") as tx:
        follow(tx, THING, thing, False)
    say(world, "ann", thing, "three")
    with world.reader("boss") as reader:
        assert unread(reader) == 1


def test_attachments_follow_the_record(world, thing):
    with world.tx("ann") as tx:
        made = attach(tx, THING, thing, io.BytesIO(b"hello"), "a.txt")
    with world.reader("boss") as reader:
        found = attached_file(reader, THING, thing, made)
        assert (found.name, found.media_type) == ("a.txt", "text/plain")
    with world.reader("bob") as reader, pytest.raises(NotFound):
        attached_file(reader, THING, thing, made)
    with world.tx("ann") as tx:
        other = tx.create(THING, {"name": "Jar"}).id
    with world.reader("ann") as reader, pytest.raises(NotFound):
        attached_file(reader, THING, other, made)
    with world.tx("ann") as tx:
        detach(tx, THING, thing, made)
        uses = sa.select(sa.func.count()).select_from(file_use)
        assert tx.scene.connection.execute(uses).scalar_one() == 0


def test_activities(world, thing):
    with world.tx("ann") as tx:
        boss = world.actors["boss"]
        due = date(2026, 12, 31)
        made = plan_activity(tx, THING, thing, "Ring them", "call", due, boss)
        with pytest.raises(ValidationFailed):
            plan_activity(tx, THING, thing, " ")
        with pytest.raises(ValidationFailed):
            plan_activity(tx, THING, thing, "Ring", "dance")
        with pytest.raises(ValidationFailed):
            plan_activity(tx, THING, thing, "Ring", person=world.actors["bob"])
    with world.tx("boss") as tx:
        assert [n.kind for n in notices(tx)] == ["activity"]
        set_done(tx, THING, thing, made)
        [entry] = feed(tx, THING, thing, ("activity",))
        assert entry.facts["done_at"] is not None
        assert entry.facts["due"] == date(2026, 12, 31)
        set_done(tx, THING, thing, made, False)
        with pytest.raises(NotFound):
            set_done(tx, THING, thing, made + 1)


def test_rights(world, thing):
    with pytest.raises(NotFound):
        say(world, "bob", thing, "hello")
    with world.reader("bob") as reader, pytest.raises(NotFound):
        feed(reader, THING, thing)
    mute = world.acting("admin", is_admin=False, roles=frozenset({"shop.clerk"}))
    with mute.tx("admin") as tx, pytest.raises((NotAllowed, NotFound)):
        add_comment(tx, THING, thing, "x", lambda _names: {})
    with world.tx("ann") as tx:
        tx.update(THING, thing, {"parts": [{"name": "Lid"}]})
        part = tx.get(THING, thing).relations["parts"][0].id
        with pytest.raises(NotFound, match="no timeline"):
            feed(tx, "shelf.part", part)


def test_deleting_takes_the_timeline_along(world, thing):
    say(world, "ann", thing, "@boss", boss="boss")
    with world.tx("ann") as tx:
        attach(tx, THING, thing, io.BytesIO(b"hello"), "a.txt")
        plan_activity(tx, THING, thing, "Ring")
    with world.tx("boss") as tx:
        tx.delete(THING, thing)
        for table in (*ABOUT, file_use):
            count = sa.select(sa.func.count()).select_from(table)
            assert tx.scene.connection.execute(count).scalar_one() == 0, table.name


def test_buttons_leave_notes_and_plans(world, thing):
    ann = world.actors["ann"].user_id
    with world.tx("boss") as tx:
        follow(tx, THING, thing)
        tx.run_action(THING, thing, "lend", {"to": ann, "why": "for a week"})
    with world.reader("boss") as reader:
        entries = feed(reader, THING, thing, ("comment", "activity"))
        today = reader.scene.moment.today
    found = {one.kind: one for one in entries}
    assert len(entries) == 2, "what is empty or not due is not kept"
    assert found["comment"].facts["body"] == "Box is lent, for a week."
    plan = found["activity"].facts
    assert (plan["summary"], plan["type"], plan["person"]) == (
        "Ask for Box back",
        "call",
        ann,
    )
    assert plan["due"] == today + timedelta(days=7)
    assert found["comment"].author == world.actors["boss"].user_id
    with world.reader("ann") as reader:
        assert [one.kind for one in notices(reader)] == ["activity"]
        assert follows(reader, THING, thing) is False


def test_a_plan_for_nobody_named_is_for_who_acts(world, thing):
    with world.tx("boss") as tx:
        tx.run_action(THING, thing, "remind")
        tx.run_action(THING, thing, "lend", {"why": "somewhere"})
    with world.reader("boss") as reader:
        people = [
            (one.facts["summary"], one.facts["person"])
            for one in feed(reader, THING, thing, ("activity",))
        ]
    assert set(people) == {
        ("Look after Box", world.actors["boss"].user_id),
        ("Ask for Box back", None),
    }


def test_records_of_others_stand_in_the_timeline(world, thing):
    until = datetime(2026, 12, 1, 9, tzinfo=UTC)
    with world.tx("boss") as tx:
        other = tx.create(THING, {"name": "Other"}).id
        ids = [
            tx.create("shelf.errand", {"what": f"E{n}", "about": thing, **more}).id
            for n, more in enumerate(({"until": until}, {"over": True}))
        ]
        tx.create("shelf.errand", {"what": "Elsewhere", "about": other})
    with world.reader("boss") as reader:
        entries = feed(reader, THING, thing, ("record",))
        assert {one.id for one in entries} == set(ids)
        first = next(one for one in entries if one.id == ids[0])
        assert first.facts == {
            "entity": "shelf.errand",
            "title": "E0",
            "due": until,
            "done": False,
            "person": None,
        }
        # Page by page nothing is lost and nothing stands twice.
        seen, before = [], None
        while page := feed(reader, THING, thing, limit=1, before=before):
            seen += [(one.kind, one.id) for one in page]
            before = place_of(page[-1])
        assert len(seen) == len(set(seen)) == 3
    with world.reader("ann") as reader:
        mine = feed(reader, THING, thing, ("record",))
        assert [one.facts["title"] for one in mine] == ["E0"], "its own rights hold"


def test_steps_of_others_stand_in_the_timeline(world, thing):
    with world.tx("boss") as tx:
        ids = [
            tx.create("shelf.errand", {"what": f"E{n}", "about": thing, "over": n}).id
            for n in (False, True)
        ]
        for id_ in ids:
            tx.run_action("shelf.errand", id_, "finish", {"reason": "Found it"})
        tx.update("shelf.errand", ids[0], {"what": "E0 again"})
    with world.reader("boss") as reader:
        entries = feed(reader, THING, thing, ("step",))
        assert [one.facts for one in entries] == [
            {
                "entity": "shelf.errand",
                "record": id_,
                "title": title,
                "transition": "finish",
                "reason": "Found it",
            }
            for id_, title in ((ids[1], "ETrue"), (ids[0], "E0 again"))
        ]
        seen, before = [], None
        while page := feed(reader, THING, thing, limit=1, before=before):
            seen += [(one.kind, one.id) for one in page]
            before = place_of(page[-1])
        assert len(seen) == len(set(seen)) == 5
    with world.reader("ann") as reader:
        mine = feed(reader, THING, thing, ("step",))
        assert [one.facts["record"] for one in mine] == ids[:1], "its own rights hold"
    unseeing = world.acting("ann", roles=frozenset({"shelf.stateless"}))
    with unseeing.reader("ann") as reader:
        assert len(feed(reader, THING, thing, ("record",))) == 2
        assert feed(reader, THING, thing, ("step",)) == [], "who sees no states"
    with world.reader("boss") as reader:
        told = feed(reader, THING, thing, covers=lambda entity: entity == THING)
        assert {one.kind for one in told} == {"change"}, "what a key does not cover"
