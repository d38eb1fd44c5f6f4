"""Instances of flows for people: listed, woken and cancelled by who may.

Read by pages, API and command line. Who may read a record sees its flows; who has a
role of a flow, and administrators, see all of its instances, wake and cancel them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.errors import NotAllowed, NotFound
from core.services.flows.ending import cancel
from core.services.flows.instances import OPEN, flow_of, keep, locked, note
from core.services.flows.starting import start
from core.storage import flow as table

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: A question for these states; `open` are all that may still go on.
ASKED = ("open", "held", "waiting", "failed", "running", "done", "left", "cancelled")


@frozen
class Shown:
    """An instance: where it rests and why, when it is woken, who may act on it.

    `step` is the one that rests or failed; `due_at` is empty where only events wake it.
    """

    id: int
    flow: str
    entity: str
    record: int
    title: str
    key: str | None
    state: str
    step: str | None
    code: str | None
    said: str | None
    due_at: datetime | None
    at: datetime
    changed_at: datetime
    ended_at: datetime | None
    steps: dict[str, str]
    may: bool

    @property
    def is_open(self) -> bool:
        """Whether it may still go on."""
        return self.state in OPEN


@frozen
class Asked:
    """Which instances are wanted; empty: all of them."""

    flow: str = ""
    state: str = ""
    entity: str = ""
    record: int = 0
    limit: int = 100


def list_flows(reader: Reader, asked: Asked) -> list[Shown]:
    """The instances that the actor may see, the latest first."""
    query = sa.select(table).order_by(table.c.id.desc()).limit(asked.limit)
    if asked.flow:
        query = query.where(table.c.flow == asked.flow)
    if asked.state:
        states = OPEN if asked.state == "open" else (asked.state,)
        query = query.where(table.c.state.in_(states))
    if asked.record:
        about = table.c.entity == asked.entity, table.c.record == asked.record
        query = query.where(*about)
    elif not reader.actor.is_admin:
        query = query.where(table.c.flow.in_(sorted(_mine(reader))))
    return _shown(reader, reader.scene.connection.execute(query).all())


def get_flow(reader: Reader, id: int) -> Shown:
    """One instance; NotFound if there is none that the actor may see."""
    query = sa.select(table).where(table.c.id == id)
    found = _shown(reader, reader.scene.connection.execute(query).all())
    if not found:
        raise NotFound(f"There is no flow instance {id}.", entity="flow", id=id)
    return found[0]


def may_act(reader: Reader) -> bool:
    """Whether the actor may wake and cancel instances of any flow."""
    registry = reader.runtime.compiled.registry
    return bool(registry.flows) and (reader.actor.is_admin or bool(_mine(reader)))


def wake_flow(tx: Transaction, id: int) -> Shown:
    """Let an instance be woken at once; NotAllowed for who has no role of the flow."""
    _require(tx, id)
    instance = locked(tx, id)
    if instance is not None and instance.state in OPEN:
        instance.due_at, instance.woken = tx.scene.moment.now, "hand"
        instance.counts = {
            name: n for name, n in instance.counts.items() if name[:4] != "try "
        }
        note(tx, instance, "woken", instance.step)
        keep(tx, instance)
    return get_flow(tx, id)


def cancel_flow(tx: Transaction, id: int, said: str = "") -> Shown:
    """Cancel an instance and undo its steps; NotAllowed as for waking."""
    _require(tx, id)
    cancel(tx, id, said.strip())
    return get_flow(tx, id)


def start_flow(
    tx: Transaction,
    flow: str,
    record: int,
    key: str | None = None,
    input: dict[str, Any] | None = None,
) -> tuple[Shown, bool]:
    """Start a flow about a record; the same key gives the same instance again.

    Returns the instance and whether it is a new one; NotAllowed as for waking.
    """
    if flow not in tx.runtime.compiled.registry.flows:
        raise NotFound(f"There is no flow '{flow}'.", entity="flow", id=flow)
    _require_role(tx, flow)
    found = tx.get(flow_of(tx.runtime, flow).entity, record)
    made, fresh = start(tx, flow, found, key, input)
    return get_flow(tx, made), fresh


def _require(tx: Transaction, id: int) -> None:
    found = get_flow(tx, id)
    if not found.may:
        _refuse(found.flow)


def _require_role(tx: Transaction, flow: str) -> None:
    if not _may(tx, flow):
        _refuse(flow)


def _refuse(flow: str) -> None:
    raise NotAllowed("You may not act on this flow.", entity="flow", verb=flow)


def _may(reader: Reader, flow: str) -> bool:
    if reader.actor.is_admin:
        return True
    known = reader.runtime.compiled.registry.flows
    return flow in known and not flow_of(reader.runtime, flow).roles.isdisjoint(
        reader.access.map.roles
    )


def _mine(reader: Reader) -> list[str]:
    return [id_ for id_ in reader.runtime.compiled.registry.flows if _may(reader, id_)]


def _shown(reader: Reader, rows: Iterable[Any]) -> list[Shown]:
    """Those whose records the actor may read, with the titles of these."""
    rows = list(rows)
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.entity, set()).add(row.record)
    titles = {
        (entity, id_): title
        for entity, ids in wanted.items()
        if entity in reader.runtime.compiled.tables
        and reader.access.can(entity, "read")
        for id_, title in reader.titles(entity, sorted(ids)).items()
    }
    return [
        Shown(
            row.id,
            row.flow,
            row.entity,
            row.record,
            titles[row.entity, row.record],
            row.key,
            row.state,
            row.code if row.state == "failed" else row.step,
            None if row.state == "failed" else row.code,
            row.said,
            row.rest_until if row.fresh else row.due_at,
            row.at,
            row.changed_at,
            row.ended_at,
            dict(row.states),
            _may(reader, row.flow),
        )
        for row in rows
        if (row.entity, row.record) in titles
    ]
