"""Moves everything that leads to the records that go to the survivor.

Links and references of other records, many-to-many pairs in both directions, and owned
rows. Conditions across rows and unique values hold afterwards, or nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record, Ref
from core.services.across import check_across, hold_groups
from core.services.batch import Batch, Change
from core.services.deletion import leading_here
from core.services.errors import Problem, RuleBroken
from core.services.holding import hold, is_held_late
from core.services.loader import chunks
from core.services.merging.clashes import clashing
from core.services.merging.rules import newly_broken
from core.services.titles import titles
from core.services.touched import Touched, note_changed
from core.services.trail import leave_trace
from core.services.trees import move

if TYPE_CHECKING:
    from core.services.transactions import Transaction


class Mover:
    """Moves what leads to some records of one entity to another one."""

    def __init__(
        self,
        tx: Transaction,
        entity: CompiledEntity,
        survivor: Record,
        others: Sequence[Record],
    ) -> None:
        self._tx = tx
        self._scene = tx.scene
        self._entity = entity
        self._survivor = survivor
        self._others = others
        self._ids = [record.id or 0 for record in others]
        self._to = survivor.id or 0

    def move_all(self) -> dict[str, list[Any]]:
        """Move everything; returns the rows that lines fields got, for the audit."""
        lines: dict[str, list[Any]] = {}
        for other_id, name, _ in leading_here(self._scene, self._entity.id):
            other = self._scene.runtime.compiled.entity(other_id)
            if other.fields[name].kind == "links":
                self._repoint_pairs(other, name)
                continue
            rows = self._rows(other, name)
            owner = other.owner
            if owner is not None and owner.field == name:
                for field, taken in self._take_lines(other, name, rows).items():
                    lines.setdefault(field, []).extend(taken)
            else:
                self._repoint(other, name, rows)
        for name in self._entity.associations:
            self._unite_pairs(name)
        return lines

    def _rows(self, other: CompiledEntity, name: str) -> list[Record]:
        """The rows that lead to the records that go; not those records themselves."""
        column = other.table.c[name]
        found: list[Record] = []
        for chunk in chunks(self._ids):
            condition: sa.ColumnElement[bool] = column.in_(chunk)
            if other.fields[name].kind == "reference":
                about = other.table.c[f"{name}_entity"] == self._entity.id
                condition = sa.and_(condition, about)
            found += self._scene.loader.where(other.id, condition)
        if other.id == self._entity.id and self._entity.definition.archive:
            found = [row for row in found if row.id not in self._ids]
        return found

    # -- links and references -----------------------------------------------------

    def _repoint(
        self, other: CompiledEntity, name: str, rows: Sequence[Record]
    ) -> None:
        changes = [
            self._change(other, name, row, number) for number, row in enumerate(rows)
        ]
        if not changes:
            return
        clashes = clashing(self._scene, other, name, changes)
        if clashes:
            raise self._both_have(other, [change for change, _ in clashes])
        broken = newly_broken(self._batch(other, changes), name)
        if broken:
            raise RuleBroken([problem for _, problem in broken])
        self._write(other, name, changes)
        batch = self._batch(other, changes)
        field = other.fields[name]
        what = [
            {
                name: [
                    field.type.to_json(one.values.get(name), field.definition)
                    for one in (change.old, change.record)
                    if one is not None
                ]
            }
            for change in changes
        ]
        leave_trace(batch, changes, "updated", what)

    def _change(
        self, other: CompiledEntity, name: str, row: Record, number: int
    ) -> Change:
        to: Any = self._to
        if other.id == self._entity.id and row.id in (self._to, *self._ids):
            # It must not lead to itself: it goes where the other one led.
            to = self._beyond(name, row)
        elif other.fields[name].kind == "reference":
            to = Ref(self._entity.id, self._to)
        record = row.with_values({name: to})
        return Change(number, {}, record, row, changed={name})

    def _beyond(self, name: str, row: Record) -> Any:
        """Where the records that go lead, if not to each other or to the survivor."""
        before = row.values.get(name)
        for record in self._others:
            value = record.values.get(name)
            same = getattr(before, "id", before) == record.id
            if same and getattr(value, "id", value) not in (None, self._to, *self._ids):
                return value
        return None

    def _write(
        self, other: CompiledEntity, name: str, changes: Sequence[Change]
    ) -> None:
        """Write the moved links past the usual steps, which would ask too much."""
        scene, table = self._scene, other.table
        batch = self._batch(other, changes)
        named = frozenset({name})
        updated = [(c.old, c.record, named) for c in changes if c.old is not None]
        touched = Touched(other.id, updated=updated)
        if is_held_late(scene, other.id):
            hold(scene, [touched])
        hold_groups(batch)
        by_target: dict[Any, list[Change]] = {}
        for change in changes:
            by_target.setdefault(change.record.values[name], []).append(change)
        for target, group in by_target.items():
            field = other.fields[name]
            values = dict.fromkeys(field.columns)
            if target is not None:
                values[name] = getattr(target, "id", target)
                if field.kind == "reference":
                    values[f"{name}_entity"] = target.entity
            for chunk in chunks([change.record.id or 0 for change in group]):
                scene.connection.execute(
                    table.update()
                    .where(table.c.id.in_(chunk), table.c[name].in_(self._ids))
                    .values(
                        **values,
                        version=table.c.version + 1,
                        updated_at=scene.moment.now,
                        updated_by=scene.actor.user_id,
                    )
                )
        for change in changes:
            change.record.values["version"] += 1
        scene.notes.append(touched)
        if other.tree == name:
            move(scene, other, {c.record.id or 0: c.record[name] for c in changes})
        check_across(batch)

    def _batch(self, other: CompiledEntity, changes: Sequence[Change]) -> Batch:
        tx = self._tx
        every = list(changes)
        return Batch(
            self._scene, other, "update", every, tx.via, True, tx=tx, sovereign=True
        )

    def _both_have(
        self, other: CompiledEntity, changes: Iterable[Change]
    ) -> RuleBroken:
        ids = [change.record.id or 0 for change in changes]
        names = titles(self._scene, other.id, ids[:5])
        what = ", ".join(names.values()) or str(len(ids))
        message = (
            f"Both have a {other.label} of which there may be only one ({what}). "
            "Change or delete one of them first."
        )
        facts = {"entity": other.id, "ids": ids}
        return RuleBroken([Problem(None, "both_have", message, facts=facts)])

    # -- owned rows ---------------------------------------------------------------

    def _take_lines(
        self, child: CompiledEntity, back: str, rows: Sequence[Record]
    ) -> dict[str, list[Any]]:
        """Take rows over, behind the survivor's own; what it has already stays behind.

        A row that equals one of the survivor's by a unique constraint, or makes no
        sense there by a rule, stays with the record that goes.
        """
        changes = [
            self._change(child, back, row, number) for number, row in enumerate(rows)
        ]
        left = {id(change) for change, _ in clashing(self._scene, child, back, changes)}
        kept = [change for change in changes if id(change) not in left]
        broken = newly_broken(self._batch(child, kept), back)
        left |= {id(change) for change, _ in broken}
        kept = [change for change in kept if id(change) not in left]
        if not kept:
            return {}
        self._write(child, back, kept)
        self._append(child, back, kept)
        gone: dict[str, list[Any]] = {}
        for name, lines in self._entity.lines.items():
            if lines.child == child.id and lines.back == back:
                gone[name] = [{"id": c.record.id, "added": {}} for c in kept]
                break
        return gone

    def _append(
        self, child: CompiledEntity, back: str, changes: Sequence[Change]
    ) -> None:
        table = child.table
        if "position" not in table.c:
            return
        most = sa.select(sa.func.max(table.c.position)).where(
            table.c[back] == self._to,
            table.c.id.not_in([change.record.id for change in changes]),
        )
        last = self._scene.connection.scalar(most)
        start = 0 if last is None else last + 1
        for number, change in enumerate(changes):
            self._scene.connection.execute(
                table.update()
                .where(table.c.id == change.record.id)
                .values(position=start + number)
            )

    # -- many to many -------------------------------------------------------------

    def _repoint_pairs(self, other: CompiledEntity, name: str) -> None:
        """Lists of other records that hold one that goes hold the survivor instead."""
        table = self._scene.runtime.compiled.association_tables[other.id, name]
        if isinstance(table, sa.Table):
            self._unite(table, table.c.target, table.c.source, other.id, name, True)

    def _unite_pairs(self, name: str) -> None:
        """The survivor's own lists get what the others have in theirs."""
        table = self._entity.associations[name].table
        if isinstance(table, sa.Table) and name in self._entity.fields:
            entity = self._entity.id
            self._unite(table, table.c.source, table.c.target, entity, name, False)

    def _unite(
        self,
        table: sa.Table,
        mine: sa.Column[Any],
        far: sa.Column[Any],
        entity: str,
        name: str,
        of_others: bool,
    ) -> None:
        connection = self._scene.connection
        theirs = sa.select(far).where(mine.in_(self._ids)).distinct()
        wanted = set(connection.scalars(theirs))
        if not wanted:
            return
        have = set(connection.scalars(sa.select(far).where(mine == self._to)))
        fresh = sorted(wanted - have - {self._to, *self._ids})
        if fresh:
            rows = [{mine.name: self._to, far.name: one} for one in fresh]
            connection.execute(table.insert(), rows)
        if of_others:
            connection.execute(table.delete().where(mine.in_(self._ids)))
        note_changed(self._scene, entity, wanted if of_others else {self._to}, name)
