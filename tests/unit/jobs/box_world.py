"""Requests that come by mail, a worker that fetches them, and a server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.config import FilesConfig, MailboxConfig
from core.expressions import Record
from core.jobs import Dispatcher
from core.jobs.mailboxes import MailboxConsumer
from core.services import Actor, Query, Runtime, reading, transaction
from core.services.context import Clock
from core.services.mailboxes import (
    Arrival,
    MailboxState,
    Taken,
    list_arrivals,
    list_mailboxes,
    take_file,
)
from core.services.timeline import feed
from core.storage.files import open_files
from tests.unit.services.base_world import base_world

DESK = """\
== desk/module.yml
module: desk
title: Desk
version: 1.0.0
depends: {base: ">=0.1"}
== desk/entities/request.yml
entity: desk.request
title: name
timeline: true
archive: true
duplicates: {match: [{exact: address}]}
fields:
  name: {type: text, required: true, length: 80}
  address: {type: email}
  who: {type: text}
  told: {type: longtext}
  at: {type: datetime}
  answers: {type: integer, default: 0}
  state: {type: choice}
actions:
  reply: {do: [{mail: {template: desk.reply, to: =address}}]}
== desk/workflows/request.yml
workflow: desk.request
entity: desk.request
state: state
states: {open: {kind: open}, shut: {kind: closed}}
transitions:
  close: {from: open, to: shut}
  again: {from: shut, to: open}
== desk/mails/reply.yml
mail: desk.reply
entity: desk.request
subject: "About {name}"
body: We look into it.
== desk/exchange/desk.yml
mailbox: desk.desk
address: desk@inn.example
entity: desk.request
sender: address
when: src.subject is null or not contains(src.subject, 'Offer')
create:
  name: =coalesce(src.subject, 'No subject')
  who: =src.sender_name
  told: =src.text
  at: =src.received
thread: {match: [message_id, address, subject_tag], reopen: again}
reject: {larger_than: 1 MB}
do:
  - {set: {answers: =answers + 1}, when: src.answer}
---
mailbox: desk.strict
address: strict@inn.example
entity: desk.request
---
mailbox: desk.machines
address: machines@inn.example
entity: desk.request
create: {name: =src.subject}
reject: {auto_replies: false}
"""


class Desk:
    """A desk with its server; the clock is the test's."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.at = datetime(2026, 6, 1, 12, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled,
            runtime.database,
            clock=Clock(lambda: self.at),
            files=open_files(FilesConfig(place=str(folder / "files"))),
            mail_domain="inn.example",
            mail_addresses={
                "desk.desk": "desk@inn.example",
                "desk.strict": "strict@inn.example",
            },
            served_mailboxes=("desk.desk",),
            signing_key="a key of enough letters",
        )

    def give(self, content: str | bytes, box: str = "desk.desk") -> Taken:
        raw = content.encode() if isinstance(content, str) else content
        with transaction(self.runtime, Actor.system()) as tx:
            return take_file(tx, box, raw)

    def make(self, name: str, **values: Any) -> int:
        with transaction(self.runtime, Actor.system()) as tx:
            return tx.create("desk.request", {"name": name, **values}).id or 0

    def press(self, id_: int, action: str) -> None:
        with transaction(self.runtime, Actor.system()) as tx:
            tx.run_action("desk.request", id_, action)

    def worker(self, port: int, password: str = 'pa ss"word') -> Dispatcher:
        place = MailboxConfig(
            id="desk.desk",
            host="127.0.0.1",
            port=port,
            security="plain",
            user="desk",
            password=password,
        )
        consumer = MailboxConsumer(self.runtime, [place], patience=0.5)
        database = self.runtime.database
        return Dispatcher(database, lambda: [consumer], lambda: self.at)

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)

    def all(self) -> list[Record]:
        with reading(self.runtime, Actor.system()) as reader:
            return list(reader.search("desk.request", Query(order=("id",))).items)

    def read(self, id_: int | None) -> Record:
        with reading(self.runtime, Actor.system()) as reader:
            return reader.get("desk.request", id_ or 0)

    def timeline(self, id_: int | None, kind: str = "mail") -> list[dict[str, Any]]:
        with reading(self.runtime, Actor.system()) as reader:
            found = feed(reader, "desk.request", id_ or 0, (kind,))
        return [entry.facts for entry in reversed(found)]

    def arrivals(self) -> list[Arrival]:
        with reading(self.runtime, Actor.system()) as reader:
            return list(reversed(list_arrivals(reader)))

    def state(self) -> MailboxState:
        with reading(self.runtime, Actor.system()) as reader:
            return list_mailboxes(reader)[0]


def a_mail(
    subject: str = "A leak",
    body: str = "The roof is open.\n",
    sender: str = "Ada Byron <ada@guest.example>",
    to: str = "desk@inn.example",
    **heads: str,
) -> str:
    """A plain mail; each name of `heads` has `_` for `-`."""
    given = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": "Mon, 01 Jun 2026 10:00:00 +0200",
        "Message-ID": f"<{abs(hash((subject, body, sender, to)))}@guest.example>",
    }
    given |= {name.replace("_", "-"): text for name, text in heads.items()}
    lines = [f"{name}: {text}" for name, text in given.items() if text]
    return "\n".join(lines) + "\n\n" + body


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with base_world(tmp_path, database_url, DESK, "desk") as runtime:
        yield Desk(runtime, tmp_path)
