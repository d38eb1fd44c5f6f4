"""Mails that come in: each once, to its record or as a new one, whatever they hold."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from core.services import Actor, reading, transaction
from core.services.mailboxes import address_of, tag_of
from core.services.mailboxes.arrived import Unreadable, read_arrived
from core.services.mails import list_mails, list_suppressed, write_mail
from core.services.timeline import notices
from core.storage import mail
from tests.unit.jobs.box_world import Desk, a_mail, desk

__all__ = ["desk"]


def test_a_mail_becomes_a_record_with_its_files(desk: Desk) -> None:
    made = EmailMessage()
    made["From"], made["To"] = "Ada Byron <Ada@guest.example>", "desk@inn.example"
    made["Subject"], made["Message-ID"] = "A leäk", "<1@guest.example>"
    made["Date"] = "Mon, 01 Jun 2026 10:00:00 +0200"
    made.set_content("The roof is öpen.\n")
    made.add_alternative("<p>The roof is <b>open</b>.</p>", subtype="html")
    made.add_attachment(b"%PDF-1.7 plan", "application", "pdf", filename="../plan.pdf")
    made.add_attachment(b"MZ" + b"\0" * 99, "image", "png", filename="x.png")
    taken = desk.give(made.as_bytes())
    assert taken.state == "created"
    assert "x.png' is a program" in taken.said
    record = desk.read(taken.record)
    assert (record["name"], record["who"]) == ("A leäk", "Ada Byron")
    assert (record["address"], record["told"]) == (
        "ada@guest.example",
        "The roof is öpen.",
    )
    assert record["at"].isoformat() == "2026-06-01T08:00:00+00:00"
    (entry,) = desk.timeline(taken.record)
    assert (entry["direction"], entry["sender"]) == ("in", "ada@guest.example")
    assert [one["name"] for one in entry["files"]] == ["plan.pdf"]
    (file,) = desk.timeline(taken.record, "attachment")
    assert file["name"] == "plan.pdf"


def test_the_same_mail_does_nothing_again(desk: Desk) -> None:
    first = desk.give(a_mail(Received="by one"))
    again = desk.give(a_mail(Received="by another"))
    assert (first.state, again.state) == ("created", "known")
    assert len(desk.all()) == len(desk.arrivals()) == 1
    # Without an id it is known by all that it holds.
    bare = a_mail("Bare", Message_ID="")
    assert [desk.give(bare).state for _ in range(2)] == ["created", "known"]


def test_an_answer_lands_where_its_signed_address_leads(desk: Desk) -> None:
    leak, other = desk.make("Leak", address="ada@guest.example"), desk.make("Other")
    desk.press(leak, "close")
    desk.press(leak, "reply")
    with reading(desk.runtime, Actor.system()) as reader:
        (sent,) = list_mails(reader)
        kept = reader.scene.connection.execute(sa.select(mail)).one()
    good = address_of(desk.runtime, "desk.desk", "desk.request", leak)
    assert kept.reply_to == good
    assert sent.subject == f"About Leak {tag_of(desk.runtime, 'desk.request', leak)}"
    taken = desk.give(a_mail("Re", sender="x@else.example", to=f"The desk <{good}>"))
    assert (taken.state, taken.record) == ("answered", leak)
    record = desk.read(leak)
    assert (record["answers"], record["state"]) == (1, "open")
    # Nobody reaches a record whose number he guesses.
    forged = good.replace(f"+{leak}.", f"+{other}.")
    guessed = desk.give(a_mail("Guessed", to=forged))
    assert (guessed.state, guessed.record not in (leak, other)) == ("created", True)
    assert desk.timeline(other) == []


def test_a_tag_in_the_subject_leads_back_and_is_not_shown(desk: Desk) -> None:
    leak = desk.make("Leak")
    tag = tag_of(desk.runtime, "desk.request", leak)
    assert desk.give(a_mail(f"AW: Leak {tag.upper()}")).record == leak
    assert desk.give(a_mail("AW: Leak [#1.aaaaaaaaaaaaaaaa]")).state == "created"
    assert desk.read(desk.give(a_mail(f"New [#9.{'a' * 16}]")).record)["name"] == "New"


def test_an_answer_by_id_needs_a_sender_that_the_record_knows(desk: Desk) -> None:
    leak = desk.make("Leak", address="Ada@guest.example")
    desk.press(leak, "reply")
    with reading(desk.runtime, Actor.system()) as reader:
        sent = list_mails(reader)[0].message_id
    refers = f"<unknown@x> {sent}"
    known = desk.give(a_mail("Re: a", In_Reply_To=sent))
    assert (known.state, known.record) == ("answered", leak)
    later = desk.give(a_mail("Re: b", References=refers, In_Reply_To=""))
    assert later.record == leak
    # An answer to the answer, whose id another program made.
    first = a_mail("Re: c", In_Reply_To=sent, Message_ID="<c@guest.example>")
    assert desk.give(first).record == leak
    assert desk.give(a_mail("Re: d", In_Reply_To="<c@guest.example>")).record == leak
    stranger = a_mail("Re: e", sender="eve@else.example", In_Reply_To=sent)
    taken = desk.give(stranger)
    assert (taken.state, taken.record != leak) == ("created", True)
    assert taken.said == f"It answers record {leak}, which does not know the sender."


def test_a_mailbox_without_values_takes_answers_only(desk: Desk) -> None:
    refused = desk.give(a_mail(), "desk.strict")
    assert (refused.state, refused.said) == ("refused", "It answers no record.")
    assert desk.all() == []
    leak = desk.make("Leak")
    address = address_of(desk.runtime, "desk.strict", "desk.request", leak)
    assert desk.give(a_mail(to=address), "desk.strict").record == leak


def test_a_merged_record_gets_the_answers_to_those_in_it(desk: Desk) -> None:
    old, new = desk.make("Leak"), desk.make("The leak")
    good = address_of(desk.runtime, "desk.desk", "desk.request", old)
    with transaction(desk.runtime, Actor.system()) as tx:
        tx.merge("desk.request", new, [old])
    assert desk.give(a_mail(to=good)).record == new


MACHINES = (
    ({"Auto_Submitted": "auto-replied"}, "Auto-Submitted: auto-replied"),
    ({"Precedence": "bulk"}, "Precedence: bulk"),
    ({"Return_Path": "<>"}, "Return-Path"),
    ({"List_Id": "<news.example>"}, "List-Id"),
    ({"From": "MAILER-DAEMON@guest.example"}, "mailer-daemon"),
    ({"From": "desk@inn.example"}, "sent from here"),
)


def test_what_machines_write_is_left_alone(desk: Desk) -> None:
    for number, (heads, said) in enumerate(MACHINES):
        taken = desk.give(a_mail(f"Mail {number}", **heads))
        assert (taken.state, desk.all()) == ("ignored", []), said
        assert said in taken.said


def test_an_own_mail_that_comes_back_is_no_news(desk: Desk) -> None:
    leak = desk.make("Leak", address="desk@inn.example")
    desk.press(leak, "reply")
    with reading(desk.runtime, Actor.system()) as reader:
        sent = list_mails(reader)[0].message_id
    assert desk.give(a_mail(Message_ID=sent)).said == "It was sent from here."


def test_a_circle_of_machines_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.services.mailboxes.taking.MOST_AN_HOUR", 2)
    states = [desk.give(a_mail(f"Ping {n}")).state for n in range(3)]
    assert states == ["created", "created", "refused"]
    assert desk.give(a_mail(sender="bo@guest.example")).state == "created"
    desk.later(hours=2)
    # What was refused may come again.
    assert desk.give(a_mail("Ping 2")).state == "created"


def test_a_mail_that_came_back_keeps_its_address_back(desk: Desk) -> None:
    leak = desk.make("Leak", address="gone@guest.example")
    desk.press(leak, "reply")
    with reading(desk.runtime, Actor.system()) as reader:
        sent = list_mails(reader)[0].message_id
    report = _report("gone@guest.example", sent)
    taken = desk.give(report)
    assert (taken.state, taken.said) == ("bounced", "gone@guest.example")
    with reading(desk.runtime, Actor.system()) as reader:
        assert [one.address for one in list_suppressed(reader)] == [
            "gone@guest.example"
        ]
    foreign = desk.give(_report("ada@guest.example", "<other@else.example>"))
    assert foreign.state == "ignored"


def _report(address: str, sent: str) -> str:
    return (
        "From: MAILER-DAEMON@relay.example\nTo: desk@inn.example\nSubject: No\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n'
        "\n--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: 5.1.1\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {sent}\n\n--b--\n"
    )


HTML = (
    "<html><head><title>No</title><style>p {}</style></head><body><p>Good &amp; "
    'new<br>line</p><script>alert("x")</script><ul><li>one<li>two</ul>'
    '<a href="https://inn.example/a">here</a> <a href="javascript:x()">there</a>'
)


def test_html_only_is_read_as_text(desk: Desk) -> None:
    taken = desk.give(a_mail(body=HTML, Content_Type="text/html; charset=utf-8"))
    wanted = "Good & new\nline\n\n- one\n- two\n\nhere (https://inn.example/a) there"
    told = desk.read(taken.record)["told"]
    assert told.replace("\n\n", "\n") == wanted.replace("\n\n", "\n")


BROKEN = {
    "no body": (a_mail("1", body=""), "created"),
    "no subject": (a_mail(subject="", body="x"), "created"),
    "unknown charset": (
        a_mail("2", Content_Type="text/plain; charset=klingon-8"),
        "created",
    ),
    "bad base64": (
        a_mail("3", Content_Transfer_Encoding="base64", body="%%%"),
        "created",
    ),
    "half characters": (a_mail("4").encode() + b"\xff\xfe\x00\xed\xa0\x80", "created"),
    "raw bytes in heads": (
        b"Subject: \xe4\xff\n" + a_mail(subject="").encode(),
        "created",
    ),
    "odd encoded word": (a_mail("=?utf-8?b?/////?= =?x?q?=GG?="), "created"),
    "odd heads": (
        a_mail("5", Message_ID="<<>[", Date="now", Cc="@@ <,>;"),
        "created",
    ),
    "no sender": (a_mail("8", sender="nobody"), "refused"),
    "empty parts": (
        a_mail("6", Content_Type="multipart/mixed; boundary=x"),
        "created",
    ),
    "no mail at all": ("\x00\x01\x02" * 50, "refused"),
    "a long subject": (a_mail("s" * 90), "refused"),
    "too large": (a_mail("7", body="x" * 1_000_000), "refused"),
}


def test_broken_mails_are_taken_or_refused_with_a_note(desk: Desk) -> None:
    for what, (content, state) in BROKEN.items():
        before = len(desk.all())
        taken = desk.give(content)
        assert (taken.state, bool(taken.said or taken.record)) == (state, True), what
        assert desk.arrivals()[-1].state == state, what
        assert len(desk.all()) - before == (state == "created"), what


@pytest.mark.parametrize("depth", [60, 2_000])
def test_parts_without_end_are_refused(depth: int) -> None:
    deep = "".join(
        f'Content-Type: multipart/mixed; Boundary="b{n}"\n\n--b{n}\n'
        for n in range(depth)
    )
    with pytest.raises(Unreadable, match="nested too deeply"):
        read_arrived(f"From: ada@guest.example\n{deep}".encode())


def test_what_no_record_is_made_of_is_told(desk: Desk) -> None:
    taken = desk.give(a_mail("Offer: cheap roofs"))
    assert (taken.state, taken.said) == (
        "ignored",
        "No record is made of such mails.",
    )


def test_nothing_is_left_of_a_mail_that_a_rule_refuses(desk: Desk) -> None:
    desk.give(a_mail("s" * 90))
    (one,) = desk.arrivals()
    assert "80" in (one.said or "")
    with reading(desk.runtime, Actor.system()) as reader:
        assert reader.scene.connection.execute(sa.select(mail)).all() == []


def test_a_deleted_record_takes_its_mails_along(desk: Desk) -> None:
    taken = desk.give(a_mail())
    with transaction(desk.runtime, Actor.system()) as tx:
        tx.delete("desk.request", taken.record or 0)
    (one,) = desk.arrivals()
    assert (one.sender, one.subject, one.record) == ("", "", None)
    assert desk.give(a_mail()).state == "known"


def test_who_wrote_last_is_told_of_the_answer(desk: Desk) -> None:
    leak = desk.make("Leak")
    with transaction(desk.runtime, Actor.system()) as tx:
        values = {"login": "mo", "name": "Mo", "email": "mo@inn.example"}
        mo = tx.create("base.user", values).id or 0
    person = Actor(mo, "mo", is_admin=True)
    written = {"to": "ada@guest.example", "subject": "Hello", "body": "Is it open?"}
    with transaction(desk.runtime, person) as tx:
        write_mail(tx, "desk.request", leak, written)
    with reading(desk.runtime, Actor.system()) as reader:
        kept = reader.scene.connection.execute(sa.select(mail)).one()
    assert kept.reply_to == address_of(desk.runtime, "desk.desk", "desk.request", leak)
    came = a_mail("Re", Message_ID="<re@guest.example>", to=kept.reply_to)
    desk.give(came)
    with reading(desk.runtime, person) as reader:
        assert [one.kind for one in notices(reader)] == ["mail"]
    with transaction(desk.runtime, person) as tx:
        write_mail(tx, "desk.request", leak, written)
    with reading(desk.runtime, Actor.system()) as reader:
        query = sa.select(mail.c.answers).order_by(mail.c.id.desc())
        assert reader.scene.connection.scalars(query).first() == "<re@guest.example>"
