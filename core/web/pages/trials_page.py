"""Test documents for administrators: run those of a module, see how they went.

Registered by `register`. A worker runs them; the page asks again while one is at it.
"""

from __future__ import annotations

from typing import Any

from flask import Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import Locale
from core.services.trials import OVERLAYS, Trial, last_trials, run_tests, with_tests
from core.web.auth import admin_required
from core.web.notices import notify
from core.web.pages.labels import Labels
from core.web.pages.screen import acting
from core.web.pages.texts import Texts
from core.web.state import application
from core.web.wording import language, say, say_count

BASE = "/tests"
_UNDER_WAY = ("waiting", "running")
#: Seconds after which the page is asked for again while tests run.
_AGAIN = "3"


@admin_required
def show_tests() -> ResponseReturnValue:
    """The modules with tests, and the last run of each."""
    app, actor = application(), acting()
    labels = Labels(app.registry, language())
    texts = Texts(labels, Locale(code=actor.language, zone=actor.zone))
    names = with_tests(app.registry.modules, app.config.overlays)
    with app.reader(actor) as reader:
        trials = last_trials(reader, names)
        now = reader.scene.moment.now
    rows = [_row(name, trials.get(name), texts, now) for name in names]
    page: Response = make_response(
        render_template("pages/tests.html", rows=rows, base=BASE)
    )
    if any(row["under_way"] for row in rows):
        page.headers["Refresh"] = _AGAIN
    return page


@admin_required
def start_tests() -> ResponseReturnValue:
    """Let the tests of one module run, or all of them."""
    app, module = application(), request.form.get("module", "")
    names = with_tests(app.registry.modules, app.config.overlays)
    if module and module not in names:
        abort(404)
    with app.transaction(acting(), via="ui") as tx:
        count = run_tests(tx, [module] if module else names)
    notify(
        say_count(
            count,
            "The tests of {number} module will run in a moment.",
            "The tests of {number} modules will run in a moment.",
        )
    )
    return redirect(BASE)


def _row(name: str, trial: Trial | None, texts: Texts, now: Any) -> dict[str, Any]:
    results = () if trial is None else trial.results
    failed = sum(not one["holds"] for one in results)
    return {
        "id": name,
        "title": _title(name),
        "when": "" if trial is None else texts.since(trial.ended_at or trial.at, now),
        "under_way": trial is not None and trial.state in _UNDER_WAY,
        "dead": trial.said if trial is not None and trial.state == "dead" else "",
        "holding": len(results) - failed,
        "failed": failed,
        "results": [_result(one) for one in results],
    }


def _title(name: str) -> str:
    if name == OVERLAYS:
        return say("Your own changes")
    title: str = application().registry.modules[name].definition.title
    return title


def _result(one: Any) -> dict[str, Any]:
    translated = application().registry.translations.get(language(), {})
    label = translated.get(f"test {one['id']}/label", one["label"])
    return {**one, "label": label}
