"""Titles of linked records and values behind paths, one statement per target entity.

Called by query and scene after the rows are there. Linked records that the actor may
not read stay without a title and their paths without a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.expressions import Record, Ref
from core.services.order_terms import target_of

if TYPE_CHECKING:
    from core.services.scene import Scene

TITLE = "_title"
Path = tuple[str, ...]


def title_of(record: Record, link: str) -> str | None:
    """The title of what a link of a record of a page leads to; None if unknown."""
    target = record.relations.get(link)
    if isinstance(target, Record):
        found = target.values.get(TITLE)
        return None if found is None else str(found)
    return None


def titles(scene: Scene, entity: str, ids: Iterable[int]) -> dict[int, str]:
    """Titles of the records of an entity that the actor may read, by id."""
    wanted = sorted(set(ids))
    if not wanted or entity not in scene.runtime.compiled.tables:
        return {}
    if not scene.access.can(entity, "read"):
        return {}
    statement = scene.runtime.plans.get(
        ("titles", entity, scene.rights_key), lambda: _statement(scene, entity)
    )
    parameters: dict[str, Any] = {**scene.parameters, "ids": wanted}
    rows = scene.connection.execute(statement, parameters)
    return {id_: str(id_ if title is None else title) for id_, title in rows}


def add_titles(
    scene: Scene, entity: str, records: Sequence[Record], names: Iterable[str]
) -> None:
    """Put a record with its title behind each link of the records."""
    compiled = scene.runtime.compiled.entity(entity)
    wanted: dict[str, set[int]] = {}
    links: list[tuple[str, str | None]] = []
    for name in names:
        field = compiled.fields.get(name)
        target = target_of(compiled, name)
        if target is None and (field is None or field.kind != "reference"):
            continue
        links.append((name, target))
        for record in records:
            value = record.values.get(name)
            if value is not None:
                key = value.entity if isinstance(value, Ref) else str(target)
                wanted.setdefault(key, set()).add(getattr(value, "id", value))
    found = {key: titles(scene, key, ids) for key, ids in wanted.items()}
    for name, target in links:
        for record in records:
            value = record.values.get(name)
            if value is None:
                continue
            key = value.entity if isinstance(value, Ref) else str(target)
            id_: int = getattr(value, "id", value)
            title = found[key].get(id_)
            if title is not None:
                record.relations[name] = Record(key, id_, {"id": id_, TITLE: title})


def add_paths(
    scene: Scene, entity: str, records: Sequence[Record], paths: Iterable[Path]
) -> None:
    """Put the values behind dotted paths into the records under the dotted names."""
    compiled = scene.runtime.compiled.entity(entity)
    by_link: dict[str, list[Path]] = {}
    for path in paths:
        by_link.setdefault(path[0], []).append(path)
    for link, behind in by_link.items():
        target = target_of(compiled, link)
        assert target is not None
        ids = {r.values[link] for r in records if r.values.get(link) is not None}
        rows = _targets(scene, target, ids, behind)
        for record in records:
            row = rows.get(record.values.get(link))
            for path in behind:
                rest = ".".join(path[1:])
                value = None if row is None else row.values.get(rest)
                record.values[".".join(path)] = value


def _targets(
    scene: Scene, entity: str, ids: set[int], behind: Sequence[Path]
) -> dict[Any, Record]:
    """The readable target rows with the rest of each path as a value."""
    readable = titles(scene, entity, ids)
    from core.services.showing import finish

    loaded = scene.loader.load(entity, readable, {path[1:2] for path in behind})
    records = list(loaded.values())
    finish(scene, entity, records, {path[1] for path in behind})
    deeper = [path[1:] for path in behind if len(path) > 2]
    if deeper:
        add_paths(scene, entity, records, deeper)
    shown = [path[1] for path in behind if len(path) == 2]
    add_titles(scene, entity, records, shown)
    return {record.id: record for record in records}


def _statement(scene: Scene, entity: str) -> sa.Select[Any]:
    compiled = scene.runtime.compiled.entity(entity)
    binding = scene.around.binding(compiled.table, scene.runtime.compiled)
    title = compiled.title_sql(binding)
    first = {path[0] for path in compiled.titled.reads.this}
    hidden = scene.access.of(entity).read_conditions.keys()
    if not first <= scene.readable_names(entity) or first & hidden:
        # Without its fields a record has no name but its id.
        title = sa.null()
    statement = sa.select(compiled.table.c.id, title).where(
        compiled.table.c.id.in_(sa.bindparam("ids", expanding=True))
    )
    allowed = scene.access.condition(entity, "read", compiled.table, scene.around)
    return statement if allowed is None else statement.where(allowed)
