"""The middle steps of a save: defaults, then suggested and computed values.

Steps `fill_defaults` and `compute` of core.services.write, also run for the draft of a
form. What rows read of their document is worked out first, then the rows, then what
the document sums up of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from core.compiler import CompiledField, Computed
from core.expressions import EvaluationError, Record
from core.fieldtypes import BadValue
from core.services.batch import Batch, Change, Lines, LinesPatch, below
from core.services.places import currency_places, round_given
from core.services.rows_ahead import read_ahead
from core.services.save_plan import Calculation
from core.services.spreading import spread
from core.services.trie import Path


def fill_defaults(batch: Batch) -> None:
    """Give new records every field: the default, else empty (booleans false)."""
    if batch.verb == "create":
        _complete(batch)
    prefetch(batch)
    if batch.verb == "create":
        for default in batch.entity.defaults:
            read_ahead(batch, batch.changes, default.value)
            name = default.field
            open_ = [c for c in batch.alive if name not in c.explicit]
            _put(batch, open_, name, default.value)
            _refill(batch, default.field)
    for child in below(batch):
        fill_defaults(child)


def _complete(batch: Batch) -> None:
    entity = batch.entity
    blank = dict(batch.plan.blank)
    if entity.has_company:
        # Where it is optional, an empty company that somebody gives stays empty.
        blank["company"] = batch.scene.actor.company
    many = (*entity.lines, *entity.inverses)
    for change in batch.changes:
        record = change.record
        record.values = {**blank, **record.values, **change.explicit}
        for name in many:
            record.relations.setdefault(name, ())


def prefetch(batch: Batch) -> None:
    """Load what the expressions of the entity read, in one go for the whole batch."""
    entity, plan, loader = batch.entity, batch.plan, batch.scene.loader
    records = batch.records
    if plan.above and entity.owner is not None:
        owners = {
            id(change.parent): change.parent.record
            for change in batch.changes
            if change.parent is not None
        }
        if owners:
            loader.fill(entity.owner.entity, list(owners.values()), plan.above)
        else:
            step = entity.owner.field
            loader.fill(entity.id, records, [(step, *path) for path in plan.above])
    if plan.paths:
        loader.fill(entity.id, records, plan.paths)
    on_their_way = {lines.field: lines.given for lines in batch.lines}
    for name, paths in plan.rows.items():
        given = on_their_way.get(name, set())
        stored = [
            change.record
            for change in batch.changes
            if change.old is not None and id(change) not in given
        ]
        if paths and stored:
            loader.fill(entity.id, stored, paths)


def compute(batch: Batch) -> None:
    """Refill suggested values whose inputs changed, then compute formulas."""
    _work_out(batch, batch.plan.early)
    _stir_lines(batch)
    for child in below(batch):
        compute(child)
    if not batch.entity.spreads:
        _build(batch)
    _work_out(batch, batch.plan.late)
    for child in below(batch):
        _work_out(child, child.plan.echo)
    if batch.entity.spreads:
        if spread(batch):
            # What rows and their document make of the shares.
            for child in below(batch):
                compute(child)
        _build(batch)
        _work_out(batch, batch.plan.late)
    round_given(batch)
    _note_lines(batch)


def _build(batch: Batch) -> None:
    """Lines that a mapping makes of the rows, which are worked out by now."""
    from core.services.building import build_lines
    from core.services.steps_input import coerce

    def work_out(part: Batch) -> None:
        fill_defaults(part)
        compute(part)

    build_lines(batch, coerce, work_out)


def _work_out(batch: Batch, calculations: Sequence[Calculation]) -> None:
    for calculation in calculations:
        due = batch.alive
        if not calculation.always:
            due = [change for change in due if _is_due(batch, change, calculation)]
        if calculation.heavy and due:
            records = [change.record for change in due]
            paths = calculation.value.reads.this
            batch.scene.loader.fill(batch.entity.id, records, paths)
        read_ahead(batch, due, calculation.value)
        _put(batch, due, calculation.name, calculation.value)
        _refill(batch, calculation.name)


def _is_due(batch: Batch, change: Change, calculation: Calculation) -> bool:
    derive = calculation.derive
    if derive is not None and not _is_stirred(change, calculation, derive.watch):
        return False
    if calculation.heavy and not _calls_for(batch, change, calculation):
        return False
    frozen = calculation.frozen
    if frozen is not None and _was_frozen(batch, change, frozen):
        return False
    if derive is None or derive.while_ is None:
        return True
    return derive.while_.run(batch.env(change)) is True


def _calls_for(batch: Batch, change: Change, calculation: Calculation) -> bool:
    """Whether a save changes what a heavy formula reads of the record or its rows.

    What it reads elsewhere is followed by the step `upkeep`, so the value is right.
    """
    if change.old is None or calculation.inputs & change.changed:
        return True
    return any(id(change) in lines.given for lines in batch.lines)


def _is_stirred(
    change: Change, calculation: Calculation, watch: Iterable[Path]
) -> bool:
    """Whether a suggestion may replace the value: nobody gave one, an input changed."""
    name = calculation.name
    given = change.explicit.get(name)
    if change.old is None:
        if given is not None:
            return False
        return not (
            calculation.defaulted and change.record.values.get(name) is not None
        )
    if name in change.explicit:
        return False
    for path in watch:
        if path[0] in change.changed:
            return True
        parent = change.parent
        if parent is None or len(path) < 2 or path[1] not in parent.changed:
            continue
        if change.record.relations.get(path[0]) is parent.record:
            return True
    return False


def _was_frozen(batch: Batch, change: Change, frozen: Computed) -> bool:
    """Frozen before and still so: the save that freezes computes a last time."""
    if change.old is None:
        return False
    env = batch.env(change)
    if frozen.run(env) is not True:
        return False
    env.this = change.old
    found = frozen.run(env) is True
    env.this = change.record
    return found


def _stir_lines(batch: Batch) -> None:
    """Rows that read a changed field of their document are worked out again with it."""
    from core.services.lines_input import add_lines
    from core.services.steps_input import coerce

    on_their_way = {lines.field: lines for lines in batch.lines}
    for name, fields in batch.plan.stirring.items():
        present: Lines | None = on_their_way.get(name)
        given = set() if present is None else present.given
        stirred = [
            change
            for change in batch.changes
            if change.old is not None
            and not change.failed
            and id(change) not in given
            and fields & change.changed
        ]
        if present is not None and present.quiet:
            _wake(batch, present, fields)
        if not stirred:
            continue
        patches = [(change, LinesPatch()) for change in stirred]
        add_lines(batch, name, patches, coerce)
        for part in batch.lines[-1].batches:
            fill_defaults(part)


def _wake(batch: Batch, lines: Lines, fields: frozenset[str]) -> None:
    """Rows that a patch left alone are worked out as well."""
    from core.services.lines_input import stir

    stirred = [c for c in batch.changes if not c.failed and fields & c.changed]
    if stirred:
        stir(batch, lines, stirred)
        prefetch(lines.updated)


def _note_lines(batch: Batch) -> None:
    """A record changes with its rows."""
    for lines in batch.lines:
        for part in lines.batches:
            for change in part.changes:
                new = change.old is None
                if change.parent is not None and (new or change.changed):
                    change.parent.changed.add(lines.field)


def _put(batch: Batch, changes: Sequence[Change], name: str, value: Computed) -> None:
    """Compute a value and keep it in the field's precision."""
    field = batch.entity.fields[name]
    fitted = _fitter(batch, field)
    virtual = name in batch.entity.virtuals
    empty = None
    if field.definition.type == "boolean":
        empty = field.type.coerce(None, field.definition)
    lists = _lists_alone(batch, value)
    without: dict[str, Any] = {}
    for change in changes:
        if change.failed:
            continue
        try:
            alike = bool(lists) and _has_none(change, lists)
            if alike and without:
                found = without["value"]
            else:
                found = value.run(batch.env(change))
            if alike:
                without["value"] = found
            if found is not None:
                found = fitted(change, found)
        except EvaluationError as error:
            change.problem(name, "evaluation", f"{field.label}: {error}.")
            continue
        except BadValue as bad:
            change.problem(name, bad.code, bad.message, facts=bad.facts)
            continue
        if field.kind == "group":
            _put_group(change, field.members, len(name) + 1, found)
        elif virtual:
            change.record.values[name] = found
        else:
            change.set(name, empty if found is None else found)


