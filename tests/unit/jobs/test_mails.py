"""Mails about records: queued with the save, sent once, tried again, kept back."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa

from core.jobs.queue import TRIES
from core.services import Actor, reading, transaction
from core.services.jobs import replay_jobs
from core.services.mails import (
    release,
    suppress_by_hand,
)
from core.services.timeline import feed
from core.storage import mail
from tests.unit.jobs.mail_world import Post, post
from tests.unit.services.mail_server import Script, free_port, mail_server, raw_server

__all__ = ["post"]


def text_of(mail):
    """The plain text of a mail."""
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_a_mail_leaves_once_after_the_save(post: Post) -> None:
    ada = post.make("Ada", address="ada@guest.example")
    post.press(ada, "welcome")
    with mail_server() as (port, inbox):
        post.work(port)
        post.work(port)
    (got,) = inbox
    assert got["Subject"] == "Welcome Ada"
    assert got["From"] == "The inn <desk@inn.example>"
    assert (got["To"], got["Reply-To"]) == ("ada@guest.example", "desk@inn.example")
    assert text_of(got) == "Dear Ada,\n2.5 nights.\n"
    (kept,) = post.mails()
    assert got["Message-ID"] == kept.message_id
    assert kept.message_id.endswith("@inn.example>")
    assert (kept.state, kept.sent_at) == ("sent", post.at)
    with reading(post.runtime, Actor.system()) as reader:
        (entry,) = feed(reader, "post.guest", ada, ("mail",))
    assert entry.facts["subject"] == "Welcome Ada"
    assert entry.facts["state"] == "sent"


def test_nothing_leaves_of_what_was_rolled_back(post: Post) -> None:
    ada = post.make("Ada", address="ada@guest.example")
    with pytest.raises(Exception, match="No"):
        post.press(ada, "fail")
    assert post.mails() == []


def test_each_reads_his_language_and_a_copy_goes_out_once(post: Post) -> None:
    host = post.make("Ada")
    post.make("Bo", address="bo@guest.example", language="de", host=host)
    post.make("Cy", address="cy@guest.example", language="en", host=host)
    post.make("Di", host=host)
    post.press(host, "all")
    with mail_server() as (port, inbox):
        post.work(port)
    by_subject = {one["Subject"]: one for one in inbox}
    german, english = by_subject["Ada schreibt"], by_subject["Ada writes"]
    assert "2,5 Nächte." in text_of(german)
    assert "2.5 nights." in text_of(english)
    assert [german["To"], english["To"]] == ["bo@guest.example", "cy@guest.example"]
    assert [german["Cc"], english["Cc"]].count("desk@inn.example") == 1


def test_a_mail_to_nobody_is_told_at_the_record(post: Post) -> None:
    post.press(post.make("Ada"), "welcome")
    (kept,) = post.mails()
    assert (kept.state, kept.said) == ("refused", "No address.")


def test_files_go_along_as_they_were(post: Post) -> None:
    ada = post.make("Ada", address="ada@guest.example")
    with transaction(post.runtime, Actor.system()) as tx:
        from core.services.files import receive

        made = receive(tx.scene, BytesIO(b"%PDF-1.7 paper"), "paper.pdf")
        tx.update("post.guest", ada, {"paper": {"id": made.id}})
    post.press(ada, "welcome")
    with transaction(post.runtime, Actor.system()) as tx:
        tx.update("post.guest", ada, {"paper": None})
    with mail_server() as (port, inbox):
        post.work(port)
    (part,) = inbox[0].iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("paper.pdf", b"%PDF-1.7 paper")


def test_an_address_that_nobody_has_is_kept_back(post: Post) -> None:
    ada = post.make("Ada", address="Ada@guest.example")
    post.press(ada, "welcome")
    script = Script(rcpt={"Ada@guest.example": "550 5.1.1 no such box"})
    with mail_server(script=script) as (port, inbox):
        post.work(port)
        assert (post.mails()[0].state, post.job()[0]) == ("refused", "done")
        assert post.suppressed() == {"ada@guest.example": "refused"}
        script.rcpt.clear()
        post.press(ada, "welcome")
        post.work(port)
        assert inbox == []
        assert post.mails()[1].receivers[0]["said"] == "This address gets no mails."
        with transaction(post.runtime, Actor.system()) as tx:
            release(tx, "ADA@guest.example")
        post.press(ada, "welcome")
        post.work(port)
        assert len(inbox) == 1


@pytest.mark.parametrize("answer", ["550 5.7.1 not from you", "552 5.2.2 box is full"])
def test_a_policy_or_a_full_box_keeps_no_address_back(post: Post, answer: str) -> None:
    post.press(post.make("Ada", address="ada@guest.example"), "welcome")
    with mail_server(script=Script(rcpt={"ada@guest.example": answer})) as (port, _):
        post.work(port)
    assert post.mails()[0].state == "refused"
    assert post.suppressed() == {}


def test_only_who_was_put_off_gets_it_later(post: Post) -> None:
    host = post.make("Ada")
    for name in ("bo", "cy"):
        post.make(name, address=f"{name}@guest.example", host=host)
    post.press(host, "all")
    script = Script(rcpt={"cy@guest.example": "451 4.7.1 come back later"})
    with mail_server(script=script) as (port, inbox):
        post.work(port)
        assert post.mails()[0].state == "waiting"
        script.rcpt.clear()
        post.work(port)
        assert len(inbox) == 1
        post.later(minutes=1)
        post.work(port)
    first, second = inbox
    assert first["Message-ID"] == second["Message-ID"]
    assert script.taken == [
        ["bo@guest.example", "desk@inn.example"],
        ["cy@guest.example"],
    ]
    assert post.mails()[0].state == "sent"
    assert post.suppressed() == {}


def test_a_content_that_is_refused_is_given_up_at_once(post: Post) -> None:
    post.press(post.make("Ada", address="ada@guest.example"), "welcome")
    with mail_server(script=Script(data="554 5.6.0 spam")) as (port, _):
        post.work(port)
    assert post.mails()[0].state == "refused"
    state, said = post.job()
    assert state == "dead"
    assert "554 5.6.0 spam" in said
    assert post.suppressed() == {}


@pytest.mark.parametrize(
    "fault", ["absent", "silent", "busy", "leaves", "halfway", "dripping"]
)
def test_a_server_at_fault_is_tried_again(
    post: Post, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.services import mail as smtp

    # A server that answers just in time, each time, is given up as well.
    patient = smtp.hand_over
    monkeypatch.setattr(
        "core.jobs.mails.hand_over", lambda *given: patient(*given, longest=0.5)
    )
    post.press(post.make("Ada", address="ada@guest.example"), "welcome")
    if fault == "absent":
        post.work(free_port())
    else:
        with raw_server(fault) as port:
            post.work(port)
    assert post.mails()[0].state == "waiting"
    assert post.job()[0] == "waiting"
    post.later(minutes=1)
    with mail_server() as (port, inbox):
        post.work(port)
    assert inbox[0]["Message-ID"] == post.mails()[0].message_id
    assert post.mails()[0].state == "sent"


def test_after_the_last_try_it_is_a_dead_letter_that_can_be_sent(post: Post) -> None:
    post.press(post.make("Ada", address="ada@guest.example"), "welcome")
    nobody = free_port()
    for _ in range(TRIES):
        post.work(nobody)
        post.later(days=1)
    assert (post.mails()[0].state, post.job()[0]) == ("failed", "dead")
    with transaction(post.runtime, Actor.system()) as tx:
        replay_jobs(tx)
    with mail_server() as (port, inbox):
        post.work(port)
    assert len(inbox) == 1
    assert post.mails()[0].state == "sent"


def test_no_more_leave_in_a_minute_than_may(post: Post) -> None:
    host = post.make("Ada")
    for name in ("bo", "cy", "di"):
        post.make(name, address=f"{name}@guest.example", host=host)
    post.press(host, "each")
    with mail_server() as (port, inbox):
        post.work(port, per_minute=2)
        post.work(port, per_minute=2)
        assert len(inbox) == 2
        post.later(seconds=61)
        post.work(port, per_minute=2)
        assert len(inbox) == 3


def test_who_is_without_marketing_still_gets_the_rest(post: Post) -> None:
    ada = post.make("Ada", address="ada@guest.example")
    post.make("Bo", address="ada@guest.example", host=ada)
    with transaction(post.runtime, Actor.system()) as tx:
        from core.services.mails.suppression import suppress

        suppress(tx, "ada@guest.example", "unsubscribed", "", marketing=True)
    post.press(ada, "each")
    post.press(ada, "welcome")
    with mail_server() as (port, inbox):
        post.work(port)
    assert [one["Subject"] for one in inbox] == ["Welcome Ada"]
    with transaction(post.runtime, Actor.system()) as tx:
        assert suppress_by_hand(tx, "ada@guest.example").marketing is False


def test_a_mail_about_a_deleted_record_is_sent_and_forgotten(post: Post) -> None:
    ada = post.make("Ada", address="ada@guest.example")
    post.press(ada, "welcome")
    with transaction(post.runtime, Actor.system()) as tx:
        tx.delete("post.guest", ada)
    with mail_server() as (port, inbox):
        post.work(port)
    assert len(inbox) == 1
    with post.runtime.database.reading() as connection:
        assert connection.execute(sa.select(mail.c.id)).all() == []


def test_mails_go_with_their_record(post: Post) -> None:
    ada = post.make("Ada", address="ada@guest.example")
    post.press(ada, "welcome")
    with mail_server() as (port, _):
        post.work(port)
    with transaction(post.runtime, Actor.system()) as tx:
        tx.delete("post.guest", ada)
    assert post.mails() == []


def test_without_a_server_mails_wait(post: Post) -> None:
    post.press(post.make("Ada", address="ada@guest.example"), "welcome")
    for _ in range(TRIES + 1):
        post.without_server()
        post.later(minutes=6)
    assert (post.mails()[0].state, post.job()[0]) == ("waiting", "waiting")
    with mail_server() as (port, inbox):
        post.work(port)
    assert len(inbox) == 1
