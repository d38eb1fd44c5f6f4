"""Lines written by themselves: through their document, so that its sums stay right.

Called by Transaction for entities that are part of another. The document is saved with
a patch of its rows: rights, version, counts, formulas and audit are those of a save of
the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.batch import Batch, Change, LinesPatch, problems_within
from core.services.errors import AppError, Problem, ValidationFailed
from core.services.resolve import resolve_all
from core.services.save_plan import fields_of_lines
from core.services.steps_input import not_found, permitted, stale
from core.services.write import save

if TYPE_CHECKING:
    from core.services.transactions import Transaction

Row = tuple[int | None, Mapping[str, Any], int | None]
Given = dict[str, Any]


def is_owned(tx: Transaction, entity: CompiledEntity) -> bool:
    """Whether records of the entity are rows of another's lines field."""
    owner = entity.owner
    if owner is None:
        return False
    return bool(fields_of_lines(tx.runtime.compiled, owner.entity, entity.id))


@dataclass(slots=True)
class OwnedRow:
    """One row to be written: where it belongs, and what came of it."""

    id: int | None
    values: Mapping[str, Any]
    owner: int | None = None
    patches: tuple[LinesPatch, ...] = ()
    place: int = 0
    error: AppError | None = None
    problem: Problem | None = None

    @property
    def change(self) -> Change | None:
        """The change that the save made of the row."""
        for patch in self.patches:
            if self.id is None and self.place < len(patch.made):
                return patch.made[self.place]
            if self.id is not None and self.id in patch.touched:
                return patch.touched[self.id]
        return None


@dataclass(slots=True)
class OwnedSave:
    """A save of rows through their documents."""

    tx: Transaction
    entity: CompiledEntity
    verb: str
    rows: list[OwnedRow]
    batch: Batch | None = None

    @property
    def errors(self) -> list[AppError]:
        """What stood against rows before anything was saved."""
        return [row.error for row in self.rows if row.error is not None]

    def run(self, *, partial: bool = False, accept_warnings: bool = False) -> None:
        """Save the documents; raises as a save of theirs does, unless partial."""
        if not partial and self.errors:
            raise self.errors[0]
        given: dict[int, Given] = {}
        for row in self.rows:
            if row.owner is not None and row.error is None and row.problem is None:
                _place(self, given.setdefault(row.owner, {}), row)
        owner = self.entity.owner
        assert owner is not None
        entity, given = _up(self.tx, owner.entity, given)
        batch = self.tx.batch(
            entity, "update", [(id_, one, None) for id_, one in given.items()]
        )
        batch.accept_warnings = accept_warnings
        batch.trusted |= self.entity.definition.own_rights
        self.batch = batch
        for row in self.rows:
            if row.problem is not None and not partial:
                raise ValidationFailed([row.problem])
        if batch.changes:
            save(batch, partial=partial)

    def problems(self, row: OwnedRow) -> tuple[Problem, ...]:
        """What is wrong with a row, or with the document that it belongs to."""
        if row.error is not None:
            return (Problem(None, row.error.code, row.error.message),)
        if row.problem is not None:
            return (row.problem,)
        change = row.change
        if change is not None and change.problems:
            return tuple(change.problems)
        if self.batch is None or change is None:
            return ()
        top = change
        while top.parent is not None:
            top = top.parent
        return tuple(problems_within(self.batch, top)) if top.failed else ()


def owned_save(
    tx: Transaction, entity: CompiledEntity, verb: str, rows: Sequence[Row]
) -> OwnedSave:
    """Find the documents of rows that are to be created, updated or deleted."""
    made = OwnedSave(tx, entity, verb, [OwnedRow(id_, v) for id_, v, _ in rows])
    if entity.definition.own_rights and not tx.trusted:
        tx.scene.access.require(entity.id, verb)
    if verb == "create":
        _find_owners(made)
    else:
        _find_stored(made, [version for _, _, version in rows])
    return made