def _lists_alone(batch: Batch, value: Computed) -> frozenset[str]:
    """The lists of the record that are all that an expression reads, else none.

    Of records that have no rows in them it makes the same: it is run for one of them.
    """
    reads, entity = value.reads, batch.entity
    if reads.of or len(batch.changes) == 1:
        return frozenset()
    names = frozenset(path[0] for path in reads.this)
    many = entity.lines.keys() | entity.inverses.keys()
    return names if names <= many else frozenset()


def _has_none(change: Change, lists: Iterable[str]) -> bool:
    # A loop of its own: this is asked for every list formula of every new record.
    relations = change.record.relations
    for name in lists:  # noqa: SIM110
        if relations.get(name, True):
            return False
    return True


def _fitter(batch: Batch, field: CompiledField) -> Callable[[Change, Any], Any]:
    """What makes of a computed value one of the field: ids, and its precision."""
    name, kind, definition = field.name, field.kind, field.definition
    fit = batch.plan.fit.get(name)
    by_currency = name in batch.plan.money

    def fitted(change: Change, found: Any) -> Any:
        if isinstance(found, Record):
            found = found.ref if kind == "reference" else found.id
        elif kind == "links" and isinstance(found, tuple):
            found = tuple(getattr(one, "id", one) for one in found)
        if fit is None or found is None:
            return found
        places = definition.places
        if by_currency:
            places = currency_places(batch, change, name)
        return fit(field.type.quantize(found, definition, places))

    return fitted


def _put_group(change: Change, members: Sequence[str], cut: int, found: Any) -> None:
    values = found if isinstance(found, dict) else {}
    for member in members:
        change.set(member, values.get(member[cut:]))


def _refill(batch: Batch, name: str) -> None:
    """After a link got its value: load what is read behind it."""
    paths = batch.plan.behind.get(name)
    if paths:
        batch.scene.loader.fill(batch.entity.id, batch.records, paths)
