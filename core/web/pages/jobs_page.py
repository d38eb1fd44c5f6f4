"""Jobs for administrators: what waits, runs and was given up, and when schedules run.

Registered by `register`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import Locale
from core.services import NotFound, Reader
from core.services.jobs import KINDS, STATES, JobEntry, list_jobs, replay_jobs, waiting
from core.services.schedules import Planned, planned, run_now
from core.web.auth import admin_required
from core.web.notices import notify
from core.web.pages.labels import Labels
from core.web.pages.screen import acting
from core.web.pages.texts import Texts
from core.web.state import application
from core.web.wording import language, say, say_count

BASE = "/jobs"
_TONES = ("line", "run", "ok", "bad")


@admin_required
def show_jobs() -> ResponseReturnValue:
    """What there is to do, schedules with their runs, and the latest jobs."""
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    state = state if state in STATES else ""
    kind = kind if kind in KINDS else ""
    actor = acting()
    labels = Labels(application().registry, language())
    texts = Texts(labels, Locale(code=actor.language, zone=actor.zone))
    with application().reader(actor) as reader:
        found = waiting(reader)
        jobs = [_row(reader, texts, one) for one in list_jobs(reader, state, kind)]
        schedules = [_schedule(reader, texts, one) for one in planned(reader)]
    return render_template(
        "pages/jobs.html",
        counts=[(state_word(key), str(found.states[key])) for key in STATES]
        + [(say("Events"), str(found.events)), (say("Timers"), str(found.timers))],
        dead=found.states["dead"],
        jobs=jobs,
        schedules=schedules,
        states=_choices("state", state, kind, STATES, state_word),
        kinds=_choices("kind", kind, state, KINDS, kind_word),
        base=BASE,
    )


@admin_required
def act_on_jobs() -> ResponseReturnValue:
    """Try again what was given up, or let a schedule run at once."""
    form = request.form
    act, job = form.get("act", ""), form.get("job", "")
    with application().transaction(acting(), via="ui") as tx:
        if act == "replay":
            count = replay_jobs(tx, [int(job)] if job.isdecimal() else None)
            said = say_count(
                count,
                "{number} job will be tried again.",
                "{number} jobs will be tried again.",
            )
        elif act == "run":
            try:
                run_now(tx, form.get("schedule", ""))
            except NotFound:
                abort(404)
            said = say("It will run in a moment.")
        else:
            abort(400)
    notify(said)
    return redirect(BASE)


def _choices(
    key: str, chosen: str, other: str, known: tuple[str, ...], word: Any
) -> list[dict[str, Any]]:
    """The choices of one filter as links that keep the other one."""
    beside = "kind" if key == "state" else "state"
    found = []
    for one in ("", *known):
        asked = urlencode({k: v for k, v in ((key, one), (beside, other)) if v})
        found.append(
            {
                "label": word(one) if one else say("All"),
                "href": f"{BASE}?{asked}" if asked else BASE,
                "current": one == chosen,
            }
        )
    return found


def _row(reader: Reader, texts: Texts, one: JobEntry) -> dict[str, Any]:
    due = one.due_at if one.state == "waiting" else one.ended_at
    return {
        "id": one.id,
        "kind": kind_word(one.kind),
        "what": _label(texts.labels, one),
        "about": one.key if one.key != one.what else "",
        "state": state_word(one.state),
        "tone": _TONES[STATES.index(one.state)],
        "attempts": one.attempts,
        "at": texts.since(one.at, reader.scene.moment.now),
        "due": texts.moment(due) if due else "",
        "said": one.said or "",
        "dead": one.state == "dead",
    }


def _label(labels: Labels, one: JobEntry) -> str:
    """What an automation, a schedule or a timer is called."""
    if one.kind == "timer":
        return labels.at(one.what)
    if one.kind in ("automation", "flow", "mail", "mailbox", "schedule") and one.what:
        return labels.at(f"{one.kind} {one.what}")
    return one.what


def _schedule(reader: Reader, texts: Texts, one: Planned) -> dict[str, Any]:
    now = reader.scene.moment.now
    return {
        "id": one.id,
        "label": texts.labels.at(f"schedule {one.id}"),
        "enabled": one.enabled,
        "next": texts.moment(one.next_at) if one.next_at else "",
        "last": texts.since(one.last_at, now) if one.last_at else "",
    }


def kind_word(kind: str) -> str:
    """What makes a job, in words."""
    told = {
        "automation": say("Automation"),
        "flow": say("Flow"),
        "mail": say("Mail"),
        "mailbox": say("Mailbox"),
        "schedule": say("Schedule"),
        "test": say("Test"),
        "timer": say("Timer"),
        "webhook": say("Webhook"),
    }
    return told.get(kind, kind)


def state_word(state: str) -> str:
    """The state of a job in words."""
    told = {
        "waiting": say("Waiting"),
        "running": say("Running"),
        "done": say("Done"),
        "dead": say("Given up"),
    }
    return told[state]
