"""What a link of a draft may lead to: its `where` and its company, over the draft.

Called by core.services.query for look-ups and pickers. The draft is what a form or a
client has so far; values that cannot be taken count as empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record, to_sql_condition
from core.fieldtypes import BadValue
from core.services.errors import BadQuery
from core.services.request import Candidates
from core.services.scene import Scene


def condition(
    scene: Scene, entity: str, candidates: Candidates
) -> sa.ColumnElement[bool]:
    """The condition over the target's table; BadQuery if there is no such link."""
    compiled = scene.runtime.compiled
    owner = compiled.entity(candidates.entity)
    if candidates.action is not None:
        return _asked(scene, owner, candidates)
    field = owner.fields.get(candidates.field)
    if field is None or entity not in field.targets:
        raise BadQuery(
            f"{owner.label} has no link '{candidates.field}' to this entity.",
            parameter="field",
        )
    draft = _draft(scene, owner, candidates.values)
    table = compiled.tables[entity]
    parts: list[sa.ColumnElement[bool]] = [_company(scene, entity, table, draft)]
    if field.where is not None and field.where.typed is not None:
        paths = field.where.reads.this
        _fill(scene, owner, draft, paths)
        binding = compiled.binding(
            {"it": table},
            scene.around.parameters,
            env=scene.env(field.where.reads, this=draft),
            ref=scene.ref_id,
        )
        parts.append(to_sql_condition(field.where.typed, binding, compiled.dialect))
    return sa.and_(*parts)


def _asked(
    scene: Scene, owner: CompiledEntity, candidates: Candidates
) -> sa.ColumnElement[bool]:
    """The condition of a link in the small form of a button, at its record."""
    from core.services.answers import link_condition

    action = owner.actions.get(candidates.action or "")
    asked = None if action is None else action.ask.get(candidates.field)
    id_ = candidates.record or 0
    record = scene.loader.load(owner.id, [id_]).get(id_)
    if action is not None and action.definition.place == "list":
        record = Record(owner.id, None, {})
    if asked is None or record is None:
        raise BadQuery(
            f"{owner.label} has no such button, or the record is gone.",
            parameter="field",
        )
    found = link_condition(scene, asked, record)
    return sa.true() if found is None else found


def _draft(scene: Scene, owner: CompiledEntity, values: Mapping[str, Any]) -> Record:
    """The draft as a record; a document may stand inside the draft of its row."""
    draft = Record(owner.id, None, {"id": None})
    for name, field in owner.fields.items():
        if field.kind in ("lines", "group") or name in owner.virtuals:
            continue
        raw = values.get(name)
        above = owner.owner is not None and name == owner.owner.field
        if above and owner.owner is not None and isinstance(raw, Mapping):
            parent = scene.runtime.compiled.entity(owner.owner.entity)
            draft.relations[name] = _draft(scene, parent, raw)
            draft.values[name] = raw.get("id")
            continue
        try:
            draft.values[name] = field.type.coerce(raw, field.definition)
        except BadValue:
            draft.values[name] = None
    return draft


def _fill(
    scene: Scene, owner: CompiledEntity, draft: Record, paths: frozenset[Any]
) -> None:
    """Load what the condition reads, through a document that is a draft as well."""
    up = owner.owner.field if owner.owner is not None else None
    parent = draft.relations.get(up) if up is not None else None
    if parent is not None and owner.owner is not None:
        behind = [path[1:] for path in paths if path[0] == up and path[1:]]
        scene.loader.fill(owner.owner.entity, [parent], behind)
        paths = frozenset(path for path in paths if path[0] != up)
    for name in (*owner.lines, *owner.inverses):
        draft.relations.setdefault(name, ())
    scene.loader.fill(owner.id, [draft], paths)


def _company(
    scene: Scene, entity: str, table: sa.Table, draft: Record
) -> sa.ColumnElement[bool]:
    """Records of the draft's company, and those that are shared."""
    target = scene.runtime.compiled.entity(entity)
    owner = scene.runtime.compiled.entity(draft.entity)
    company = draft.values.get("company")
    if owner.owner is not None and company is None:
        above = draft.relations.get(owner.owner.field)
        company = None if above is None else above.values.get("company")
    if not target.has_company or company is None:
        return sa.true()
    return sa.or_(table.c.company == company, table.c.company.is_(None))
