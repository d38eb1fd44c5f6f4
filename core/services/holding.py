"""Locks what a save changes and what follows it, before anything is written.

Called by core.services.upkeep on PostgreSQL; SQLite has one writer at a time. Gates
come first, then rows entity by entity in order of id: every save takes its locks in the
same order, so that savers wait for each other and never in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

import sqlalchemy as sa

from core.compiler import Trigger, Upkeep
from core.services.loader import chunks
from core.services.touched import (
    Key,
    Pending,
    Touched,
    followers,
    followers_of,
    merge,
)

if TYPE_CHECKING:
    from core.services.scene import Scene

_SPACE = 0x75706B  # the first of the two keys of an advisory lock: "upk"


def hold(scene: Scene, touched: Sequence[Touched]) -> None:
    """Lock the rows of a save and all that may follow it."""
    known = scene.runtime.compiled.upkeep
    _pass_gates(scene, touched, known)
    rows: dict[str, set[int]] = {}
    for one in touched:
        rows.setdefault(one.entity, set()).update(one.stored_ids)
    waiting = followers(scene, touched)
    seen: Pending = {}
    while waiting:
        (entity, name), ids = waiting.popitem()
        fresh = ids - seen.get((entity, name), set())
        if fresh:
            seen.setdefault((entity, name), set()).update(fresh)
            rows.setdefault(entity, set()).update(fresh)
            merge(waiting, followers_of(scene, entity, name, fresh))
    for entity in sorted(rows):
        hold_rows(scene, entity, rows[entity])


def is_held_late(scene: Scene, entity: str) -> bool:
    """Whether rows of an entity are locked only with all that follows them."""
    if scene.runtime.database.kind != "postgresql":
        return False
    compiled = scene.runtime.compiled

    def has_followers(one: str) -> bool:
        if one in compiled.upkeep.beyond:
            return True
        lines = compiled.entity(one).lines.values()
        return any(has_followers(field.child) for field in lines)

    found: bool = scene.runtime.plans.get(
        ("held late", entity), lambda: has_followers(entity)
    )
    return found


def hold_rows(scene: Scene, entity: str, ids: Iterable[int]) -> None:
    """Lock rows in the order of their ids, unless this transaction holds them."""
    if scene.runtime.database.kind != "postgresql":
        return
    held = scene.held.setdefault(entity, set())
    wanted = sorted(set(ids) - held)
    if not wanted:
        return
    statement = scene.runtime.plans.get(("hold", entity), lambda: _hold(scene, entity))
    for chunk in chunks(wanted):
        scene.connection.execute(statement, {"ids": list(chunk)}).all()
    held.update(wanted)


def _hold(scene: Scene, entity: str) -> sa.Select[Any]:
    table = scene.runtime.compiled.tables[entity]
    return (
        sa.select(table.c.id)
        .where(table.c.id.in_(sa.bindparam("ids", expanding=True)))
        .order_by(table.c.id)
        .with_for_update(key_share=True)
    )


def _pass_gates(scene: Scene, touched: Sequence[Touched], known: Upkeep) -> None:
    """Keep those who look for the readers of a value from those who make readers.

    A record that now leads to a value, in a transaction that is not over, cannot be
    found by another one that changes the value. So whoever sets a searched link passes
    its gate together with others, whoever searches by it passes alone.
    """
    alone: set[str] = set()
    together: set[str] = set()
    for one in touched:
        names = set().union(*(names for _, _, names in one.updated))
        links = known.searched.get(one.entity, frozenset())
        if links and (one.created or links & names):
            together |= {f"{one.entity}.{name}" for name in links}
        if one.created or one.removed:
            alone |= _searches(scene, known, one.entity, None)
        if names:
            alone |= _searches(scene, known, one.entity, names)
    for gate in sorted(alone | together):
        form = "pg_advisory_xact_lock"
        if gate not in alone:
            form = "pg_advisory_xact_lock_shared"
        key = crc32(gate.encode()) - 2**31
        scene.connection.execute(sa.select(getattr(sa.func, form)(_SPACE, key)))


def _searches(
    scene: Scene, known: Upkeep, entity: str, names: set[str] | None
) -> set[str]:
    """The links by which readers of these fields, and of theirs, are looked for."""
    wanted = None if names is None else frozenset(names)
    found: set[str] = scene.runtime.plans.get(
        ("searches", entity, wanted), lambda: _all_searches(known, entity, wanted)
    )
    return found


def _all_searches(known: Upkeep, entity: str, names: frozenset[str] | None) -> set[str]:
    gates: set[str] = set()
    seen: set[Key] = set()
    waiting: list[Key] = []
    for trigger in known.of(entity):
        # New and removed rows are found by their own columns, or are their own readers.
        if names is not None or trigger.joins or not trigger.back:
            here = None if names is None else names & trigger.fields
            waiting.extend(_follow(trigger, trigger.touched(here), gates))
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            for trigger in known.of(key[0]):
                formulas = trigger.formulas.get(key[1], frozenset())
                waiting.extend(_follow(trigger, formulas, gates))
    return gates


def _follow(
    trigger: Trigger, formulas: Iterable[str], gates: set[str]
) -> Iterator[Key]:
    """The formulas that are touched; notes the links they are searched by."""
    for name in formulas:
        gates |= {
            f"{step.entity}.{step.field}"
            for step in trigger.back
            if step.kind in ("link", "pairs") and not step.owner
        }
        yield trigger.target, name
