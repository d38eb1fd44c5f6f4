"""A client that a public generator makes of our description works against a server."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

#: Types of files that the generator does not know are bytes to it.
BYTES = ("application/pdf", "text/csv", "text/vcard", "text/calendar", "*/*")
CONFIG = {
    "post_hooks": [],
    "content_type_overrides": dict.fromkeys(BYTES, "application/octet-stream"),
}


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Requests of a test are no news."""


@pytest.fixture
def address(library) -> Iterator[str]:
    server = make_server(
        "127.0.0.1", 0, library.app, threaded=True, request_handler=Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}/api/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def made(library, boss, tmp_path, monkeypatch) -> Iterator[str]:
    """The package of a client for what the boss may use."""
    document, config = tmp_path / "openapi.json", tmp_path / "config.json"
    document.write_text(json.dumps(boss.get("openapi.json")))
    config.write_text(json.dumps(CONFIG))
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate"]
    named = {"path": document, "output-path": tmp_path / "made_client"}
    options = {**named, "meta": "none", "config": config}
    flat = [text for name, value in options.items() for text in (f"--{name}", value)]
    done = subprocess.run(
        [*command, *map(str, flat)], capture_output=True, text=True, check=True
    )
    assert "Unable to process schema" not in done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "made_client"
    for name in [one for one in sys.modules if one.startswith("made_client")]:
        del sys.modules[name]


def caller_of(made: str, address: str, token: str) -> Any:
    """Calls the generated function of an operation."""
    whole = importlib.import_module(made)
    client = whole.AuthenticatedClient(base_url=address, token=token)

    def call(name: str, *values: Any, **named: Any) -> Any:
        tag = "_".join(name.split("_")[:2])
        module = importlib.import_module(f"{made}.api.{tag}.{name}")
        return module.sync_detailed(*values, client=client, **named)

    return call


def test_a_generated_client_does_the_work(library, boss, made, address):
    models = importlib.import_module(f"{made}.models")
    call = caller_of(made, address, library.tokens["vera"])
    author = call(
        "library_author_create", body=models.LibraryAuthorCreate(name="Jane")
    ).parsed
    body = models.LibraryBookCreate(title="Emma", author=author.id, price="12.50")
    created = call("library_book_create", body=body)
    assert created.status_code == 201
    book = created.parsed
    assert (book.title, book.version) == ("Emma", 1)

    got = call("library_book_get", book.id).parsed
    assert (got.id, got.author) == (book.id, author.id)

    page = call("library_book_list", filter_="price > 10", order="-title").parsed
    assert [one.title for one in page.items] == ["Emma"]

    change = models.LibraryBookUpdate(title="Emma!", version=1)
    changed = call("library_book_update", book.id, body=change)
    assert (changed.parsed.title, changed.parsed.version) == ("Emma!", 2)

    stale = models.LibraryBookUpdate(title="Other", version=1)
    conflict = call("library_book_update", book.id, body=stale)
    assert conflict.status_code == 409
    assert conflict.parsed.code == "stale_record"

    related = call("library_author_related_books", author.id).parsed
    assert [one.id for one in related.items] == [book.id]

    found = call("library_book_aggregate", by="kind", measures="sum(price)").parsed
    (group,) = found.groups
    assert (group.keys, group.count) == (["novel"], 1)
    assert group.values[0][0].value == "12.5"
