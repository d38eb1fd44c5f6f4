"""Cancels instances of flows and takes back what their steps did, the last one first.

Called by people, by the effect `stop`, by a hold that gives up, and by deletion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.services.effects import run_effects
from core.services.errors import TransitionRefused
from core.services.flows.instances import (
    OPEN,
    end,
    keep,
    locked,
    note,
)
from core.services.flows.running import Run
from core.services.loader import chunks
from core.storage import flow as table
from core.storage import flow_step

if TYPE_CHECKING:
    from core.services.scene import Scene
    from core.services.transactions import Transaction


def cancel(tx: Transaction, id: int, said: str = "") -> bool:
    """Cancel an instance and undo its steps; False if it has ended before.

    TransitionRefused, and nothing is changed, if a step cannot be undone.
    """
    instance = locked(tx, id)
    if instance is None or instance.state not in OPEN:
        return False
    if tx.flow == id:
        text = "A flow cannot stop itself; let a step say 'end: true'."
        raise TransitionRefused(text)
    known = instance.flow in tx.runtime.compiled.registry.flows
    run = Run.of(tx, instance) if known else None
    if run is not None:
        with tx.scene.atomic(), tx.in_flow(id), tx.acting_for(instance.origin):
            undo(run)
    end(tx, instance, "cancelled", said)
    note(tx, instance, "cancelled", None, said)
    keep(tx, instance)
    return True


def undo(run: Run) -> None:
    """Take back what the steps of an instance did, the last one first."""
    tx, instance = run.tx, run.instance
    query = (
        sa.select(flow_step.c.step, flow_step.c.state, flow_step.c.results)
        .where(flow_step.c.instance == instance.id)
        .where(flow_step.c.state.in_(("done", "held")), flow_step.c.step.is_not(None))
        .order_by(flow_step.c.id.desc())
    )
    last = None
    for name, state, results in tx.scene.connection.execute(query).all():
        # What was held and then done was done once.
        if state == "held" and name == last:
            continue
        last = name
        step = run.flow.steps.get(run.flow.former.get(name, name))
        if step is None or not step.undo:
            continue
        run.know(instance.results if results is None else results)
        run_effects(tx, run.stage, step.undo)
        note(tx, instance, "undone", step.id)


def stop(
    tx: Transaction, flow: str, entity: str, record: int, key: str | None = None
) -> int:
    """Cancel the instances of a flow about a record; returns how many there were."""
    tx.scene.begin_writing()
    query = sa.select(table.c.id).where(
        table.c.entity == entity,
        table.c.record == record,
        table.c.flow == flow,
        table.c.state.in_(OPEN),
    )
    if key is not None:
        query = query.where(table.c.key == key)
    found = tx.scene.connection.execute(query.order_by(table.c.id)).scalars().all()
    return sum(cancel(tx, id_) for id_ in found)


def forget_flows(scene: Scene, entity: str, ids: Sequence[int]) -> None:
    """Take the instances of records that are deleted away with them."""
    flows = scene.runtime.compiled.registry.flows.values()
    if not any(one.subject == entity for one in flows):
        return
    for one in (table, flow_step):
        for chunk in chunks(ids):
            mine = (one.c.entity == entity, one.c.record.in_(chunk))
            scene.connection.execute(one.delete().where(*mine))
