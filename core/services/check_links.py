"""Checks what links lead to: it exists, may be seen, fits the company and `where`.

Called by the step `validate`. A target that is not there and one that may not be seen
get the same answer; one statement per link field and target entity serves a batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledField
from core.expressions import Ref, to_sql_condition
from core.services.batch import Batch, Change, company_of
from core.services.loader import chunks

Pairs = list[tuple[Change, int]]


def check_links(batch: Batch) -> None:
    """Check every link of the batch that is new or whose condition may have changed."""
    for name, field in batch.entity.fields.items():
        if field.kind in ("link", "links", "reference"):
            _field(batch, name, field)


def _field(batch: Batch, name: str, field: CompiledField) -> None:
    owner = batch.entity.owner
    stirred = {path[0] for path in field.where.reads.this} if field.where else set()
    wanted: dict[str, Pairs] = {}
    for change in batch.sound:
        if owner is not None and owner.field == name and change.parent is not None:
            continue
        fresh = change.old is None or name in change.changed
        if not fresh and not stirred & change.changed:
            continue
        for entity, id_ in _ids(change.record.values.get(name), field):
            wanted.setdefault(entity, []).append((change, id_))
    for entity, pairs in wanted.items():
        if entity in field.targets:
            _targets(batch, field, entity, pairs)
            continue
        for change, _ in pairs:
            message = f"{field.label} cannot lead there."
            change.problem(name, "wrong_target", message)


def _ids(value: Any, field: CompiledField) -> Iterable[tuple[str, int]]:
    if value is None:
        return
    if isinstance(value, Ref):
        yield value.entity, value.id
    elif isinstance(value, tuple):
        for one in value:
            yield field.targets[0], one
    else:
        yield field.targets[0], value


def _targets(batch: Batch, field: CompiledField, entity: str, pairs: Pairs) -> None:
    target = batch.scene.runtime.compiled.entity(entity)
    typed = {id_ for change, id_ in pairs if field.name in change.explicit}
    chosen = {id_ for change, id_ in pairs if field.name not in change.explicit}
    # What a default or a formula of the author chose need not be visible.
    seen = {
        **_existing(batch, entity, chosen - typed, trusted=True),
        **_existing(batch, entity, typed, trusted=batch.trusted),
    }
    for change, id_ in pairs:
        if id_ not in seen:
            message = (
                f"{field.label}: there is no {target.label} with the id {id_}, "
                "or you may not see it."
            )
            change.problem(field.name, "unknown_target", message)
        elif target.has_company and not _same_company(change, seen[id_]):
            message = f"{field.label} belongs to another company."
            change.problem(field.name, "other_company", message)
    if field.where is None or field.where.typed is None:
        return
    allowed = _allowed(batch, field, entity, pairs)
    for change, id_ in pairs:
        if id_ in seen and id_ not in allowed[id(change)]:
            message = f"{field.label}: this {target.label} cannot be chosen here."
            change.problem(field.name, "not_allowed_target", message)


def _existing(
    batch: Batch, entity: str, ids: set[int], trusted: bool
) -> dict[int, int | None]:
    """Targets that exist and, unless trusted, that the actor may see: id -> company."""
    if not ids:
        return {}
    scene = batch.scene
    key = ("targets", entity, None if trusted else scene.rights_key)
    statement = scene.runtime.plans.get(key, lambda: _statement(batch, entity, trusted))
    found: dict[int, int | None] = {}
    for chunk in chunks(sorted(ids)):
        parameters = {**scene.parameters, "ids": chunk}
        for id_, owner in scene.connection.execute(statement, parameters):
            found[id_] = owner
    return found


def _statement(batch: Batch, entity: str, trusted: bool) -> sa.Select[Any]:
    scene = batch.scene
    table = scene.runtime.compiled.tables[entity]
    company = table.c.get("company")
    shown = sa.null().label("company") if company is None else company
    statement = sa.select(table.c.id, shown).where(
        table.c.id.in_(sa.bindparam("ids", expanding=True))
    )
    if trusted:
        return statement
    allowed = scene.access.condition(entity, "read", table, scene.around)
    return statement if allowed is None else statement.where(allowed)


def _same_company(change: Change, company: int | None) -> bool:
    own = company_of(change)
    return company is None or own is None or own == company


def _allowed(
    batch: Batch, field: CompiledField, entity: str, pairs: Pairs
) -> dict[int, set[int]]:
    """Per change, the targets that meet the link's `where`.

    Changes whose values the condition reads are equal share one statement.
    """
    assert field.where is not None
    paths = sorted(field.where.reads.this)
    single = all(len(path) == 1 for path in paths)
    groups: dict[Any, Pairs] = {}
    for change, id_ in pairs:
        values = change.record.values
        known = tuple(values.get(path[0]) for path in paths) if single else id(change)
        groups.setdefault((known, company_of(change)), []).append((change, id_))
    allowed: dict[int, set[int]] = {}
    for some in groups.values():
        ids = {id_ for _, id_ in some}
        found = _meeting(batch, field, entity, some[0][0], ids)
        for change, _ in some:
            allowed[id(change)] = found
    return allowed


def _meeting(
    batch: Batch, field: CompiledField, entity: str, change: Change, ids: set[int]
) -> set[int]:
    assert field.where is not None
    assert field.where.typed is not None
    scene, compiled = batch.scene, batch.scene.runtime.compiled
    table = compiled.tables[entity]
    binding = compiled.binding(
        {"it": table},
        scene.around.parameters,
        env=batch.env(change),
        ref=scene.ref_id,
    )
    condition = to_sql_condition(field.where.typed, binding, compiled.dialect)
    statement = sa.select(table.c.id).where(
        table.c.id.in_(sa.bindparam("ids", expanding=True)), condition
    )
    found: set[int] = set()
    for chunk in chunks(sorted(ids)):
        parameters = {**scene.parameters, "ids": chunk}
        found.update(scene.connection.scalars(statement, parameters))
    return found


__all__ = ["check_links"]
