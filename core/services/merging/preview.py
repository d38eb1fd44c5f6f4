"""What a merge would do, for the page that asks before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.frozen import frozen
from core.services.deletion import leading_here
from core.services.hidden import hidden_fields

if TYPE_CHECKING:
    from core.services.reader import Reader


@frozen
class Moving:
    """So many records of an entity lead by a field to the records that go."""

    entity: str
    field: str
    count: int


def takeable(reader: Reader, entity: CompiledEntity, ids: Sequence[int]) -> list[str]:
    """The fields whose values the survivor may take over from another record.

    Those that the actor may write, and read in all of the records. Lines and lists of
    links are not among them: they are united.
    """
    rights = reader.access.of(entity.id)
    hidden = hidden_fields(reader.scene, entity.id, ids)
    closed = frozenset[str]().union(*hidden.values())
    return [
        name
        for name, field in entity.fields.items()
        if field.kind not in ("lines", "links", "group")
        and field.writable
        and not (field.computed or field.once or field.type.write_only)
        and name in rights.writable
        and name in rights.readable
        and name not in closed
        and name != "company"
    ]


def preview(
    reader: Reader, entity: CompiledEntity, others: Sequence[int]
) -> Iterator[Moving]:
    """What would move to the survivor, as far as the actor may read it."""
    scene = reader.scene
    for other_id, name, _ in leading_here(scene, entity.id):
        if not scene.access.can(other_id, "read"):
            continue
        other = scene.runtime.compiled.entity(other_id)
        table = other.table
        if other.fields[name].kind == "links":
            pairs = scene.runtime.compiled.association_tables[other_id, name]
            sources = sa.select(pairs.c.source).where(pairs.c.target.in_(others))
            where: list[sa.ColumnElement[bool]] = [table.c.id.in_(sources)]
        else:
            where = [table.c[name].in_(others)]
            if other.fields[name].kind == "reference":
                where.append(table.c[f"{name}_entity"] == entity.id)
        allowed = scene.access.condition(other_id, "read", table, scene.around)
        if allowed is not None:
            where.append(allowed)
        statement = sa.select(sa.func.count()).select_from(table).where(*where)
        count = scene.connection.scalar(statement, scene.parameters) or 0
        if count:
            yield Moving(other_id, name, count)
