"""Sorts the rows given for lines fields into new, changed and removed ones.

Called by the step `coerce` and, for rows that must follow their document, by
`compute`. Lines of lines are sorted the same way, one level further down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.compiler import CompiledEntity, CompiledLines
from core.expressions import Record
from core.services.batch import Batch, Change, Lines, LinesPatch

Coerce = Callable[[Batch], None]
Given = Sequence[tuple[Change, Any]]


def add_lines(
    batch: Batch, name: str, given: Given, coerce: Coerce, trusted: bool = False
) -> None:
    """Add the batches of one lines field and turn the input of the rows into values.

    trusted: the rows are the platform's own; who may write them was asked before.
    """
    lines = batch.entity.lines[name]
    child = batch.scene.runtime.compiled.entity(lines.child)
    stored = [change.record for change, _ in given if change.old is not None]
    created = _batch(batch, child, "create", trusted)
    updated = _batch(batch, child, "update", trusted)
    behind = ((), *updated.plan.old, *((many,) for many in child.associations))
    batch.scene.loader.fill(batch.entity.id, stored, [(name, *p) for p in behind])
    removed: dict[int, list[Record]] = {}
    quiet: list[tuple[Change, Record]] = []
    # Rows that read what their document makes of the others are never left alone.
    may_rest = not updated.plan.echo and not batch.entity.spreads
    for change, raw in given:
        present = _present(change, name)
        rows = _patched(change, name, raw, present)
        resting = _resting(raw, rows, present) if may_rest else {}
        made = _sorted(change, name, rows, present, lines, resting)
        quiet.extend((change, row) for row in resting.values())
        for one in made:
            (created if one.old is None else updated).changes.append(one)
        if isinstance(raw, LinesPatch):
            _note(raw, made)
        change.record.relations[name] = _in_place(made, resting)
        if present:
            removed[change.row] = list(present.values())
        if present or any(one.old is None for one in made):
            change.changed.add(name)
    _load_owned(batch, child, removed)
    ids = {id(change) for change, _ in given}
    batch.lines.append(Lines(name, created, updated, removed, ids, quiet))
    _load_behind(batch, name, child, [row for _, row in quiet])
    for part in (updated, created):
        _check_own(part)
        coerce(part)


def _load_owned(
    batch: Batch, child: CompiledEntity, removed: Mapping[int, list[Record]]
) -> None:
    """Rows that go leave their own rows in the audit as well."""
    leaving = [row for rows in removed.values() for row in rows]
    batch.scene.loader.fill_lines(child.id, leaving)


def _present(change: Change, name: str) -> dict[int | None, Record]:
    """The stored rows of a record by their ids."""
    rows = () if change.old is None else change.record.relations.get(name, ())
    return {row.id: row for row in rows}


def _load_behind(
    batch: Batch, name: str, child: CompiledEntity, rows: Sequence[Record]
) -> None:
    """What sums of the document read through rows that are left alone."""
    paths = {path[1:] for path in batch.plan.rows[name] if len(path) > 1}
    if rows and paths:
        batch.scene.loader.fill(child.id, rows, paths)


def _check_own(part: Batch) -> None:
    """Rows with rights of their own need them."""
    own = part.entity.definition.own_rights and not part.trusted
    if own and part.changes:
        part.scene.access.require(part.entity.id, part.verb)


def _patched(
    change: Change, name: str, raw: Any, present: Mapping[int | None, Record]
) -> Sequence[Any]:
    """The whole list of rows: as given, or the stored ones with a patch applied."""
    if raw is None:
        return ()
    if isinstance(raw, LinesPatch):
        kept = [
            {"id": id_, **raw.changed.get(id_ or 0, {})}
            for id_ in present
            if id_ not in raw.removed
        ]
        return [*kept, *raw.added]
    if isinstance(raw, list | tuple):
        return raw
    change.problem(name, "wrong_type", f"'{name}' takes a list of rows.")
    return ()


def _resting(
    raw: Any, rows: Sequence[Any], present: dict[int | None, Record]
) -> dict[int, Record]:
    """The rows that a patch leaves as they are, by place; they leave `present`.

    A patch without any change asks for all rows to be worked out again.
    """
    if not isinstance(raw, LinesPatch) or not (raw.changed or raw.added or raw.removed):
        return {}
    found: dict[int, Record] = {}
    for number, row in enumerate(rows):
        id_ = row.get("id")
        if id_ is None or len(row) > 1 or id_ in raw.changed:
            continue
        if present[id_].values.get("position") == number:
            found[number] = present.pop(id_)
    return found


def _in_place(
    made: Sequence[Change], resting: Mapping[int, Record]
) -> tuple[Record, ...]:
    """The records of all rows in their order."""
    if not resting:
        return tuple(one.record for one in made)
    every = {one.record.values["position"]: one.record for one in made}
    return tuple(row for _, row in sorted({**resting, **every}.items()))


def stir(batch: Batch, lines: Lines, stirred: Sequence[Change]) -> None:
    """Make changes of rows that were left alone, as their document changes."""
    wanted = {id(change) for change in stirred}
    field = batch.entity.lines[lines.field]
    waking = [(c, row) for c, row in lines.quiet if id(c) in wanted]
    lines.quiet[:] = [pair for pair in lines.quiet if id(pair[0]) not in wanted]
    for change, row in waking:
        number = row.values["position"]
        made = _row(change, lines.field, number, {"id": row.id}, {row.id: row}, field)
        if made is not None:
            lines.updated.changes.append(made)
            change.record.relations[lines.field] = tuple(
                made.record if one is row else one
                for one in change.record.relations[lines.field]
            )


def _sorted(
    change: Change,
    name: str,
    rows: Sequence[Any],
    present: dict[int | None, Record],
    lines: CompiledLines,
    resting: Mapping[int, Record],
) -> list[Change]:
    """A change per row; rows that are kept leave `present`."""
    made: list[Change] = []
    for number, raw in enumerate(rows):
        if number in resting:
            continue
        one = _row(change, name, number, raw, present, lines)
        if one is not None:
            made.append(one)
    return made


def _row(
    change: Change,
    name: str,
    number: int,
    raw: Any,
    present: dict[int | None, Record],
    lines: CompiledLines,
) -> Change | None:
    if not isinstance(raw, Mapping):
        change.problem(name, "wrong_type", f"Row {number + 1} is no map of fields.")
        return None
    key = str(raw.get("id") or "")
    old = present.pop(int(key), None) if key.isdecimal() else None
    if key and old is None:
        message = f"Row {number + 1} with the id {key} is none of this record."
        change.problem(name, "not_found", message)
        return None
    given = {k: v for k, v in raw.items() if k not in ("id", "version", "position")}
    given.pop(lines.back, None)
    values = {} if old is None else dict(old.values)
    record = Record(lines.child, None if old is None else old.id, values)
    record.relations[lines.back] = change.record
    record.values[lines.back] = change.record.id
    record.values["position"] = number
    made = Change(change.row, given, record, old=old, parent=change)
    made.path = (*change.path, name, number)
    if old is None:
        made.explicit.update(lines.fixed)
    elif old.values.get("position") != number:
        made.changed.add("position")
    return made


def _note(patch: LinesPatch, made: Sequence[Change]) -> None:
    """Tell the giver of a patch which changes came of it."""
    patch.made[:] = [one for one in made if one.old is None]
    patch.touched.clear()
    for one in made:
        if one.old is not None and one.record.id in patch.changed:
            patch.touched[one.record.id or 0] = one


def _batch(batch: Batch, child: CompiledEntity, verb: Any, own: bool) -> Batch:
    trusted = batch.sovereign if child.definition.own_rights else batch.trusted
    trusted = trusted or own
    return Batch(
        batch.scene,
        child,
        verb,
        [],
        batch.via,
        trusted,
        batch.accept_warnings,
        tx=batch.tx,
        draft=batch.draft,
        sovereign=batch.sovereign,
    )
