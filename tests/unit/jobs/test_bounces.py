"""Mails that come back keep their addresses back, if they were sent from here."""

from __future__ import annotations

import pytest

from core.services import Actor, ValidationFailed, transaction
from core.services.mails import take_bounce
from tests.unit.jobs.mail_world import Post, post
from tests.unit.services.mail_server import mail_server

__all__ = ["post"]
REPORT = """\
From: MAILER-DAEMON@mx.example
To: desk@inn.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=B

--B
Content-Type: text/plain

It did not arrive.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--B
Content-Type: text/rfc822-headers

Message-ID: {id}
Subject: Welcome Ada
--B--
"""


def report(post: Post, **more: str) -> bytes:
    given = {
        "to": "ada@guest.example",
        "action": "failed",
        "status": "5.1.1",
        "id": post.mails()[0].message_id,
    }
    return REPORT.format(**given | more).encode()


def test_a_mail_that_comes_back_keeps_its_address_back(post: Post) -> None:
    post.press(post.make("Ada", address="ada@guest.example"), "welcome")
    with mail_server() as (port, _):
        post.work(port)
    with transaction(post.runtime, Actor.system()) as tx:
        assert take_bounce(tx, report(post, to="eve@guest.example")) == []
        assert take_bounce(tx, report(post, status="5.2.2")) == []
    assert post.suppressed() == {}
    with transaction(post.runtime, Actor.system()) as tx:
        assert take_bounce(tx, report(post)) == ["ada@guest.example"]
    assert post.suppressed() == {"ada@guest.example": "bounced"}
    assert post.mails()[0].state == "refused"


@pytest.mark.parametrize(
    "more", [{"id": "<other@inn.example>"}, {"action": "delayed", "status": "4.2.0"}]
)
def test_a_report_about_another_mail_is_none(post: Post, more: dict[str, str]) -> None:
    post.press(post.make("Ada", address="ada@guest.example"), "welcome")
    for content in (report(post, **more), b"", b"\xff\x00 no mail", b"A: b\n\nc"):
        with (
            transaction(post.runtime, Actor.system()) as tx,
            pytest.raises(ValidationFailed),
        ):
            take_bounce(tx, content)
    assert post.suppressed() == {}
