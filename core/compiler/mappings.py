"""Compiled mappings: conditions and values as closures with what they read.

Built at first use by `compile_mapping`; run by core.services.mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.compiler.actions import ActionBuilder
from core.compiler.computing import Computing, all_reads
from core.compiler.effects import CompiledAction
from core.compiler.fields import compile_field
from core.compiler.parts import CompiledField, Computed, Reads
from core.compiler.tables import FlatField, flat_fields
from core.definitions.mapping import MappingDef, MappingLinesDef
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry, words
from core.source import Values

#: The name under which effects on the source see the target.
TARGET = "target"

Assigned = tuple[tuple[str, Computed], ...]


@frozen(kw_only=True)
class CompiledMappingLines:
    """Rows of `entity` that become rows of the target's lines field `to`."""

    id: str
    definition: MappingLinesDef
    entity: str
    child: str
    rows: Computed
    where: Computed | None
    open: Computed | None
    group_by: tuple[Computed, ...]
    fields: Assigned
    reads: Reads


@frozen(kw_only=True)
class CompiledMapping:
    """How records of `source` become records of `target`."""

    id: str
    definition: MappingDef
    label: str
    source: str
    target: str
    when: Computed | None
    where: Computed | None
    group_by: tuple[Computed, ...]
    ask: Mapping[str, CompiledField]
    fields: Assigned
    lines: tuple[CompiledMappingLines, ...]
    then: CompiledAction | None
    reads: Reads


def compile_mapping(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledMapping:
    """One mapping; KeyError if there is none of this id."""
    definition = registry.mappings[id]
    maker = _Maker(registry, catalog)
    at = f"mapping {id}"
    when, where = maker.at(f"{at}/when"), maker.at(f"{at}/where")
    groups = maker.groups(at, len(definition.group_by))
    fields = maker.values(definition.to, definition.fields, f"{at}/fields")
    lines = tuple(maker.lines(definition, at))
    values = (value for _, value in fields)
    parts = [when, where, *groups, *values, *(one.rows for one in lines)]
    return CompiledMapping(
        id=id,
        definition=definition,
        label=definition.label or words(id),
        source=definition.source,
        target=definition.to,
        when=when,
        where=where,
        group_by=groups,
        ask=maker.asked(definition, at),
        fields=fields,
        lines=lines,
        then=maker.then(id, definition),
        reads=all_reads(iter(parts)),
    )


class _Maker:
    def __init__(self, registry: Registry, catalog: FieldTypeCatalog) -> None:
        self._registry = registry
        self._catalog = catalog
        self._computing = Computing(registry)
        self.at = self._computing.at

    def groups(self, at: str, number: int) -> tuple[Computed, ...]:
        made = (self.at(f"{at}/group_by/{index}") for index in range(number))
        return tuple(one for one in made if one is not None)

    def asked(self, definition: MappingDef, at: str) -> Mapping[str, CompiledField]:
        found = {}
        for name, field in definition.ask.items():
            kind = self._catalog[field.type]
            flat = FlatField(name, field, kind, None, f"{at}/ask/{name}")
            found[name] = compile_field(flat, self._computing)
        return MappingProxyType(found)

    def values(self, entity: str, values: Values, at: str) -> Assigned:
        fields = {
            field.name: field
            for field in flat_fields(self._registry, self._catalog, entity)
        }
        made = (
            (name, self._computing.value(slot, f"{at}/{name}", fields.get(name)))
            for name, slot in values.items()
        )
        return tuple((name, value) for name, value in made if value is not None)

    def then(self, id: str, definition: MappingDef) -> CompiledAction | None:
        if not definition.then:
            return None
        entity, computing = definition.source, self._computing
        builder = ActionBuilder(self._registry, self._catalog, computing, entity)
        return builder.then(id, definition)

    def lines(self, definition: MappingDef, at: str) -> Iterator[CompiledMappingLines]:
        for id_, lines in definition.lines.items():
            here = f"{at}/lines/{id_}"
            rows = self.at(f"{here}/from")
            member = self._registry.schema.entities[definition.to].member(lines.to)
            if rows is None or rows.typed is None or member is None:
                continue
            item = rows.typed.type.item or rows.typed.type
            child = member.target or ""
            where, open_ = self.at(f"{here}/where"), self.at(f"{here}/open")
            groups = self.groups(here, len(lines.group_by))
            fields = self.values(child, lines.fields, f"{here}/fields")
            values = (value for _, value in fields)
            yield CompiledMappingLines(
                id=id_,
                definition=lines,
                entity=item.entity,
                child=child,
                rows=rows,
                where=where,
                open=open_,
                group_by=groups,
                fields=fields,
                reads=all_reads(iter([where, open_, *groups, *values])),
            )
