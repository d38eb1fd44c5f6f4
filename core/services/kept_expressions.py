"""Runs expressions that users keep as data, on one record each.

Asked by `holds` and `value_of` through the scene. A text is parsed and checked once per
generation; it reads with full rights, as every rule does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.compiler.computing import reads_of
from core.diagnostics import Diagnostics
from core.expressions import (
    CHECK,
    VALUE,
    EvaluationError,
    NotLoaded,
    Record,
    Scope,
    Type,
    Typed,
    to_python,
    typecheck,
)
from core.expressions.types import Kind

if TYPE_CHECKING:
    from core.services.scene import Scene


def run_text(
    scene: Scene, text: str, entity: str, result: str, of: Record | int
) -> Any:
    """The value of a kept expression over a record, given as record or id.

    EvaluationError where the text does not fit the entity any more.
    """
    typed, run = scene.runtime.plans.get(
        ("kept expression", entity, result, text),
        lambda: _compiled(scene, text, entity, result),
    )
    record = _loaded(scene, entity, of)
    if record is None:
        return None
    env = scene.env(reads_of(typed), this=record)
    try:
        return run(env)
    except NotLoaded:
        # What it reads behind links could not be known before it was read.
        copy = Record(entity, record.id, dict(record.values), dict(record.relations))
        missing = [p for p in typed.reads if len(p) > 1 and not _is_there(copy, p)]
        scene.loader.fill(entity, [copy], missing)
        return run(scene.env(reads_of(typed), this=copy))


def _is_there(record: Record, path: tuple[str, ...]) -> bool:
    """Whether everything along a path of links has been loaded."""
    for step in path[:-1]:
        if not record.is_loaded(step):
            return False
        found = record.related(step)
        if not isinstance(found, Record):
            return True
        record = found
    return True


def _compiled(scene: Scene, text: str, entity: str, result: str) -> tuple[Typed, Any]:
    found = Diagnostics()
    slot = CHECK if result == str(Kind.BOOLEAN) else VALUE
    schema = scene.runtime.compiled.registry.schema
    expected = Type(Kind(result))
    scope = Scope(schema, entity, slot, expected=expected, may_reveal=False)
    typed = typecheck(text, scope, found)
    if typed is None:
        said = next((item.message for item in found), "it cannot be read")
        raise EvaluationError(f"the expression '{text[:60]}' does not fit: {said}")
    return typed, to_python(typed)


def _loaded(scene: Scene, entity: str, of: Record | int) -> Record | None:
    if isinstance(of, Record):
        return of
    memory = scene.plain_env.memory
    key = ("kept expression", entity, of)
    if key not in memory:
        memory[key] = scene.loader.load(entity, [of]).get(of)
    found: Record | None = memory[key]
    return found
