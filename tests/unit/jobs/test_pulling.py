"""Mail servers are asked: each mail once, failures later again, nothing lost."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.services import Actor, ValidationFailed, reading, transaction
from core.services.mailboxes import list_mailboxes, pull_now
from core.storage import job
from tests.unit.jobs.box_world import Desk, a_mail, desk
from tests.unit.jobs.imap_server import imap_server

__all__ = ["desk"]


def test_a_worker_fetches_what_came(desk: Desk) -> None:
    with imap_server() as box:
        box.put(a_mail("Old"))
        box.seen.add(1)
        box.put(a_mail("One"))
        box.put(a_mail("Two"))
        desk.worker(box.port).drain()
        assert [one["name"] for one in desk.all()] == ["One", "Two"]
        assert box.seen == {1, 2, 3}
        state = desk.state()
        assert (state.pulled_at, state.failures, state.said) == (desk.at, 0, None)
        assert state.next_at is not None
        assert (state.next_at - desk.at).total_seconds() == 60
        # Somebody who looks into the folder changes nothing.
        box.seen.add(box.put(a_mail("Three")))
        desk.worker(box.port).drain()
        assert len(desk.all()) == 2
        desk.later(seconds=61)
        desk.worker(box.port).drain()
        assert len(desk.all()) == 3
        # A new generation of the folder numbers its mails anew; none is taken twice.
        box.validity, box.seen = 8, set()
        desk.later(seconds=61)
        desk.worker(box.port).drain()
        assert len(desk.all()) == 4
        assert desk.all()[-1]["name"] == "Old"


def test_a_large_folder_is_read_in_turns(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.mailboxes.TURN", 2)
    with imap_server() as box:
        for number in range(5):
            box.put(a_mail(f"Mail {number}"))
        desk.worker(box.port).drain()
    assert len(desk.all()) == 5
    with desk.runtime.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count(job.c.id))).scalar_one() == 1


FAULTS = (
    ("LOGIN", "NO closed today", "closed today"),
    ("SELECT", "NO no such folder", "no such folder"),
    ("SEARCH", "BAD what?", "what?"),
    ("FETCH", "leave", "eof"),
    ("CAPABILITY", "leave", "eof"),
)


def test_a_server_that_fails_is_asked_again_later(desk: Desk) -> None:
    with imap_server() as box:
        box.put(a_mail("One"))
        for number, (command, fault, said) in enumerate(FAULTS, 1):
            box.faults = {command: fault}
            desk.worker(box.port).drain()
            state = desk.state()
            assert (state.failures, desk.all()) == (number, []), command
            assert said in (state.said or "").lower()
            desk.later(hours=2)
        for _ in range(3):
            desk.worker(box.port).drain()
            desk.later(hours=2)
        worst = desk.state()
        assert worst.next_at is not None
        assert worst.pulled_at is not None
        assert (worst.next_at - worst.pulled_at).total_seconds() == 3600
        box.faults.clear()
        desk.worker(box.port).drain()
    assert (desk.state().failures, len(desk.all())) == (0, 1)


def test_a_wrong_password_is_told_and_stands_nowhere(desk: Desk) -> None:
    with imap_server() as box:
        desk.worker(box.port, "hidden words").drain()
    said = desk.state().said or ""
    assert "wrong password" in said
    assert "hidden" not in said


def test_a_worker_that_dies_in_between_takes_each_mail_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.jobs import imap

    class Killed(BaseException):
        """The process ends."""

    def dies(*_: object) -> None:
        raise Killed

    with imap_server() as box:
        box.put(a_mail("One"))
        box.put(a_mail("Two"))
        with monkeypatch.context() as patch:
            patch.setattr(imap.Folder, "mark_seen", dies)
            with pytest.raises(Killed):
                desk.worker(box.port).drain()
        assert len(desk.all()) == 1
        desk.worker(box.port).drain()
        assert len(desk.all()) == 1
        desk.later(minutes=2)
        desk.worker(box.port).drain()
    assert [one["name"] for one in desk.all()] == ["One", "Two"]


def test_a_mail_over_which_the_platform_stumbles_holds_up_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.services.mailboxes import taking

    read = taking.read_arrived

    def stumbles(content: bytes) -> object:
        if b"Bad" in content:
            raise KeyError("what nobody thought of")
        return read(content)

    monkeypatch.setattr(taking, "read_arrived", stumbles)
    with imap_server() as box:
        box.put(a_mail("Bad"))
        box.put(a_mail("Good"))
        desk.worker(box.port).drain()
    assert [one.state for one in desk.arrivals()] == ["refused", "created"]


def test_it_is_asked_at_once_where_somebody_wants_it(desk: Desk) -> None:
    with imap_server() as box:
        desk.worker(box.port).drain()
        box.put(a_mail("One"))
        desk.worker(box.port).drain()
        assert desk.all() == []
        with transaction(desk.runtime, Actor.system()) as tx:
            pull_now(tx, "desk.desk")
        desk.worker(box.port).drain()
    assert len(desk.all()) == 1
    with (
        transaction(desk.runtime, Actor.system()) as tx,
        pytest.raises(ValidationFailed, match="names no server"),
    ):
        pull_now(tx, "desk.strict")
    with (
        reading(desk.runtime, Actor(1, "mo")) as reader,
        pytest.raises(Exception, match="administrators"),
    ):
        list_mailboxes(reader)


def test_mails_that_were_read_before_the_first_look_are_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.mailboxes.TURN", 2)
    with imap_server() as box:
        for number in range(4):
            box.put(a_mail(f"Unread {number}"))
            box.seen.add(box.put(a_mail(f"Read {number}")))
        desk.worker(box.port).drain()
        desk.later(seconds=61)
        box.put(a_mail("New"))
        desk.worker(box.port).drain()
    names = [one["name"] for one in desk.all()]
    assert names == [*(f"Unread {number}" for number in range(4)), "New"]
