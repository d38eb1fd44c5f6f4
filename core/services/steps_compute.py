"""The middle steps of a save: defaults, then suggested and computed values.

Steps `fill_defaults` and `compute` of core.services.write, also run for the draft of a
form. Lines are worked out before the record that owns them, since it sums them up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from core.compiler import CompiledDerive, CompiledEntity, CompiledFormula, Computed
from core.expressions import Env, EvaluationError, Record
from core.fieldtypes import BadValue
from core.services.batch import Batch, Change, below
from core.services.loader import Path

STAMPED = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


def fill_defaults(batch: Batch) -> None:
    """Give new records every field: the default, else empty (booleans false)."""
    if batch.verb == "create":
        _complete(batch)
        prefetch(batch, batch.entity.reads.relations)
        for default in batch.entity.defaults:
            for change in batch.alive:
                if default.field not in change.explicit:
                    _put(batch, change, default.field, default.value)
            _refill(batch, default.field)
    else:
        prefetch(batch, batch.entity.reads.relations)
    for child in below(batch):
        fill_defaults(child)


def _complete(batch: Batch) -> None:
    entity, scene = batch.entity, batch.scene
    blank: dict[str, Any] = dict.fromkeys(STAMPED)
    blank.update(version=1, archived=False, archived_at=None)
    for name, field in entity.fields.items():
        if field.kind in ("lines", "group"):
            continue
        if field.kind == "links":
            blank[name] = ()
        else:
            blank[name] = field.type.coerce(None, field.definition)
    if entity.has_company:
        # Where it is optional, an empty company that somebody gives stays empty.
        blank["company"] = scene.actor.company
    for change in batch.changes:
        values = {**blank, **change.record.values, **change.explicit}
        change.record.values = values
        for name in entity.lines:
            change.record.relations.setdefault(name, ())
        for name in entity.inverses:
            change.record.relations.setdefault(name, ())


def prefetch(batch: Batch, relations: Iterable[Path]) -> None:
    """Load what the expressions of the entity read, in one go for the whole batch."""
    entity = batch.entity
    paths = {*entity.reads.this, *places_paths(entity)}
    for formula in entity.virtuals.values():
        paths |= formula.value.reads.this
    paths |= {(*relation, "id") for relation in relations}
    records = batch.records
    owner = entity.owner
    if owner is not None:
        above = [c.parent.record for c in batch.alive if c.parent is not None]
        behind = {path[1:] for path in paths if path[0] == owner.field and path[1:]}
        batch.scene.loader.fill(owner.entity, above, behind)
    batch.scene.loader.fill(entity.id, records, paths)


def places_paths(entity: CompiledEntity) -> set[Path]:
    """Paths to the decimals of the currencies that amounts of the entity are in."""
    found: set[Path] = set()
    for field in entity.fields.values():
        currency = field.definition.currency
        if currency is not None and field.definition.places is None:
            steps = tuple(currency.text.split("."))
            if steps[0] in entity.fields:
                found.add((*steps, "decimals"))
    return found


def compute(batch: Batch) -> None:
    """Refill suggested values whose inputs changed, then compute formulas."""
    for child in below(batch):
        compute(child)
    entity = batch.entity
    derives = {derive.field: derive for derive in entity.derives}
    formulas = {formula.field: formula for formula in entity.formulas}
    for change in batch.alive:
        _note_changes(entity, change)
    for name in entity.save_order:
        if name in derives:
            _derive(batch, derives[name])
            _refill(batch, name)
        elif name in formulas:
            _formula(batch, formulas[name])
        elif name in entity.virtuals:
            _formula(batch, entity.virtuals[name])
    for change in batch.alive:
        _quantize_explicit(batch, change)
        _note_changes(entity, change)


def _note_changes(entity: CompiledEntity, change: Change) -> None:
    old = change.old
    if old is None:
        return
    new = change.record.values
    for name in entity.fields:
        if name in new and name in old.values and new[name] != old.values[name]:
            change.changed.add(name)
        elif name in old.values and new.get(name) == old.values[name]:
            change.changed.discard(name)


def _derive(batch: Batch, derive: CompiledDerive) -> None:
    for change in batch.alive:
        given = change.explicit.get(derive.field)
        if derive.field in change.explicit and (change.old or given is not None):
            continue
        if change.old is not None and not _stirred(change, derive.watch):
            continue
        if not _holds(batch, change, derive.while_, True):
            continue
        if _holds(batch, change, derive.frozen, False):
            continue
        filled = change.record.values.get(derive.field) is not None
        if change.old is None and filled and derive.field in _defaulted(batch):
            continue
        _put(batch, change, derive.field, derive.value)


def _defaulted(batch: Batch) -> set[str]:
    return {default.field for default in batch.entity.defaults}


def _stirred(change: Change, watch: Iterable[Path]) -> bool:
    """Whether an input of a suggested value changed in this save."""
    for path in watch:
        if path[0] in change.changed:
            return True
        parent = change.parent
        if parent is not None and len(path) > 1:
            owner = change.record.relations.get(path[0])
            if owner is parent.record and path[1] in parent.changed:
                return True
    return False


def _holds(batch: Batch, change: Change, test: Computed | None, default: bool) -> bool:
    if test is None:
        return default
    return _run(batch, change, test) is True


def _formula(batch: Batch, formula: CompiledFormula) -> None:
    for change in batch.alive:
        if change.old is not None and _holds(batch, change, formula.frozen, False):
            continue
        _put(batch, change, formula.field, formula.value)


def _run(batch: Batch, change: Change, value: Computed) -> Any:
    return value.run(env_of(batch, change, value))


def env_of(batch: Batch, change: Change, value: Computed | None = None) -> Env:
    """The surroundings of an expression of this change."""
    return batch.scene.env(
        None if value is None else value.reads,
        this=change.record,
        old=change.old if change.old is not None else None,
        company=change.record.values.get("company"),
    )


def _put(batch: Batch, change: Change, name: str, value: Computed) -> None:
    """Compute a value and store it in the field's precision."""
    field = batch.entity.fields[name]
    try:
        found = value.run(env_of(batch, change, value))
        if found is not None and field.kind == "value":
            found = rounded(batch, change.record, name, found)
            found = field.type.coerce(found, field.definition)
    except EvaluationError as error:
        change.problem(name, "evaluation", f"{field.label}: {error}.")
        return
    except BadValue as bad:
        change.problem(name, bad.code, bad.message, facts=bad.facts)
        return
    if isinstance(found, Record):
        found = found.id
    if field.kind == "group":
        _put_group(change, field.members, name, found)
        return
    change.record.values[name] = found
    target = change.record.relations.get(name)
    if field.kind == "link" and isinstance(target, Record) and target.id != found:
        change.record.relations.pop(name, None)


