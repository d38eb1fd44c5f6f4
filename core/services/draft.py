"""Works out a draft of a form: the same steps as a save, up to where it would write.

Called by Reader.evaluate for the form while editing; the answer says what each field
would hold and which fields are to be seen, filled or left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.compiler import CompiledEntity, Computed
from core.expressions import Record
from core.services.batch import Batch, Change, below
from core.services.errors import Problem
from core.services.hidden import hidden_fields
from core.services.request import FormState
from core.services.scene import Scene
from core.services.steps_check import condition_holds
from core.services.steps_compute import compute, fill_defaults
from core.services.steps_input import check_access, coerce, not_found, permitted
from core.services.trees import check_tree, place_in_tree

DRAFT_STEPS: tuple[Callable[[Batch], None], ...] = (
    check_access,
    coerce,
    fill_defaults,
    place_in_tree,
    compute,
    check_tree,
)
Tests = Mapping[str, bool | Computed]


def evaluate(
    scene: Scene,
    entity: str,
    values: Mapping[str, Any],
    id_: int | None,
    changed: Collection[str] | None,
) -> FormState:
    """Return the state of a draft; values that cannot be taken are problems."""
    compiled = scene.runtime.compiled.entity(entity)
    if id_ is not None and not permitted(scene, compiled, "read", [id_]):
        # Who may change a record without seeing it gets no look at it by a draft.
        raise not_found(compiled, id_)
    given = values
    if changed is not None:
        given = _without_stirred(scene, compiled, values, changed)
    verb: Any = "create" if id_ is None else "update"
    change = Change(0, given, Record(entity, id_))
    batch = Batch(scene, compiled, verb, [change], "ui", draft=True)
    problems: list[Problem] = []
    for step in DRAFT_STEPS:
        step(batch)
        problems.extend(_taken(batch))
    _load_lines(scene, compiled, change)
    state = _state(scene, batch, change, problems)
    if compiled.duplicates is not None and changed:
        from core.services.duplicates import similar

        state = replace(state, similar=similar(scene, compiled, change.record))
    return state


def _without_stirred(
    scene: Scene,
    compiled: CompiledEntity,
    values: Mapping[str, Any],
    changed: Collection[str],
) -> dict[str, Any]:
    """The draft without suggestions whose inputs the user has just changed."""
    touched = set(changed)
    first = {name.split(".")[0] for name in touched}
    stirred = {
        derive.field
        for derive in compiled.derives
        if derive.field not in touched and any(p[0] in first for p in derive.watch)
    }
    kept = {name: value for name, value in values.items() if name not in stirred}
    for name, lines in compiled.lines.items():
        rows = kept.get(name)
        if not isinstance(rows, list | tuple):
            continue
        child = scene.runtime.compiled.entity(lines.child)
        kept[name] = [
            _without_stirred(scene, child, row, _inside(touched, name, number, lines))
            if isinstance(row, Mapping)
            else row
            for number, row in enumerate(rows)
        ]
    return kept


def _inside(touched: set[str], name: str, number: int, lines: Any) -> set[str]:
    """What was touched in one row: `lines.2.price`, or a field of the document."""
    mark = f"{name}.{number}."
    own = {one.removeprefix(mark) for one in touched if one.startswith(mark)}
    return own | {lines.back for one in touched if "." not in one and one != name}


def _taken(batch: Batch) -> list[Problem]:
    """The problems so far; the steps go on as if there were none."""
    found: list[Problem] = []
    for change in batch.changes:
        found.extend(change.problems)
        change.problems.clear()
        change.failed = False
    for child in below(batch):
        found.extend(_taken(child))
    return found


def _state(
    scene: Scene, batch: Batch, change: Change, problems: list[Problem]
) -> FormState:
    compiled = batch.entity
    names = frozenset(compiled.fields)
    hidden = {n for n, t in compiled.visible.items() if not _holds(batch, change, t)}
    required = {n for n, t in compiled.required.items() if _holds(batch, change, t)}
    closed = {n for n, t in compiled.readonly.items() if _holds(batch, change, t)}
    # Lines that a mapping makes are shown, not typed.
    closed |= {name for name, f in compiled.fields.items() if f.build is not None}
    closed |= names - scene.access.of(compiled.id).writable
    closed |= {n for n, f in compiled.fields.items() if not f.writable}
    if change.old is not None:
        closed |= {n for n, f in compiled.fields.items() if f.once}
    return FormState(
        _shown(scene, compiled, [change.record])[0],
        names - hidden,
        frozenset(required) - hidden,
        frozenset(closed),
        tuple(problems),
        _hidden(scene, compiled, change.record),
    )


def _load_lines(scene: Scene, compiled: CompiledEntity, change: Change) -> None:
    """The stored rows of lines that neither the draft nor a formula has asked for.

    A form shows them all: what it does not send again is deleted.
    """
    if change.old is None or change.record.id is None:
        return
    relations = change.record.relations
    missing = [name for name in compiled.lines if name not in relations]
    if missing:
        stored = Record(compiled.id, change.record.id, dict(change.old.values))
        scene.loader.fill(compiled.id, [stored], [(name,) for name in missing])
        relations.update({name: stored.relations[name] for name in missing})


def _hidden(scene: Scene, compiled: CompiledEntity, record: Record) -> frozenset[str]:
    if record.id is None:
        return frozenset(compiled.fields) - scene.access.of(compiled.id).readable
    return hidden_fields(scene, compiled.id, [record.id])[record.id]


def _holds(batch: Batch, change: Change, test: bool | Computed) -> bool:
    return condition_holds(batch, change, test)


def _shown(
    scene: Scene, compiled: CompiledEntity, records: Sequence[Record]
) -> list[dict[str, Any]]:
    """The values that the actor may read; a draft of his own hides nothing typed."""
    readable = scene.readable_names(compiled.id)
    ids = [record.id for record in records if record.id is not None]
    hidden = hidden_fields(scene, compiled.id, ids) if ids else {}
    secret = {n for n, field in compiled.fields.items() if field.type.write_only}
    shown: list[dict[str, Any]] = []
    for record in records:
        closed = secret | hidden.get(record.id or 0, frozenset())
        values = {
            name: value
            for name, value in record.values.items()
            if name not in closed and (name in readable or name == "position")
        }
        for name, lines in compiled.lines.items():
            rows: Sequence[Record] | None = record.relations.get(name)
            if rows is not None and name in readable and name not in closed:
                child = scene.runtime.compiled.entity(lines.child)
                values[name] = _shown(scene, child, rows)
        shown.append(values)
    return shown


__all__ = ["evaluate"]
