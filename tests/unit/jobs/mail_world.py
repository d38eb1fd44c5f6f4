"""Guests who get mails, and a worker that sends them; its clock is the test's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.config import FilesConfig, MailConfig
from core.jobs import Dispatcher
from core.jobs.mails import MailConsumer
from core.services import Actor, Runtime, reading, transaction
from core.services.context import Clock
from core.services.jobs import list_jobs
from core.services.mails import list_mails, list_suppressed
from core.storage.files import open_files
from tests.unit.services.base_world import base_world

POST = """\
== post/module.yml
module: post
title: Post
version: 1.0.0
depends: {base: ">=0.1"}
== post/entities/guest.yml
entity: post.guest
title: name
timeline: true
fields:
  name: {type: text, required: true}
  address: {type: email}
  language: {type: choice, choices: {en: English, de: German}}
  host: {type: link, to: post.guest, inverse: guests}
  nights: {type: decimal, default: 2.5}
  paper: {type: file}
actions:
  welcome: {do: [{mail: {template: post.welcome, to: =address, attach: [paper]}}]}
  all: {do: [{mail: {template: post.long, to: =guests, cc: desk@inn.example}}]}
  each:
    do:
      - for_each:
          in: guests
          as: g
          do: [{mail: {template: post.offer, to: =g, record: g}}]
  campaign: {do: [{mail: {template: post.offer, to: =guests}}]}
  fail: {do: [{mail: {template: post.welcome, to: =address}}, {refuse: No}]}
== post/mails/welcome.yml
mail: post.welcome
entity: post.guest
subject: "Welcome {name}"
body: |
  Dear {name},
  {nights} nights.
reply_to: desk@inn.example
---
mail: post.offer
entity: post.guest
subject: An offer
body: "For {name}"
kind: marketing
---
mail: post.long
entity: post.guest
subject: "{name} writes"
body_file: long.txt
== post/mails/long.txt
Hello {name},
{nights} nights.
== post/mails/long.de.txt
Guten Tag {name},
{nights} Nächte.
== post/translations/de.yml
translations: post.de
language: de
texts:
  mail post.long/subject: "{name} schreibt"
"""


class Post:
    """Guests, and a worker that sends; its clock is the test's."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.at = datetime(2026, 6, 1, 12, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled,
            runtime.database,
            clock=Clock(lambda: self.at),
            files=open_files(FilesConfig(place=str(folder / "files"))),
            mail_domain="inn.example",
        )

    def make(self, name: str, **values: Any) -> int:
        with transaction(self.runtime, Actor.system()) as tx:
            return tx.create("post.guest", {"name": name, **values}).id or 0

    def press(self, id_: int, action: str) -> None:
        with transaction(self.runtime, Actor.system()) as tx:
            tx.run_action("post.guest", id_, action)

    def work(self, port: int, **more: Any) -> None:
        """Send what is due; patience is short, for servers that say nothing."""
        config = MailConfig(
            host="127.0.0.1",
            port=port,
            security="plain",
            sender="The inn <desk@inn.example>",
            **more,
        )
        consumer = MailConsumer(self.runtime, config, patience=0.3)
        Dispatcher(self.runtime.database, lambda: [consumer], lambda: self.at).drain()

    def without_server(self) -> None:
        consumer = MailConsumer(self.runtime, None)
        Dispatcher(self.runtime.database, lambda: [consumer], lambda: self.at).drain()

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)

    def mails(self) -> list[Any]:
        with reading(self.runtime, Actor.system()) as reader:
            return list(reversed(list_mails(reader)))

    def job(self) -> tuple[str, str]:
        with reading(self.runtime, Actor.system()) as reader:
            (one,) = list_jobs(reader, kind="mail")
        return one.state, one.said or ""

    def suppressed(self) -> dict[str, str]:
        with reading(self.runtime, Actor.system()) as reader:
            return {one.address: one.reason for one in list_suppressed(reader)}


@pytest.fixture
def post(tmp_path: Path, database_url: str) -> Iterator[Post]:
    with base_world(tmp_path, database_url, POST, "post") as runtime:
        yield Post(runtime, tmp_path)
