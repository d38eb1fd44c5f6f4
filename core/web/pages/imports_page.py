"""The imports that were made: who, when, how many rows, and undoing one.

Registered by `register`. Everybody sees the own imports, administrators all.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import abort, redirect, render_template
from flask.typing import ResponseReturnValue

from core import exchange
from core.services.people import USER
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.screen import acting, screen_of
from core.web.state import application
from core.web.wording import said_again, say

_PAGE = 100
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "running": "Not finished",
        "done": "Done",
        "undoing": "Being undone",
        "undone": "Undone",
    }
)
#: More rows than these are taken back beside the request.
_MANY = 2_000


@login_required_page
def show_imports() -> ResponseReturnValue:
    """The latest imports."""
    runs = exchange.import_runs(application(), acting(), _PAGE)
    return render_template("pages/imports.html", runs=_shown(runs))


def _shown(runs: list[exchange.ImportRun]) -> list[dict[str, Any]]:
    with application().reader(acting()) as reader:
        users = {run.actor for run in runs if run.actor is not None}
        names = reader.titles(USER, sorted(users))
    return [
        {
            "run": run,
            "plural": _plural(run.entity),
            "who": names.get(run.actor or 0, ""),
            "state": say(_WORDS[run.state]),
        }
        for run in runs
    ]


def _plural(entity: str) -> str:
    screen = screen_of(entity)
    return screen.labels.plural(screen.entity)


@login_required_page
def show_import(id: int) -> ResponseReturnValue:
    """One import: its counts, what was left out, what became of its undoing."""
    run = _run(id)
    errors = exchange.run_errors(application(), acting(), id)
    return render_template(
        "pages/import_run.html",
        **_shown([run])[0],
        errors=errors,
        kept=_kept(run),
        undoable=run.state in ("done", "running", "undoing"),
    )


def _run(id: int) -> exchange.ImportRun:
    try:
        return exchange.run_at(application(), acting(), id)
    except exchange.ExchangeError:
        abort(404)


def _kept(run: exchange.ImportRun) -> list[dict[str, Any]]:
    """The records that an undo left as they are, with their addresses."""
    return [
        {"href": f"{screen_of(entity).base}/{id_}", "id": id_, "reason": reason}
        for entity, id_, reason in (run.undone or {}).get("kept", ())
    ]


@login_required_page
def undo_one(id: int) -> ResponseReturnValue:
    """Take an import back."""
    app, actor, run = application(), acting(), _run(id)
    if run.rows > _MANY:
        work = threading.Thread(
            target=exchange.undo_import, args=(app, actor, id), daemon=True
        )
        work.start()
        notify(say("The import is being undone."))
        return redirect(f"/imports/{id}")
    try:
        report = exchange.undo_import(app, actor, id)
    except exchange.ExchangeError as error:
        notify(said_again(error.message), "bad")
    else:
        told = "{deleted} deleted, {restored} restored, {stayed} stay as they are."
        counts = report.document()
        notify(say(told, **{n: counts[n] for n in ("deleted", "restored", "stayed")}))
    return redirect(f"/imports/{id}")
