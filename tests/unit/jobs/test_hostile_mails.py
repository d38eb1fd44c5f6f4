"""Mails written to do harm: read at the cost of their length, or refused."""

from __future__ import annotations

import pytest

from core.services import Actor, reading
from core.services.mailboxes.arrived import Unreadable, read_arrived
from core.services.mailboxes.html_text import LONGEST_HTML, text_of_html
from core.services.mails import list_mails, list_suppressed
from tests.unit.jobs.box_world import Desk, a_mail, desk
from tests.unit.jobs.test_mailboxes import _report

__all__ = ["desk"]


@pytest.mark.parametrize("what", ["<a ", "<!--", "<![", "<?", "</", "&#", "<a b='"])
def test_html_without_end_costs_no_more_than_its_length(what: str) -> None:
    # With the square of its length this would take hours.
    assert "good" in text_of_html(f"<p>good</p>{what * 200_000}")


def test_html_that_the_parser_gives_up_on_is_read_as_far_as_it_goes() -> None:
    assert text_of_html("<p>good</p><![<x>").startswith("good")
    assert text_of_html(f"{'x' * LONGEST_HTML}<p>more</p>").count("x") == LONGEST_HTML


@pytest.mark.parametrize("mark", ["boundary*=us-ascii''b{n}", "boundary =b{n}"])
def test_boundaries_count_however_they_are_written(mark: str) -> None:
    deep = "".join(
        f"Content-Type: multipart/mixed; {mark.format(n=n)}\n\n--b{n}\n"
        for n in range(300)
    )
    with pytest.raises(Unreadable, match="nested too deeply"):
        read_arrived(f"From: ada@guest.example\n{deep}".encode())


def test_a_head_too_long_to_read_is_named() -> None:
    many = ", ".join(f"a{n}@guest.example" for n in range(5_000))
    with pytest.raises(Unreadable, match="Its head 'Cc' is too long"):
        read_arrived(a_mail(Cc=many).encode())


def test_a_stranger_cannot_keep_an_address_back(desk: Desk) -> None:
    first = desk.give(
        a_mail(to="desk@inn.example, victim@guest.example", Message_ID="<own@evil>")
    )
    assert first.state == "created"
    report = desk.give(_report("victim@guest.example", "<own@evil>"))
    assert report.state == "ignored"
    with reading(desk.runtime, Actor.system()) as reader:
        assert list(list_suppressed(reader)) == []


def test_an_id_that_was_there_before_leads_to_the_first_record(desk: Desk) -> None:
    leak = desk.make("Leak", address="ada@guest.example")
    desk.press(leak, "reply")
    with reading(desk.runtime, Actor.system()) as reader:
        sent = list_mails(reader)[0].message_id
    theirs = a_mail("Re", In_Reply_To=sent, Message_ID="<c@guest.example>")
    assert desk.give(theirs).record == leak
    copied = a_mail("Mine", sender="eve@evil.example", Message_ID="<c@guest.example>")
    assert desk.give(copied).state == "created"
    later = a_mail("Re: Re", In_Reply_To="<c@guest.example>", Message_ID="<d@x>")
    assert desk.give(later).record == leak


def test_machines_that_answer_each_other_come_to_an_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.services.mailboxes.taking.MOST_AN_HOUR", 2)
    monkeypatch.setattr("core.services.mailboxes.taking.MOST_OF_ALL", 3)

    def give(number: int, sender: str) -> str:
        mail = a_mail(f"{number}", sender=sender, Auto_Submitted="auto-replied")
        return desk.give(mail, "desk.machines").state

    assert [give(n, "ada@guest.example") for n in range(3)] == [
        "created",
        "created",
        "refused",
    ]
    # Neither do made-up senders get round it.
    assert [give(n, f"x{n}@guest.example") for n in range(9, 11)] == [
        "created",
        "refused",
    ]
