"""Advertising goes to each by himself, with a way out; every mail is text and HTML."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.jobs import mails
from core.jobs.composing import html_of
from core.services.mails.unsubscribing import address_in, link_of
from tests.unit.jobs.mail_world import Post, post
from tests.unit.services.mail_server import Script, mail_server

__all__ = ["post"]


def reachable(post: Post) -> None:
    post.runtime = replace(
        post.runtime,
        public_url="https://inn.example",
        signing_key="a key of enough letters",
    )


def guests(post: Post) -> int:
    host = post.make("Ada")
    post.make("Bo <b>", address="bo@guest.example", host=host)
    post.make("Cy", address="cy@guest.example", host=host)
    return host


def test_each_gets_his_own_mail_with_his_own_link(post: Post) -> None:
    reachable(post)
    post.press(guests(post), "each")
    with mail_server() as (port, inbox):
        post.work(port)
    assert sorted(one["To"] for one in inbox) == [
        "bo@guest.example",
        "cy@guest.example",
    ]
    for one in inbox:
        link = link_of(post.runtime, one["To"])
        assert one["List-Unsubscribe"] == f"<{link}>"
        assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in one.get_body(("plain",)).get_content()
        token = link.rpartition("/")[2]
        assert address_in(post.runtime, token) == one["To"]
        assert address_in(post.runtime, token[:-1] + "a") in (None, one["To"])
    page = next(one for one in inbox if one["To"].startswith("bo"))
    html = page.get_body(("html",)).get_content()
    assert "For Bo &lt;b&gt;" in html
    assert "<b>" not in html


def test_other_mails_and_unreachable_platforms_have_no_link(post: Post) -> None:
    host = guests(post)
    post.press(host, "each")
    with mail_server() as (port, inbox):
        post.work(port)
        reachable(post)
        post.press(host, "all")
        post.work(port)
    assert len(inbox) >= 3
    assert all(one["List-Unsubscribe"] is None for one in inbox)


def test_only_who_was_put_off_gets_advertising_again(post: Post) -> None:
    reachable(post)
    post.press(guests(post), "each")
    script = Script(rcpt={"bo@guest.example": "450 later"})
    with mail_server(script=script) as (port, inbox):
        post.work(port)
        assert [one["To"] for one in inbox] == ["cy@guest.example"]
        script.rcpt.clear()
        post.later(minutes=1)
        post.work(port)
    assert [one["To"] for one in inbox] == ["cy@guest.example", "bo@guest.example"]


def test_the_html_says_what_the_text_says() -> None:
    text = 'Dear <script>,\nsee https://inn.example/a?b=1&c=2.\n\n"Bye" & thanks'
    html = html_of(text)
    assert "Dear &lt;script&gt;,<br>" in html
    link = "https://inn.example/a?b=1&amp;c=2"
    assert f'<a href="{link}">{link}</a>.' in html
    assert "<p>&quot;Bye&quot; &amp; thanks</p>" in html
    assert "href" not in html_of("javascript:alert(1)")


def test_advertising_for_many_is_written_down_in_between(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.mails._AT_ONCE", 2)
    host = post.make("Ada")
    for number in range(5):
        post.make(f"G{number}", address=f"g{number}@guest.example", host=host)
    post.press(host, "campaign")
    looked = []
    sending = mails.hand_over

    def handed_over(*given: Any) -> Any:
        looked.append([one["state"] for one in post.mails()[0].receivers].count("sent"))
        return sending(*given)

    monkeypatch.setattr(mails, "hand_over", handed_over)
    with mail_server() as (port, inbox):
        post.work(port)
    assert sorted(one["To"] for one in inbox) == [
        f"g{number}@guest.example" for number in range(5)
    ]
    assert looked == [0, 0, 2, 2, 4]
    assert post.mails()[0].state == "sent"
