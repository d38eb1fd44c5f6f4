"""Databases that one test prepares and every later one of the same kind gets copied.

Called by fixtures that need tables and data before their test begins: making those
takes half a second, copying them a twentieth.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.util import LRUCache

from core.config import ROOT
from core.services import Actor
from core.services.seed import load_demo
from core.storage import Database, create_database
from core.testing.installation import Installation, install, reopen
from core.testing.postgres import server_of

Made = TypeVar("Made")
#: Kind of database -> the first engine of it, whose statements all later ones know.
_FIRST: dict[str, sa.Engine] = {}
#: Statements that are kept: those of several worlds at once.
_STATEMENTS = 4000
#: Key and kind of database -> what `make` returned, and the copy to begin with: the
#: bytes of an SQLite file, or the URL of a database that nobody opens.
_KEPT: dict[tuple[Hashable, str], tuple[Any, bytes | str]] = {}


def prepared(key: Hashable, url: str, make: Callable[[], Made]) -> Made:
    """Fill the empty database of a URL, and hand on what `make` returned.

    key: what the content depends on; the same key, the same content.
    make: fills the database at `url` and closes all connections to it; called for the
    first database of its kind only.
    """
    kind = make_url(url).get_backend_name()
    if (key, kind) not in _KEPT:
        made = make()
        _KEPT[key, kind] = made, _keep(kind, url)
        return made
    made, content = _KEPT[key, kind]
    if isinstance(content, bytes):
        _file(url).write_bytes(content)
    else:
        server_of(url).replace_database(url, content)
    return made


def shipped(module: str, url: str, home: Path, samples: bool = False) -> Installation:
    """A shipped module, installed with what it needs; samples: with its records."""
    folders = (ROOT / "modules",)

    def make() -> None:
        made = install(folders, module, url, home)
        if samples:
            with made.application.transaction(Actor.system(), via="seed") as tx:
                load_demo(tx)
        made.close()

    prepared(("shipped", module, samples), url, make)
    return reopen(folders, module, url, home)


def database_at(url: str) -> Database:
    """The database at a URL, with an engine of its own that need not compile again what
    an earlier one of its kind has compiled.
    """
    database = create_database(url)
    engine = database.engine
    first = _FIRST.setdefault(database.kind, engine)
    if first is engine:
        engine._compiled_cache = LRUCache(_STATEMENTS)
    else:
        # What was compiled is kept by the dialect it was compiled for.
        engine.dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return database


def _keep(kind: str, url: str) -> bytes | str:
    if kind == "sqlite":
        return _file(url).read_bytes()
    return server_of(url).copy_database(url)


def _file(url: str) -> Path:
    found = make_url(url).database
    assert found is not None
    return Path(found)
