"""A library whose events are told to a real HTTP server on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.fieldtypes.secrets import SecretBox
from core.jobs import Dispatcher
from core.jobs.webhooks import WebhookConsumer
from core.services import Actor
from core.services.webhooks import add_webhook
from core.storage import job, webhook
from core.storage.tables import outbox
from tests.unit.web_api.conftest import boss, library, opened

__all__ = ["boss", "library", "opened"]
SECRET = "a secret of enough letters"


@dataclass
class Receiver:
    """A server that keeps what it is told; `answers` are given first, then 200."""

    server: ThreadingHTTPServer
    told: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook?x=1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.told.append((self.path, dict(self.headers), body))
            status = found.answers.pop(0) if found.answers else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", found.url.replace("/hook", "/other"))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Requests of a test are no news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Post:
    """Webhooks of the library and a worker whose clock the test moves."""

    library: Any
    application: Any
    at: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    @property
    def database(self) -> Any:
        return self.application.database

    def worker(self) -> Dispatcher:
        def consumers() -> list[WebhookConsumer]:
            return [WebhookConsumer(self.application)]

        return Dispatcher(self.database, consumers, lambda: self.at)

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)

    def add(self, url: str, **more: Any) -> int:
        values = {"entity": "library.author", "url": url, "secret": SECRET, **more}
        box = SecretBox(self.application.config.secret_key)
        with self.application.transaction(Actor.system()) as tx:
            return add_webhook(tx, box, values)[0].id

    def states(self) -> list[tuple[str, int]]:
        with self.database.reading() as connection:
            rows = connection.execute(job.select().order_by(job.c.id))
            return [(row.state, row.attempts) for row in rows]


@pytest.fixture
def post(library) -> Iterator[Post]:
    application = library.application
    config = replace(application.config, webhook_networks=("127.0.0.0/8",))
    runtime = replace(application.runtime, webhook_networks=config.webhook_networks)
    found = Post(library, replace(application, config=config, runtime=runtime))
    _clear(application.database)
    yield found
    _clear(application.database)


def _clear(database: Any) -> None:
    with database.writing() as connection:
        for table in (job, webhook, outbox):
            connection.execute(table.delete())
