"""`serve`: the web pages and the API over HTTP."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable

import click

from core.app import Application
from core.cli.exits import DONE, REFUSED, UNAVAILABLE
from core.cli.surroundings import application
from core.compiler import is_marked, mark_of
from core.registry.build import collection_paused

#: Seconds after which a process that serves looks for jobs.
_WAIT = 3.0


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Else PORT, else 8080.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def serve(port: int | None, threads: int, workers: int) -> int:
    """Serve the web pages and the API on 127.0.0.1.

    A database that is not ready is refused with what to do, never changed silently.
    """
    # Nothing that is built now becomes garbage; a worker that answers collects again.
    with collection_paused():
        return _serve(port, threads, workers)


def _serve(port: int | None, threads: int, workers: int) -> int:
    # What ships with the modules was checked when it was loaded.
    app = application(rows=False)
    chosen = port or app.config.port
    if not _free(app.config.host, chosen):
        click.secho(
            f"Port {chosen} is taken by another program. Stop it, or choose another: "
            f"PORT={chosen + 1} make run, or cli.py serve --port {chosen + 1}.",
            err=True,
            fg="red",
        )
        return UNAVAILABLE
    code = _ready(app)
    if code != DONE:
        return code
    from core.web.server import run_server

    host = app.config.host
    shown = "127.0.0.1" if host in ("0.0.0.0", "") else host
    click.echo(
        f"Intarsia is at http://{shown}:{chosen}/ (sign in there). Ctrl-C stops."
    )
    sys.stdout.flush()
    # PostgreSQL has workers of its own: cli.py worker.
    beside = _work if app.database.kind == "sqlite" else None
    run_server(app, host, chosen, threads=threads, workers=workers, beside=beside)
    return DONE


def _work(current: Callable[[], Application]) -> None:
    """Deliver events and run jobs in a thread, once the process has begun to answer."""

    def later() -> None:
        time.sleep(_WAIT)
        from core.jobs import dispatcher_of

        dispatcher_of(current).run()

    threading.Thread(target=later, name="jobs", daemon=True).start()


def _ready(app: Application) -> int:
    if is_marked(app.database, mark_of(app.registry, app.database.kind)):
        return DONE
    from core.migrations import make_plan

    plan = make_plan(app.compiled, app.database)
    missing = _missing(app)
    if plan.is_empty and not missing:
        return DONE
    for name in missing:
        click.echo(f"  + table {name}", err=True)
    if not plan.is_empty:
        click.echo(plan.text(), err=True)
    click.secho(
        "The tables are not as the definitions want them. Run: cli.py apply",
        err=True,
        fg="red",
    )
    return REFUSED


def _missing(app: Application) -> list[str]:
    """Tables of the platform that a database of an earlier version lacks."""
    import sqlalchemy as sa

    from core.storage import tables
    from core.web.account_tables import missing_tables

    with app.database.reading() as connection:
        there = set(sa.inspect(connection).get_table_names())
        accounts = missing_tables(connection)
    return sorted(set(tables.metadata.tables) - there) + accounts


def _free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host or "127.0.0.1", port))
        except OSError:
            return False
    return True
