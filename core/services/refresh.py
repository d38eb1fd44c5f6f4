"""Works out stored formulas of given rows from what the database holds now.

Called by core.services.upkeep after writes and by core.services.recompute for all rows.
Where a formula has an SQL form the database computes it, for all rows in one statement;
rounding and comparing are those of the save, so both ways end at the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity, CompiledField, CompiledFormula
from core.expressions import CannotTranslate, EvaluationError, Record
from core.fieldtypes import BadValue
from core.frozen import frozen
from core.services.errors import Problem, ValidationFailed
from core.services.loader import chunks
from core.services.places import places_along
from core.services.rows import row_maker
from core.services.save_plan import DECIMALS, currency_steps
from core.services.trie import Path

if TYPE_CHECKING:
    from core.services.scene import Scene


@frozen
class Difference:
    """A row whose stored values are not what its formulas say: name -> (old, new)."""

    id: int
    values: Mapping[str, tuple[Any, Any]]


@frozen
class _Refreshing:
    """How some formulas of an entity are worked out; made once per set of formulas."""

    entity: CompiledEntity
    formulas: tuple[CompiledFormula, ...]
    statement: sa.Select[Any] | None
    in_sql: tuple[str, ...]
    paths: frozenset[Path]
    money: Mapping[str, Path]
    fit: Mapping[str, Callable[[Any], Any]]


def refresh(
    scene: Scene,
    entity: str,
    names: Iterable[str],
    ids: Iterable[int],
    problems: list[Problem] | None = None,
) -> list[Difference]:
    """Write what the formulas of these rows say now; returns the rows that changed.

    Neither version nor audit nor events of the rows tell of it. A value that cannot be
    worked out raises ValidationFailed, or is added to `problems` where that is given.
    """
    found = differences(scene, entity, names, ids, problems)
    write_back(scene, scene.runtime.compiled.entity(entity), found)
    return found


def differences(
    scene: Scene,
    entity: str,
    names: Iterable[str],
    ids: Iterable[int],
    problems: list[Problem] | None = None,
) -> list[Difference]:
    """The rows whose stored values are not what the formulas say now."""
    how = _how(scene, entity, tuple(sorted(names)))
    found: list[Difference] = []
    for chunk in chunks(sorted(ids)):
        records = scene.loader.load(entity, chunk, how.paths)
        computed = _in_sql(scene, how, chunk)
        for id_, record in sorted(records.items()):
            values = _differing(scene, how, record, computed.get(id_, {}), problems)
            if values:
                found.append(Difference(id_, values))
    return found


def _how(scene: Scene, entity: str, names: tuple[str, ...]) -> _Refreshing:
    found: _Refreshing = scene.runtime.plans.get(
        ("refresh", entity, names, scene.actor.zone),
        lambda: _make(scene, entity, names),
    )
    return found


def _make(scene: Scene, entity: str, names: tuple[str, ...]) -> _Refreshing:
    compiled = scene.runtime.compiled.entity(entity)
    known = {formula.field: formula for formula in compiled.formulas}
    formulas = tuple(known[name] for name in names)
    columns = _columns(scene, compiled, formulas)
    statement = None
    if columns:
        ids: Any = sa.bindparam("ids", expanding=True)
        statement = sa.select(compiled.table.c.id, *columns.values())
        statement = statement.where(compiled.table.c.id.in_(ids))
    money = {
        name: steps
        for name in names
        if (steps := _money_steps(scene, compiled, compiled.fields[name]))
    }
    fit = {
        name: field.type.coercer(field.definition)
        for name in names
        if (field := compiled.fields[name]).kind == "value"
    }
    paths = {(*steps, DECIMALS) for steps in money.values()}
    for formula in formulas:
        if formula.frozen is not None:
            paths |= formula.frozen.reads.this
        if formula.field not in columns:
            paths |= formula.value.reads.this
    here = compiled.table.c
    used = frozenset(path for path in paths if len(path) > 1 or path[0] not in here)
    return _Refreshing(compiled, formulas, statement, tuple(columns), used, money, fit)


def _columns(
    scene: Scene, compiled: CompiledEntity, formulas: Sequence[CompiledFormula]
) -> dict[str, sa.ColumnElement[Any]]:
    """The formulas that have an SQL form, as columns."""
    binding = scene.around.binding(compiled.table, scene.runtime.compiled)
    columns: dict[str, sa.ColumnElement[Any]] = {}
    for formula in formulas:
        if formula.sql is None or not _in_one_column(compiled.fields[formula.field]):
            continue
        with suppress(CannotTranslate):
            columns[formula.field] = formula.sql(binding).label(formula.field)
    return columns


def _in_one_column(field: CompiledField) -> bool:
    return field.kind in ("value", "link") and len(field.columns) == 1


def _money_steps(scene: Scene, one: CompiledEntity, field: CompiledField) -> Path:
    """The way to the currency whose decimals an amount has; that of its document."""
    steps = currency_steps(one, field)
    if not steps or steps[0] != "company" or "company" in one.fields:
        return steps
    if one.owner is None:
        return ()
    owner = scene.runtime.compiled.entity(one.owner.entity)
    if "company" in owner.fields:
        return (one.owner.field, *steps)
    return ()


def _in_sql(
    scene: Scene, how: _Refreshing, ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    if how.statement is None:
        return {}
    rows = scene.connection.execute(how.statement, {**scene.parameters, "ids": ids})
    return {row[0]: dict(zip(how.in_sql, row[1:], strict=True)) for row in rows}


def _differing(
    scene: Scene,
    how: _Refreshing,
    record: Record,
    computed: Mapping[str, Any],
    problems: list[Problem] | None,
) -> dict[str, tuple[Any, Any]]:
    found = {}
    env = replace(scene.plain_env, this=record, me=None, company=None)
    for formula in how.formulas:
        name = formula.field
        if formula.frozen is not None and formula.frozen.run(env) is True:
            continue
        try:
            value = computed[name] if name in computed else formula.value.run(env)
            value = _fitted(how, record, name, value)
        except (EvaluationError, BadValue) as error:
            problem = _impossible(how.entity, record, name, error)
            if problems is None:
                raise ValidationFailed([problem]) from error
            problems.append(problem)
            continue
        before = record.values.get(name)
        if value != before:
            found[name] = (before, value)
    return found


def _fitted(how: _Refreshing, record: Record, name: str, value: Any) -> Any:
    field = how.entity.fields[name]
    if isinstance(value, Record):
        return value.ref if field.kind == "reference" else value.id
    if value is None:
        if field.definition.type == "boolean":
            return field.type.coerce(None, field.definition)
        return None
    steps = how.money.get(name)
    places = field.definition.places
    if steps is not None:
        places = places_along(record, steps)
    fit = how.fit.get(name)
    if fit is None:
        return value
    return fit(field.type.quantize(value, field.definition, places))


def _impossible(
    entity: CompiledEntity, record: Record, name: str, error: Exception
) -> Problem:
    label = entity.fields[name].label
    message = f"{label} of {entity.label} {record.id} cannot be worked out: {error}."
    facts = {"entity": entity.id, "id": record.id}
    return Problem(None, "evaluation", message, facts=facts)


def write_back(
    scene: Scene, entity: CompiledEntity, found: Sequence[Difference]
) -> None:
    """Write values that follow from others; version, audit and events do not tell."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    maker = row_maker(scene.runtime, entity)
    for one in found:
        values = {name: new for name, (_, new) in one.values.items()}
        columns = maker.some(values, set(values))
        row = {f"v_{key}": value for key, value in columns.items()}
        groups.setdefault(tuple(sorted(row)), []).append({**row, "b_id": one.id})
    for keys, rows in groups.items():
        statement = scene.runtime.plans.get(
            ("keep", entity.id, keys), partial(_statement, entity.table, keys)
        )
        scene.connection.execute(statement, rows)


def _statement(table: sa.Table, keys: Sequence[str]) -> sa.Update:
    values: dict[str, Any] = {key.removeprefix("v_"): sa.bindparam(key) for key in keys}
    return table.update().where(table.c.id == sa.bindparam("b_id")).values(values)
