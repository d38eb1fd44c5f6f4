"""The database: an engine set up for SQLite or PostgreSQL, and its transactions.

Made once per process by the composition root and the command line; services open
`writing()` and `reading()` blocks and get a connection inside one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.pool import QueuePool, StaticPool

from core.expressions import register_functions
from core.frozen import frozen
from core.storage.errors import Reason, StorageError, translate
from core.storage.turnstile import Turnstile

DatabaseKind = Literal["sqlite", "postgresql"]
#: Seconds that a writer waits for others before it gives up.
PATIENCE = 15.0
_WRITES = "intarsia_writes"


@frozen
class Database:
    """An engine, what kind it is, and the two ways to use it."""

    engine: sa.Engine
    kind: DatabaseKind
    path: Path | None = None
    turnstile: Turnstile | None = None

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Lend a connection in one transaction; committed at the end of the block.

        An exception rolls everything back. On SQLite the writers of all processes
        queue up here. Raises StorageError when the database cannot serve.
        """
        queue = self.turnstile.passing() if self.turnstile else nullcontext()
        with (
            queue,
            self.engine.connect() as connection,
            connection.execution_options(**{_WRITES: True}).begin(),
        ):
            yield connection

    @contextmanager
    def reading(self, *, snapshot: bool = False) -> Iterator[sa.Connection]:
        """Lend a connection that only reads, in one transaction.

        snapshot: all statements see one moment. SQLite always does so; PostgreSQL
        needs it asked for (reports of several statements).
        """
        options: dict[str, Any] = {}
        if self.kind == "postgresql":
            options["postgresql_readonly"] = True
            if snapshot:
                options["isolation_level"] = "REPEATABLE READ"
        with (
            self.engine.connect() as connection,
            connection.execution_options(**options).begin(),
        ):
            yield connection

    def dispose(self) -> None:
        """Close all connections; the database may be used again afterwards."""
        self.engine.dispose()


def create_database(
    url: str | URL, *, echo: bool = False, patience: float = PATIENCE
) -> Database:
    """The database at a URL of SQLite or PostgreSQL; nothing is connected yet.

    patience: seconds to wait for other writers. ValueError for any other URL.
    """
    parsed = make_url(url)
    family = parsed.get_backend_name()
    if family == "sqlite":
        return _sqlite(parsed, echo, patience)
    if family in ("postgresql", "postgres"):
        return _postgresql(parsed, echo, patience)
    raise ValueError(
        f"'{family}' is no supported database: use sqlite:///file or postgresql://..."
    )


def _sqlite(url: URL, echo: bool, patience: float) -> Database:
    name = (url.database or "").removeprefix("file:")
    path = None if name in ("", ":memory:") else Path(name).absolute()
    pool: dict[str, Any] = {"poolclass": StaticPool}
    if path is not None:
        pool = {"poolclass": QueuePool, "pool_size": 16, "max_overflow": 48}
    engine = sa.create_engine(
        url,
        echo=echo,
        json_serializer=_json(),
        connect_args={"timeout": patience, "check_same_thread": False},
        **pool,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    sa.event.listen(engine, "handle_error", _translated)
    turnstile = None if path is None else Turnstile(path, patience)
    return Database(engine, "sqlite", path, turnstile)


def _prepare_sqlite(connection: Any, _: object) -> None:
    # Without this the driver begins transactions by itself, and late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "cache_size=-4000"):
        cursor.execute(f"PRAGMA {pragma}")
    # A file that can only be read stays in the mode it is in.
    with suppress(sqlite3.OperationalError):
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()
    register_functions(connection)


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL, echo: bool, patience: float) -> Database:
    settings = f"-c lock_timeout={int(patience * 1000)} -c timezone=UTC"
    own = str(url.query.get("options", ""))
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        echo=echo,
        json_serializer=_json(),
        isolation_level="READ COMMITTED",
        pool_size=10,
        max_overflow=20,
        pool_timeout=patience,
        pool_pre_ping=True,
        connect_args={
            "options": f"{own} {settings}".strip(),
            "connect_timeout": 5,
            "application_name": "intarsia",
        },
    )
    sa.event.listen(engine, "handle_error", _translated)
    return Database(engine, "postgresql")


def _translated(context: ExceptionContext) -> BaseException | None:
    original = context.original_exception
    if isinstance(original, StorageError):
        return original
    if isinstance(original, sa.exc.TimeoutError):
        return StorageError(Reason.LOCKED, str(original))
    # A handled ping finds a lost connection and opens another: no failure yet.
    if context.is_pre_ping:
        return None
    return translate(original)


def _json() -> Callable[[object], str]:
    # One encoder for all values: `dumps` would make one for each.
    return json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
