"""What must be unique: constraints of an entity and fields marked `unique`.

Called by the entity builder (for messages) and by the index builder (for the index
that keeps it), so both agree on names and columns.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.compiler.computing import Computing
from core.compiler.naming import table_name, unique_name
from core.compiler.parts import CompiledUnique
from core.compiler.tables import FlatField
from core.registry import Registry

COMPANY = "company"


def uniques_of(
    registry: Registry, entity: str, fields: tuple[FlatField, ...], computing: Computing
) -> tuple[CompiledUnique, ...]:
    """All unique constraints of an entity, those of single fields first."""
    return tuple(_uniques(registry, entity, fields, computing))


def _uniques(
    registry: Registry, entity: str, fields: tuple[FlatField, ...], computing: Computing
) -> Iterator[CompiledUnique]:
    definition = registry.entities[entity]
    table = table_name(entity)
    by_name = {field.name: field for field in fields}
    scoped = definition.company != "none"
    for field in fields:
        if field.definition.unique and field.has_columns:
            columns = _columns((field,))
            yield CompiledUnique(
                id=field.name,
                index=unique_name(table, field.name),
                fields=(field.name,),
                columns=(COMPANY, *columns) if scoped else columns,
                where=None,
                message=None,
                scoped=scoped,
            )
    for id_, constraint in definition.constraints.items():
        if not constraint.unique:
            continue
        at = f"entity {entity}/constraints/{id_}"
        unique = tuple(dict.fromkeys((*constraint.per, *constraint.unique)))
        named = tuple(by_name[n] for n in unique if n in by_name)
        own = scoped and COMPANY not in unique
        columns = _columns(named)
        yield CompiledUnique(
            id=id_,
            index=unique_name(table, id_),
            fields=unique,
            columns=(COMPANY, *columns) if own else columns,
            where=computing.at(f"{at}/where"),
            message=computing.text(f"{at}/message"),
            scoped=own,
            level=constraint.level,
        )


def _columns(fields: tuple[FlatField, ...]) -> tuple[str, ...]:
    return tuple(
        str(column.key)
        for field in fields
        for column in field.type.columns(field.name, field.definition)
    )
