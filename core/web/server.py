"""Serves the web app with gunicorn: worker processes with threads, graceful restarts.

Called by `cli.py serve`. A watcher in each worker notices when modules or tables were
changed, builds the next application beside the running one and swaps it in.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from gunicorn.app.base import BaseApplication

from core.app import Application, DefinitionErrors, build_application
from core.storage import Database, StorageError, tables
from core.web.late_views import load_views
from core.web.site import create_site
from core.web.state import WebState

_LOG = logging.getLogger(__name__)
#: Seconds between two looks at the database.
PAUSE = 2.0


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with the settings of one `serve`."""

    def __init__(self, make: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make = make
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand the options to gunicorn."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The web app of a worker."""
        return self._make()


def run_server(
    application: Application,
    host: str,
    port: int,
    *,
    threads: int,
    workers: int,
    beside: Callable[[Callable[[], Any]], Any] | None = None,
) -> None:
    """Serve until a signal ends the process.

    beside: called in each worker with what tells the application in use.
    """

    def make() -> Flask:
        # Connections made before the fork belong to the parent.
        application.database.engine.dispose(close=False)
        app = create_site(application)
        watch(app)
        if beside is not None:
            state: WebState = app.extensions["intarsia"]
            beside(lambda: state.application)
        return app

    # What is here stays; memory that nobody writes to is shared by the workers.
    gc.freeze()
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "timeout": 120,
        "graceful_timeout": 20,
        "keepalive": 15,
        "accesslog": None,
        "loglevel": "warning",
        "limit_request_line": 8190,
    }
    Server(make, options).run()


def watch(app: Flask, pause: float = PAUSE) -> threading.Thread:
    """Start the watcher of a worker; it ends with the process."""
    thread = threading.Thread(target=_watch, args=(app, pause), daemon=True)
    thread.start()
    return thread


def generation(database: Database) -> tuple[Any, ...]:
    """What changes when modules are turned on or off or a plan is applied."""
    with database.reading() as connection:
        modules = sa.select(sa.func.max(tables.module.c.changed_at)).scalar_subquery()
        plans = sa.select(sa.func.max(tables.snapshot.c.id)).scalar_subquery()
        return tuple(connection.execute(sa.select(modules, plans)).one())


def _watch(app: Flask, pause: float) -> None:
    state: WebState = app.extensions["intarsia"]
    seen = _look(state)
    time.sleep(pause)
    # The worker has begun to answer; now it can load what others ask for first.
    load_rest(app, state)
    while True:
        time.sleep(pause)
        found = _look(state)
        if found is None or found == seen:
            continue
        seen = found
        refresh(state)


def load_rest(app: Flask, state: WebState) -> None:
    """Load the views, so that nobody waits for them.

    Only then is garbage collected again. What the start left behind is taken first, so
    that its memory serves what comes now; what was loaded and built stays anyway.
    """
    gc.unfreeze()
    gc.collect()
    try:
        load_views(app)
    finally:
        gc.freeze()
        gc.enable()


def _look(state: WebState) -> tuple[Any, ...] | None:
    try:
        return generation(state.database)
    except StorageError:
        return None


def refresh(state: WebState) -> bool:
    """Build the next application and swap it in; the old one stays if that fails."""
    try:
        application: Any = state.application
        state.application = build_application(
            application.config, database=state.database
        )
    except (DefinitionErrors, StorageError) as error:
        _LOG.error("The changed definitions were not taken over: %s", error)
        return False
    # The application before is no longer in use: it may be collected like all else.
    gc.unfreeze()
    return True