def _find_owners(job: OwnedSave) -> None:
    owner = job.entity.owner
    assert owner is not None
    texts: set[str] = set()
    for row in job.rows:
        raw = row.values.get(owner.field)
        raw = raw.id if isinstance(raw, Record) else raw
        if isinstance(raw, int) or (isinstance(raw, str) and raw.isdecimal()):
            row.owner = int(raw)
        elif raw not in (None, ""):
            texts.add(str(raw))
    found = resolve_all(job.tx.scene, owner.entity, texts).ids if texts else {}
    label = job.entity.fields[owner.field].label
    for row in job.rows:
        if row.owner is not None:
            continue
        raw = row.values.get(owner.field)
        row.owner = found.get(str(raw))
        if row.owner is None and raw in (None, ""):
            row.problem = Problem(owner.field, "required", f"{label} is required.")
        elif row.owner is None:
            message = f"{label}: there is no '{raw}', or you may not see it."
            row.problem = Problem(owner.field, "unknown_target", message)
    _check_owners(job, owner.entity, owner.field, label)


def _check_owners(job: OwnedSave, entity: str, field: str, label: str) -> None:
    ids = sorted({row.owner for row in job.rows if row.owner is not None})
    there = job.tx.scene.loader.load(entity, ids)
    seen = set(ids)
    if not job.tx.trusted:
        compiled = job.tx.runtime.compiled.entity(entity)
        seen = {i for i in permitted(job.tx.scene, compiled, "read", ids) if i}
    for row in job.rows:
        if row.owner is not None and (row.owner not in there or row.owner not in seen):
            message = f"{label}: there is no such record, or you may not see it."
            row.problem = Problem(field, "unknown_target", message)


def _find_stored(job: OwnedSave, versions: Sequence[int | None]) -> None:
    entity, scene = job.entity, job.tx.scene
    owner = entity.owner
    assert owner is not None
    ids = [row.id for row in job.rows if row.id is not None]
    stored = scene.loader.load(entity.id, ids)
    allowed = set(ids)
    if not job.tx.trusted:
        verb = job.verb if entity.definition.own_rights else "read"
        allowed = {i for i in permitted(scene, entity, verb, ids) if i}
    for row, version in zip(job.rows, versions, strict=True):
        old = stored.get(row.id or 0)
        if old is None or row.id not in allowed:
            row.error = not_found(entity, row.id or 0)
            continue
        row.owner = old[owner.field]
        moved = row.values.get(owner.field, row.owner)
        if moved is not None and str(getattr(moved, "id", moved)) != str(row.owner):
            label = entity.fields[owner.field].label
            message = f"{label} can only be set when it is created."
            row.problem = Problem(owner.field, "once", message)
        if version is not None and version != old["version"]:
            row.error = stale(scene, entity, old, version)


def _place(job: OwnedSave, given: Given, row: OwnedRow) -> None:
    """Put a row into the patches of its document."""
    owner = job.entity.owner
    assert owner is not None
    compiled = job.tx.runtime.compiled
    names = fields_of_lines(compiled, owner.entity, job.entity.id)
    values = {k: v for k, v in row.values.items() if k != owner.field}
    if row.id is None:
        lines = compiled.entity(owner.entity).lines
        fitting = (n for n in names if _fits(lines[n].fixed, values))
        names = (next(fitting, names[0]),)
    patches = [given.setdefault(name, LinesPatch()) for name in names]
    row.patches = tuple(patches)
    for patch in patches:
        if row.id is None:
            row.place = len(patch.added)
            patch.added.append(values)
        elif job.verb == "delete":
            patch.removed.add(row.id)
        else:
            patch.changed[row.id] = values


def _fits(fixed: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(values.get(name, value) == value for name, value in fixed.items())


def _up(
    tx: Transaction, entity: str, given: dict[int, Given]
) -> tuple[str, dict[int, Given]]:
    """Lift patches to the document that is part of nothing."""
    compiled = tx.runtime.compiled.entity(entity)
    if not is_owned(tx, compiled):
        return entity, given
    owner = compiled.owner
    assert owner is not None
    above: dict[int, Given] = {}
    for id_, record in tx.scene.loader.load(entity, given).items():
        for name in fields_of_lines(tx.runtime.compiled, owner.entity, entity):
            fields = above.setdefault(record[owner.field], {})
            fields.setdefault(name, LinesPatch()).changed[id_] = given[id_]
    return _up(tx, owner.entity, above)