def _put_group(change: Change, members: Sequence[str], name: str, found: Any) -> None:
    for member in members:
        inner = member.removeprefix(f"{name}_")
        change.record.values[member] = None if found is None else dict(found).get(inner)


def rounded(batch: Batch, record: Record, name: str, value: Any) -> Any:
    """A computed amount in the places of its field or currency, half up."""
    field = batch.entity.fields[name]
    definition = field.definition
    places = definition.places
    if places is None and definition.currency is not None and definition.per is None:
        places = currency_places(batch, record, definition.currency.text)
    return field.type.quantize(value, definition, places)


def currency_places(batch: Batch, record: Record, path: str) -> int | None:
    """The decimals of the currency at a path of the record; None if it has none."""
    steps = path.split(".")
    found: Any = record
    if steps[0] == "company" and "company" not in batch.entity.fields:
        company = batch.scene.actor.company
        if company is None:
            return None
        rows = batch.scene.loader.load(
            "base.company", [company], [(*steps[1:], "decimals")]
        )
        found, steps = rows.get(company), steps[1:]
    for step in steps:
        if not isinstance(found, Record):
            return None
        if found.values.get(step) is None:
            return None
        found = found.related(step)
    return found["decimals"] if isinstance(found, Record) else None


def _quantize_explicit(batch: Batch, change: Change) -> None:
    """Amounts that were typed are refused if finer than their currency."""
    for name, value in change.explicit.items():
        field = batch.entity.fields.get(name)
        if value is None or field is None or field.definition.currency is None:
            continue
        try:
            fitting = rounded(batch, change.record, name, value)
        except BadValue as bad:
            change.problem(name, bad.code, bad.message, facts=bad.facts)
            continue
        if fitting != value:
            change.problem(
                name,
                "too_many_places",
                f"{field.label} has more decimals than its currency: "
                f"{value} would become {fitting}. Enter {fitting}.",
            )


def _refill(batch: Batch, name: str) -> None:
    """After a link got its value: load what is read behind it."""
    field = batch.entity.fields[name]
    if field.kind not in ("link", "reference"):
        return
    paths = {path for path in batch.entity.reads.this if path[0] == name}
    paths |= {path for path in places_paths(batch.entity) if path[0] == name}
    for formula in batch.entity.virtuals.values():
        paths |= {path for path in formula.value.reads.this if path[0] == name}
    if paths:
        batch.scene.loader.fill(batch.entity.id, batch.records, paths)
