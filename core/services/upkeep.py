"""Keeps stored formulas right when what they read changes, in whichever entity.

The step `upkeep` of core.services.write runs it after rows are written; deletions and
the archive call it too. Formulas follow one another until nothing changes any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.compiler import CLOCK
from core.expressions import Record
from core.services.batch import Batch
from core.services.holding import hold, hold_rows, is_held_late
from core.services.refresh import Difference, refresh
from core.services.touched import (
    Key,
    Pending,
    Touched,
    followers,
    followers_of,
    merge,
    touched_by,
)

if TYPE_CHECKING:
    from core.services.scene import Scene


def hold_followers(batch: Batch) -> bool:
    """Lock the rows that a save changes or that follow it, in one order for all.

    True if they are locked only now: what was read of them may be old.
    """
    if not is_held_late(batch.scene, batch.entity.id):
        return False
    if batch.verb in ("create", "update"):
        touched = touched_by(batch)
    elif batch.verb == "delete":
        touched = _gone(batch)
    else:
        names = frozenset({"archived", "archived_at"})
        rows = [(c.old, c.record, names) for c in batch.alive if c.old is not None]
        touched = [Touched(batch.entity.id, updated=rows)]
    hold(batch.scene, touched)
    return True


def _gone(batch: Batch) -> list[Touched]:
    """The records of a deletion with the rows they own."""
    scene, entity = batch.scene, batch.entity
    records = [change.record for change in batch.alive]
    scene.loader.fill(entity.id, records, [(name,) for name in entity.lines])
    scene.loader.fill_keys(entity.id, records, entity.associations)
    found = [Touched(entity.id, removed=records)]
    for name, lines in entity.lines.items():
        rows = [row for record in records for row in record.relations.get(name, ())]
        found.append(Touched(lines.child, removed=rows))
    return found


def upkeep(batch: Batch) -> None:
    """Work out anew what follows the rows that a save has written."""
    scene = batch.scene
    touched = [*scene.take_notes(), *touched_by(batch)]
    keep_up(scene, touched)


def settle(scene: Scene) -> None:
    """Work out what follows the changes that were noted and not yet followed."""
    notes = scene.take_notes()
    if notes:
        keep_up(scene, notes)


def keep_up(scene: Scene, touched: Sequence[Touched]) -> None:
    """Work out anew what follows rows that were written."""
    pending = followers(scene, touched)
    if not pending:
        return
    at_hand = {
        (one.entity, record.id): record
        for one in touched
        for record in (*one.created, *(new for _, new, _ in one.updated))
    }
    # A clock looks once, or it could go round with a formula that reads it.
    seen: dict[str, set[int]] = {}
    while pending:
        entity, names, ids = _first(scene, pending)
        hold_rows(scene, entity, ids)
        if names[0].startswith(CLOCK):
            found = _follow(scene, names, ids, seen)
            names = sorted({name for one in found for name in one.values})
        else:
            found = refresh(scene, entity, names, ids)
        for difference in found:
            record = at_hand.get((entity, difference.id))
            if record is not None:
                take_over(record, difference)
        for name in names:
            changed = [one.id for one in found if name in one.values]
            if changed:
                merge(pending, followers_of(scene, entity, name, changed))


def _first(scene: Scene, pending: Pending) -> tuple[str, list[str], set[int]]:
    """The formulas of one entity that nothing else pending stands before."""
    known = scene.runtime.compiled.upkeep
    first = known.by_level(pending)[0]
    level = known.level(first)
    keys: list[Key] = [
        key for key in pending if key[0] == first[0] and known.level(key) == level
    ]
    ids: set[int] = set()
    for key in keys:
        ids |= pending.pop(key)
    return first[0], sorted(name for _, name in keys), ids


def _follow(
    scene: Scene, names: Sequence[str], ids: set[int], seen: dict[str, set[int]]
) -> list[Difference]:
    """Let clocks look at records that follow another one, at each of them once."""
    from core.services.clocks.following import follow

    found = []
    for name in names:
        fresh = ids - seen.setdefault(name, set())
        seen[name] |= fresh
        if fresh:
            found += follow(scene, name.removeprefix(CLOCK), fresh)
    return found


def take_over(record: Record, difference: Difference) -> None:
    """Put what was written of a record into a copy at hand."""
    for name, (_, new) in difference.values.items():
        record.values[name] = new
        record.relations.pop(name, None)
