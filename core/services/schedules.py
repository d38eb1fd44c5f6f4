"""Schedules: when each is due, kept in a table so that no run is lost or done twice.

Asked by the worker, which makes a job of each run, and by pages and commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.compiler import CompiledSchedule, compile_schedule
from core.definitions import ScheduleDef
from core.frozen import frozen
from core.registry import Registry, clock_time
from core.services.errors import NotFound
from core.services.jobs import plant, require_admin
from core.services.recurrence import next_run
from core.services.runtime import Runtime
from core.storage import schedule as table

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

KIND = "schedule"
#: A last run that lies further ahead than this was noted by a clock gone wrong.
_DRIFT = timedelta(days=1)


@frozen
class Run:
    """One run to be made: of which schedule, and for which moment."""

    id: str
    due: datetime


def schedule_of(runtime: Runtime, id: str) -> CompiledSchedule:
    """A schedule, compiled at its first use; KeyError if there is none."""
    compiled = runtime.compiled
    made: CompiledSchedule = runtime.plans.get(
        (KIND, id), lambda: compile_schedule(compiled.registry, compiled.catalog, id)
    )
    return made


def next_of(definition: ScheduleDef, after: datetime) -> datetime:
    """When a schedule is due for the first time behind a moment."""
    at = clock_time(definition.at_)
    assert at is not None
    zone = ZoneInfo(definition.zone)
    return next_run(definition.every, at, definition.days, zone, after)


def waits(connection: sa.Connection, registry: Registry, now: datetime) -> bool:
    """Whether a schedule is due, or is not in the table as it is defined."""
    known = _known(connection)
    wanted = _enabled(registry)
    return known.keys() != wanted.keys() or any(
        _is_new(known[id_], one) or _moved(known[id_], one, now)
        for id_, one in wanted.items()
    )


def take_due(connection: sa.Connection, registry: Registry, now: datetime) -> list[Run]:
    """The runs that are due, once each; what was missed is one run."""
    known, runs = _known(connection, lock=True), []
    wanted = _enabled(registry)
    for id_ in known.keys() - wanted.keys():
        connection.execute(table.delete().where(table.c.id == id_))
    for id_, one in wanted.items():
        row = known.get(id_)
        values: dict[str, Any] = {"rule": _rule(one), "next_at": next_of(one, now)}
        if row is None:
            connection.execute(sa.insert(table).values(id=id_, **values))
            continue
        if not _is_new(row, one):
            if row.next_at <= now:
                runs.append(Run(id_, row.next_at))
                values["last_at"] = now
            elif _moved(row, one, now):
                values["next_at"] = next_of(one, _since(row, now))
            else:
                continue
        change = sa.update(table).where(table.c.id == id_).values(**values)
        connection.execute(change)
    return runs


def next_due(connection: sa.Connection, after: datetime) -> datetime | None:
    """When the next run is due; None if none is."""
    query = sa.select(sa.func.min(table.c.next_at)).where(table.c.next_at > after)
    return connection.execute(query).scalar_one_or_none()


def _moved(row: Any, one: ScheduleDef, now: datetime) -> bool:
    """Whether it is due, or stands later than it should since a clock went wrong."""
    due: bool = row.next_at <= now or row.next_at > next_of(one, _since(row, now))
    return due


def _since(row: Any, now: datetime) -> datetime:
    """A clock that was set back does not repeat what ran already."""
    last: datetime | None = row.last_at
    if last is None or last - now > _DRIFT:
        return now
    return max(last, now)


def _known(connection: sa.Connection, lock: bool = False) -> dict[str, Any]:
    query = sa.select(table)
    if lock:
        query = query.with_for_update()
    return {row.id: row for row in connection.execute(query)}


def _enabled(registry: Registry) -> Mapping[str, ScheduleDef]:
    return {id_: one for id_, one in registry.schedules.items() if one.enabled}


def _is_new(row: Any, one: ScheduleDef) -> bool:
    found: bool = row.rule != _rule(one)
    return found


def _rule(one: ScheduleDef) -> str:
    parts = (one.every, one.at_ or "", ",".join(one.days), one.zone)
    return " ".join(str(part) for part in parts)[:500]


@frozen
class Planned:
    """A schedule as administrators see it."""

    id: str
    enabled: bool
    every: str
    next_at: datetime | None
    last_at: datetime | None


def planned(reader: Reader) -> list[Planned]:
    """All schedules with their last and next run; NotAllowed for others."""
    require_admin(reader)
    return list(_planned(reader))


def _planned(reader: Reader) -> Iterator[Planned]:
    known = _known(reader.scene.connection)
    now = reader.scene.moment.now
    for id_, one in reader.runtime.compiled.registry.schedules.items():
        row = known.get(id_)
        upcoming = None
        if one.enabled:
            upcoming = next_of(one, now) if row is None else row.next_at
        last = None if row is None else row.last_at
        yield Planned(id_, one.enabled, str(one.every), upcoming, last)


def run_now(tx: Transaction, id: str) -> None:
    """Let a schedule run at once, beside its ordinary runs; NotFound if unknown."""
    require_admin(tx)
    if id not in tx.runtime.compiled.registry.schedules:
        raise NotFound(f"There is no schedule '{id}'.")
    now = tx.scene.moment.now
    tx.scene.begin_writing()
    plant(tx.scene.connection, KIND, [(id, now, {"by": tx.actor.user_id})], now)
    change = sa.update(table).where(table.c.id == id).values(last_at=now)
    tx.scene.connection.execute(change)
