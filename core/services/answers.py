"""The small form of a button: what it begins with, and whether the answers will do.

Called by core.services.actions for a click and by pages to fill the form; the rules are
those of the fields under `ask`: type, default, required, and where a link may lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledAction, CompiledField
from core.expressions import Record, to_sql_condition
from core.fieldtypes import BadValue
from core.services.errors import Problem, ValidationFailed
from core.services.scene import Scene
from core.services.titles import titles


def ask_defaults(
    scene: Scene, entity: str, id_: int, action: CompiledAction
) -> dict[str, Any]:
    """Return the value that each field of the form begins with, where it has one."""
    if action.conditions is None or not action.conditions.defaults:
        return {}
    defaults = action.conditions.defaults
    paths = {path for one in defaults for path in one.value.reads.this}
    record = scene.loader.load(entity, [id_], paths).get(id_)
    values: dict[str, Any] = {}
    for one in defaults:
        value = one.value.run(scene.env(one.value.reads, this=record))
        asked = action.ask[one.field]
        try:
            plain = value.id if isinstance(value, Record) else value
            values[one.field] = asked.type.coerce(plain, asked.definition)
        except BadValue:
            continue
    return values


def checked_answers(
    scene: Scene, action: CompiledAction, record: Record, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answers under their names `ask.<field>`; ValidationFailed names each.

    What was not answered takes its default. A link is a record that the actor may see
    and that meets the condition of the field.
    """
    values = {**ask_defaults(scene, record.entity, record.id or 0, action), **given}
    problems = [_unknown(action, name) for name in given.keys() - action.ask.keys()]
    answers: dict[str, Any] = {}
    for name, field in action.ask.items():
        try:
            value = field.type.coerce(values.get(name), field.definition)
        except BadValue as bad:
            problems.append(Problem(name, bad.code, bad.message, facts=bad.facts))
            continue
        if value is None and field.definition.required is True:
            problems.append(Problem(name, "required", f"{field.label} is required."))
        elif not _is_pickable(scene, field, record, value):
            message = f"{field.label}: this cannot be chosen here."
            problems.append(Problem(name, "unknown_target", message))
        answers[f"ask.{name}"] = _answer(scene, action, field, value)
    if problems:
        raise ValidationFailed(problems)
    return answers


def _unknown(action: CompiledAction, name: str) -> Problem:
    message = f"'{action.label}' does not ask for '{name}'."
    return Problem(name, "unknown_field", message)


def _is_pickable(
    scene: Scene, field: CompiledField, record: Record, target_id: Any
) -> bool:
    if target_id is None or field.kind != "link":
        return True
    target = field.targets[0]
    if target_id not in titles(scene, target, [target_id]):
        return False
    condition = link_condition(scene, field, record)
    if condition is None:
        return True
    table = scene.runtime.compiled.tables[target]
    statement = sa.select(table.c.id).where(table.c.id == target_id, condition)
    found = scene.connection.execute(statement, dict(scene.parameters)).first()
    return found is not None


def link_condition(
    scene: Scene, field: CompiledField, record: Record
) -> sa.ColumnElement[bool] | None:
    """The condition of a link of the form over its target; None for none."""
    if field.where is None or field.where.typed is None:
        return None
    compiled = scene.runtime.compiled
    scene.loader.fill(record.entity, [record], field.where.reads.this)
    binding = compiled.binding(
        {"it": compiled.tables[field.targets[0]]},
        scene.around.parameters,
        env=scene.env(field.where.reads, this=record),
        ref=scene.ref_id,
    )
    return to_sql_condition(field.where.typed, binding, compiled.dialect)


def _answer(
    scene: Scene, action: CompiledAction, field: CompiledField, value: Any
) -> Any:
    """A picked record with what the action reads behind it, else the value itself."""
    if value is None or field.kind != "link":
        return value
    paths = action.reads.of.get(f"ask.{field.name}", frozenset())
    return scene.loader.load(field.targets[0], [value], paths).get(value)
