"""Webhooks end to end: from a save to a real server, and all that goes wrong."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
from datetime import timedelta

import pytest

from core.jobs.outbox import KEPT, forget_old, hand_on
from core.jobs.queue import TRIES, fail, pause_after, succeed, take
from core.jobs.sending import post as send
from core.services import Actor
from core.services.addresses import (
    NotReached,
    Refused,
    check_url,
    is_open,
    resolve,
)
from core.services.signatures import signature
from core.services.webhooks import deliveries, replay_deliveries, set_active
from core.storage import job
from core.storage.tables import outbox
from tests.unit.jobs.conftest import SECRET


def test_a_save_is_told_with_a_signature(post, receiver, boss):
    post.add(receiver.url)
    made = boss.make("library/author", name="Jane")
    assert post.worker().drain() > 0
    ((path, headers, body),) = receiver.told
    assert path == "/hook?x=1"
    told = json.loads(body)
    assert told["event"] == "library.author.created"
    assert (told["record"], told["version"]) == (made["id"], 1)
    assert told["id"] == int(headers["Intarsia-Event"])
    assert "Jane" not in body.decode()
    moment = int(headers["Intarsia-Timestamp"])
    expected = f"v1={signature(SECRET, moment, body)}"
    assert headers["Intarsia-Signature"] == expected
    assert post.states() == [("done", 1)]
    assert post.worker().drain() == 0


def test_events_and_filters_decide_what_is_told(post, receiver, boss):
    post.add(receiver.url, events=["updated"], filter="name == 'Jane'")
    jane = boss.make("library/author", name="Jane")
    tom = boss.make("library/author", name="Tom")
    for one in (jane, tom):
        boss("PATCH", f"library/author/{one['id']}", {"born": "1990-01-01"})
    boss.make("library/book", title="A", price="5")
    post.worker().drain()
    told = [json.loads(body) for _, _, body in receiver.told]
    assert [(one["event"], one["record"]) for one in told] == [
        ("library.author.updated", jane["id"])
    ]
    assert told[0]["fields"] == ["born"]


def test_a_failure_is_tried_again_later_and_keeps_the_order(post, receiver, boss):
    post.add(receiver.url)
    receiver.answers = [500]
    jane = boss.make("library/author", name="Jane")
    boss("PATCH", f"library/author/{jane['id']}", {"name": "Jane B"})
    tom = boss.make("library/author", name="Tom")
    worker = post.worker()
    worker.drain()
    records = [json.loads(body)["record"] for _, _, body in receiver.told]
    # Jane's change waits behind Jane's making; Tom does not wait for Jane.
    assert records == [jane["id"], tom["id"]]
    assert post.states() == [("waiting", 1), ("waiting", 0), ("done", 1)]
    post.later(seconds=9)
    assert worker.drain() == 0
    post.later(seconds=2)
    worker.drain()
    versions = [json.loads(body)["version"] for _, _, body in receiver.told]
    assert versions == [1, 1, 1, 2]
    assert post.states() == [("done", 2), ("done", 1), ("done", 1)]


def test_what_never_works_is_given_up_and_can_be_replayed(post, receiver, boss):
    number = post.add(receiver.url)
    receiver.answers = [503] * TRIES
    boss.make("library/author", name="Jane")
    worker = post.worker()
    for attempt in range(1, TRIES + 1):
        worker.drain()
        assert len(receiver.told) == attempt
        post.later(seconds=pause_after(attempt).total_seconds())
    assert post.states() == [("dead", TRIES)]
    assert worker.drain() == 0
    with post.application.transaction(Actor.system()) as tx:
        (one,) = deliveries(tx, number, "dead")
        assert one.said.startswith("503")
        assert replay_deliveries(tx, number, None) == 1
    post.later(days=3000)
    worker.drain()
    assert post.states() == [("done", 1)]


def test_redirects_are_not_followed(post, receiver, boss):
    post.add(receiver.url)
    receiver.answers = [302]
    boss.make("library/author", name="Jane")
    post.worker().drain()
    assert [path for path, _, _ in receiver.told] == ["/hook?x=1"]
    assert post.states() == [("waiting", 1)]


def test_private_addresses_are_refused_unless_they_are_allowed(post, receiver, boss):
    post.add(receiver.url)
    # What was allowed when it was kept is asked again when it is told.
    post.application = post.library.application
    boss.make("library/author", name="Jane")
    post.worker().drain()
    assert receiver.told == []
    assert post.states() == [("dead", 1)]


def test_the_address_that_was_checked_is_the_one_that_is_asked(receiver, monkeypatch):
    """A name that leads elsewhere on the second look reaches nothing private."""
    asked, plain = [], socket.getaddrinfo

    def lookup(host, port, *rest, **more):
        if host == "127.0.0.1":
            return plain(host, port, *rest, **more)
        asked.append(host)
        there = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (there, port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    allowed = [ipaddress.ip_network("127.0.0.1/32")]
    port = receiver.server.server_address[1]
    answer = send(f"http://shop.example:{port}/in", b"{}", {}, allowed)
    assert answer.status == 200
    assert asked == ["shop.example"]
    assert receiver.told[0][1]["Host"] == f"shop.example:{port}"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "ff02::1",
    ],
)
def test_private_and_reserved_addresses_are_closed(address):
    assert not is_open(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_public_addresses_are_open(address):
    assert is_open(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "localhost"])
def test_no_spelling_of_this_machine_gets_through(host):
    with pytest.raises((Refused, NotReached)):
        resolve(host, 80)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://",
        "http://user:secret@example.com/",
        "http://example.com:0/",
        "http://exa mple.com/",
        "http://example.com/\r\nX: y",
        "gopher://example.com/",
    ],
)
def test_strange_addresses_are_refused(url):
    with pytest.raises(Refused):
        check_url(url)


def test_a_worker_that_dies_loses_its_job_to_another(post, receiver, boss):
    post.add(receiver.url)
    boss.make("library/author", name="Jane")
    dead = post.worker()
    dead.round()
    receiver.told.clear()
    boss.make("library/author", name="Tom")
    hand_on(post.database, dead.consumers(), post.at)
    (taken,) = take(post.database, post.at)
    assert take(post.database, post.at) == []
    post.later(minutes=2)
    (again,) = take(post.database, post.at)
    assert (again.id, again.attempt) == (taken.id, 2)
    # The first one comes back to life: its end no longer counts.
    assert not succeed(post.database, taken, post.at)
    assert not fail(post.database, taken, post.at, "late")
    assert succeed(post.database, again, post.at)


def test_several_workers_tell_each_event_once_and_in_order(post, receiver, boss):
    post.add(receiver.url)
    ids = [boss.make("library/author", name=f"A{n}")["id"] for n in range(6)]
    for round_ in range(4):
        for id_ in ids:
            boss("PATCH", f"library/author/{id_}", {"name": f"B{round_} {id_}"})
    workers = [threading.Thread(target=_work, args=(post,)) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    post.worker().drain()
    told = [json.loads(body) for _, _, body in receiver.told]
    assert len(told) == 30
    assert len({one["id"] for one in told}) == 30
    for id_ in ids:
        mine = [one["version"] for one in told if one["record"] == id_]
        assert mine == [1, 2, 3, 4, 5]
    assert {state for state, _ in post.states()} == {"done"}


def _work(post):
    post.worker().drain()


def test_a_paused_webhook_is_told_nothing(post, receiver, boss):
    number = post.add(receiver.url)
    with post.application.transaction(Actor.system()) as tx:
        set_active(tx, number, False)
    boss.make("library/author", name="Jane")
    post.worker().drain()
    assert receiver.told == []


def test_events_are_forgotten_after_a_while(post, receiver, boss):
    post.add(receiver.url)
    boss.make("library/author", name="Jane")
    post.worker().drain()
    forget_old(post.database, post.at + KEPT + timedelta(seconds=1))
    with post.database.reading() as connection:
        assert connection.execute(outbox.select()).first() is None
        assert connection.execute(job.select()).first() is None
