"""What a write touches: which rows of which formulas follow it, over how many steps.

Made from batches, from removed and from emptied rows; core.services.upkeep works out
the formulas that are found here, core.services.holding locks their rows before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import Compiled, CompiledEntity, Step, Trigger, Upkeep
from core.expressions import Record, Ref
from core.services.batch import Batch, below
from core.services.loader import chunks

if TYPE_CHECKING:
    from core.services.scene import Scene

Key = tuple[str, str]
Pending = dict[Key, set[int]]


@dataclass(slots=True)
class Touched:
    """Rows of one entity that were written, or are about to be.

    `updated`: (old, new, names of changed fields). `inside`: the document they belong
    to is saved with them, which works out what reads nothing beyond it.
    """

    entity: str
    created: list[Record] = field(default_factory=list)
    updated: list[tuple[Record, Record, frozenset[str]]] = field(default_factory=list)
    removed: list[Record] = field(default_factory=list)
    inside: bool = False

    @property
    def stored_ids(self) -> set[int]:
        """Ids of the rows that were there before."""
        found = {old.id for old, _, _ in self.updated}
        return {id_ for id_ in (*found, *(r.id for r in self.removed)) if id_}


def touched_by(batch: Batch) -> list[Touched]:
    """What a save writes: its records, and the rows of them."""
    found = Touched(batch.entity.id, inside=True)
    for change in batch.changes:
        if change.failed:
            continue
        if change.old is None:
            found.created.append(change.record)
        elif change.changed:
            names = frozenset(change.changed)
            found.updated.append((change.old, change.record, names))
    every = [found] if found.created or found.updated else []
    for lines in batch.lines:
        gone = [row for rows in lines.removed.values() for row in rows]
        if gone:
            child = lines.created.entity.id
            every.append(Touched(child, removed=gone, inside=True))
    for child_batch in below(batch):
        every.extend(touched_by(child_batch))
    return every


def note_removed(scene: Scene, entity: CompiledEntity, rows: Sequence[Record]) -> None:
    """Keep in mind that rows go, before they do."""
    triggers = scene.runtime.compiled.upkeep.of(entity.id)
    if not triggers:
        return
    lists = {
        n for t in triggers if t.joins for n in t.fields if n in entity.associations
    }
    scene.loader.fill_keys(entity.id, rows, sorted(lists))
    scene.notes.append(Touched(entity.id, removed=list(rows)))


def note_changed(scene: Scene, entity: str, ids: Iterable[int], *names: str) -> None:
    """Keep in mind that fields of stored rows were changed past a save."""
    rows = [Record(entity, id_) for id_ in sorted(ids)]
    changed = frozenset(names)
    if rows:
        updated = [(row, row, changed) for row in rows]
        scene.notes.append(Touched(entity, updated=updated))


def followers(scene: Scene, touched: Iterable[Touched]) -> Pending:
    """The formulas, with the ids of their records, that follow what was written."""
    upkeep = scene.runtime.compiled.upkeep
    pending: Pending = {}
    for one in touched:
        for trigger in upkeep.of(one.entity):
            if trigger.joins:
                _joined(scene, one, trigger, upkeep, pending)
            else:
                _read(scene, one, trigger, upkeep, pending)
        for _, new, names in one.updated:
            # What a save wrote itself it had worked out before its rows were locked.
            for name in names:
                if (one.entity, name) in upkeep.far and new.id is not None:
                    pending.setdefault((one.entity, name), set()).add(new.id)
    return pending


def followers_of(scene: Scene, entity: str, name: str, ids: Iterable[int]) -> Pending:
    """The formulas that follow one field of stored rows."""
    pending: Pending = {}
    for trigger in scene.runtime.compiled.upkeep.of(entity):
        formulas = trigger.formulas.get(name)
        if formulas and not trigger.joins:
            _add(pending, trigger, formulas, _walk(scene, trigger.back, ids))
    return pending


def _joined(
    scene: Scene, one: Touched, trigger: Trigger, upkeep: Upkeep, pending: Pending
) -> None:
    name, formulas = next(iter(trigger.formulas.items()))
    formulas = _wanted(one, trigger, formulas, upkeep)
    if not formulas:
        return
    ids: set[int] = set()
    for record in (*one.created, *one.removed):
        ids.update(_targets_of(record, name, trigger.start))
    for old, new, names in one.updated:
        if name in names:
            ids.update(_targets_of(old, name, trigger.start))
            ids.update(_targets_of(new, name, trigger.start))
    if ids:
        _add(pending, trigger, formulas, _walk(scene, trigger.back, ids))


def _read(
    scene: Scene, one: Touched, trigger: Trigger, upkeep: Upkeep, pending: Pending
) -> None:
    own = not trigger.back
    groups: dict[frozenset[str], list[Record]] = {}
    for _, new, names in one.updated:
        hit = trigger.touched(names & trigger.fields)
        if hit:
            groups.setdefault(hit, []).append(new)
    if own and one.created:
        groups.setdefault(trigger.touched(None), []).extend(one.created)
    for hit, records in groups.items():
        formulas = _wanted(one, trigger, hit, upkeep)
        if formulas:
            ids = _from_rows(scene, trigger, records)
            _add(pending, trigger, formulas, ids)


def _wanted(
    one: Touched, trigger: Trigger, formulas: frozenset[str], upkeep: Upkeep
) -> frozenset[str]:
    if not one.inside:
        return formulas
    return frozenset(f for f in formulas if (trigger.target, f) in upkeep.far)


def _add(
    pending: Pending, trigger: Trigger, formulas: Iterable[str], ids: set[int]
) -> None:
    if ids:
        for name in formulas:
            pending.setdefault((trigger.target, name), set()).update(ids)


def _from_rows(scene: Scene, trigger: Trigger, records: Sequence[Record]) -> set[int]:
    """Where the way back leads from rows at hand, the first step without asking."""
    ids = {record.id for record in records if record.id is not None}
    if not trigger.back:
        return ids
    first, *rest = trigger.back
    known = all(first.field in record.values for record in records)
    if first.kind != "rows" or not known:
        return _walk(scene, trigger.back, ids)
    ids = {
        one
        for record in records
        for one in _targets_of(record, first.field, first.entity)
    }
    return _walk(scene, tuple(rest), ids)


def _targets_of(record: Record, name: str, entity: str) -> Iterable[int]:
    """The rows of an entity that a link, reference or list of a record leads to."""
    value: Any = record.values.get(name)
    if value is None:
        return ()
    if isinstance(value, Ref):
        return (value.id,) if value.entity == entity else ()
    return value if isinstance(value, tuple) else (value,)


def _walk(scene: Scene, back: tuple[Step, ...], ids: Iterable[int]) -> set[int]:
    """The rows that the steps lead back to, in one statement."""
    wanted = sorted(ids)
    if not back or not wanted:
        return set(wanted)
    compiled = scene.runtime.compiled
    statement = scene.runtime.plans.get(
        ("back", back), lambda: _back_select(compiled, back)
    )
    found: set[int] = set()
    for chunk in chunks(wanted):
        found.update(scene.connection.scalars(statement, {"ids": chunk}))
    found.discard(None)
    return found


def _back_select(compiled: Compiled, back: tuple[Step, ...]) -> sa.Select[Any]:
    inner: Any = sa.bindparam("ids", expanding=True)
    for step in back:
        inner = _step_back(compiled, step, inner)
    made: sa.Select[Any] = inner.distinct()
    return made


def _step_back(compiled: Compiled, step: Step, inner: Any) -> sa.Select[Any]:
    if step.kind == "link":
        table = compiled.tables[step.entity].alias()
        where: Any = table.c[step.field].in_(inner)
        if step.reference:
            where = sa.and_(where, table.c[f"{step.field}_entity"] == step.other)
        return sa.select(table.c.id).where(where)
    if step.kind == "rows":
        table = compiled.tables[step.other].alias()
        where = sa.and_(table.c.id.in_(inner), table.c[step.field].is_not(None))
        if step.reference:
            where = sa.and_(where, table.c[f"{step.field}_entity"] == step.entity)
        return sa.select(table.c[step.field]).where(where)
    holder = step.entity if step.kind == "pairs" else step.other
    pairs = compiled.association_tables[holder, step.field].alias()
    mine, others = pairs.c.source, pairs.c.target
    if step.kind == "pairs_back":
        mine, others = others, mine
    return sa.select(mine).where(others.in_(inner))


def merge(pending: Pending, more: Mapping[Key, set[int]]) -> None:
    """Add further formulas and ids."""
    for key, ids in more.items():
        pending.setdefault(key, set()).update(ids)
