"""Jobs and schedules, for administrators.

Registered by `register`; an API key needs the scope that covers everything.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from core.services import Actor, NotAllowed
from core.services import Transaction as Tx
from core.services.jobs import KINDS, STATES, JobEntry, list_jobs, replay_jobs
from core.services.schedules import Planned, planned, run_now
from core.web.api.calls import write_once
from core.web.api.credentials import caller
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of, word_of
from core.web.api.rendering import moment_text
from core.web.state import application


def list_all() -> Response:
    """`GET /jobs?state=&kind=&limit=`: newest first."""
    check_names(request.args, ("state", "kind", "limit"))
    state = word_of(request.args, "state", ("", *STATES))
    kind = word_of(request.args, "kind", ("", *KINDS))
    limit = number_of(request.args, "limit", 1, 1000, 100)
    with application().reader(_actor("read")) as reader:
        found = list_jobs(reader, state, kind, limit)
    return answer({"items": [shown_job(one) for one in found]})


def replay() -> Response:
    """`POST /jobs/replay?job=`: try again all that was given up, or one job."""
    check_names(request.args, ("job",))
    id_ = number_of(request.args, "job", 1, 2**63 - 1, 0)
    ids = [id_] if id_ else None
    return write_once(
        _actor("write"), lambda tx: answer({"count": replay_jobs(tx, ids)})
    )


def list_schedules() -> Response:
    """`GET /schedules`: all of them with their last and next run."""
    check_names(request.args, ())
    with application().reader(_actor("read")) as reader:
        return answer({"items": [shown_schedule(one) for one in planned(reader)]})


def run(schedule: str) -> Response:
    """`POST /schedules/<schedule>/run`: let it run at once; 202."""
    check_names(request.args, ())

    def work(tx: Tx) -> Response:
        run_now(tx, schedule)
        found = next(one for one in planned(tx) if one.id == schedule)
        return answer(shown_schedule(found), 202)

    return write_once(_actor("write"), work)


def shown_job(one: JobEntry) -> dict[str, Any]:
    """A job as plain values."""
    return {
        "id": one.id,
        "kind": one.kind,
        "what": one.what,
        "key": one.key,
        "state": one.state,
        "attempts": one.attempts,
        "at": moment_text(one.at),
        "due_at": moment_text(one.due_at),
        "ended_at": None if one.ended_at is None else moment_text(one.ended_at),
        "said": one.said,
    }


def shown_schedule(one: Planned) -> dict[str, Any]:
    """A schedule as plain values."""
    return {
        "id": one.id,
        "enabled": one.enabled,
        "every": one.every,
        "next_at": None if one.next_at is None else moment_text(one.next_at),
        "last_at": None if one.last_at is None else moment_text(one.last_at),
    }


def _actor(kind: str) -> Actor:
    """The caller; 403 for who is no administrator or holds a narrower key."""
    asking = caller()
    asking.require("job", kind)
    if not asking.actor.is_admin:
        raise NotAllowed("Only administrators see jobs.", entity="job", verb=kind)
    return asking.actor
