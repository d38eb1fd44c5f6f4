"""Mappings of foreign data that modules bring along, as columns of the import.

Asked by guessing, by the wizard and by the export of address books and calendars. A
value that only takes a name over, or looks it up in a map, is a column; any other one
is computed by its expression (core.exchange.computed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.definitions.formats import BLOCKS
from core.definitions.mapping import ForeignDef, MappingDef, MappingLinesDef, MissingDef
from core.exchange.mapping import Column, Mapping
from core.exchange.table import Table
from core.expressions import fold
from core.registry import Registry
from core.registry.check_foreign import MAPPED, OF_KIND, PLAIN
from core.source import ValueSlot, plain_data

#: Which format of a mapping reads which files.
_READS = MappingProxyType({"xlsx": "csv", "jsonl": "json"})
_NAME = re.compile(r"\bsrc((?:\.[a-z][a-z0-9_]*)+)")


def declares(app: Any, entity: str, format: str) -> bool:
    """Whether files of a format can be made of an entity's records."""
    return declared_mapping(app, entity, format) is not None


def declared_mapping(app: Any, entity: str, format: str) -> Mapping | None:
    """The mapping of a format for an entity, None if no module brings one."""
    for definition in _of(app.runtime.compiled.registry, entity, format):
        return as_columns(definition)
    return None


def mapping_for(app: Any, entity: str, table: Table) -> Mapping | None:
    """The mapping whose names a file has, fitted to its header; None for none."""
    registry = app.runtime.compiled.registry
    for definition in _of(registry, entity, table.format):
        found = as_columns(definition)
        assert definition.foreign is not None
        schema = definition.foreign.schema
        if not schema:
            return for_header(found, table.header)
        places = _places(definition.foreign, table.header)
        if places.keys() >= schema.keys():
            return _renamed(found, places)
    return None


def is_present(registry: Registry, mapping: Mapping) -> bool:
    """Whether a mapping still means what the module's mapping says that it is from."""
    definition = registry.mappings.get(mapping.document)
    return definition is None or definition.version == mapping.version


def places_of(definition: MappingDef, header: Sequence[str]) -> dict[str, str]:
    """The column of a file for each name that a mapping of foreign data may read."""
    foreign = definition.foreign
    if foreign is None:
        return {}
    block = BLOCKS.get(foreign.format)
    if block is None:
        return _places(foreign, header)
    return {name: name for name in block.names if name in header}


def _of(registry: Registry, entity: str, format: str) -> Iterator[MappingDef]:
    wanted = _READS.get(format, format)
    for definition in registry.mappings.values():
        foreign = definition.foreign
        if foreign is None or definition.to != entity:
            continue
        if foreign.format == wanted:
            yield definition


def _places(foreign: ForeignDef, header: Sequence[str]) -> dict[str, str]:
    """The column of the file for each name: called like it, or like its label."""
    folded = {fold(name.strip()): name for name in reversed(header)}
    found: dict[str, str] = {}
    for name, field in foreign.schema.items():
        for text in (field.label or name, name, name.replace("_", " ")):
            if fold(text) in folded:
                found.setdefault(name, folded[fold(text)])
    return found


def _renamed(mapping: Mapping, places: dict[str, str]) -> Mapping:
    columns = tuple(
        replace(one, sources=tuple(places.get(name, name) for name in one.sources))
        for one in mapping.columns
    )
    return replace(mapping, columns=columns)


def as_columns(definition: MappingDef) -> Mapping:
    """A mapping of foreign data as columns and constants of the import."""
    columns = [Column((_name(v),), f"@{k}") for k, v in definition.external.items()]
    constants: dict[str, str] = {}
    for name, value in definition.fields.items():
        if value.expr is None:
            constants[name] = _constant(value)
        else:
            columns.append(_column(definition, name, value))
    for lines in definition.lines.values():
        columns += _line_columns(definition, lines)
    ids = [f"@{name}" for name in definition.external]
    key = ", ".join(definition.match) or next(iter(ids), None)
    return Mapping(
        definition.to,
        tuple(columns),
        MappingProxyType(constants),
        key,
        document=definition.id,
        version=definition.version,
        update=definition.update,
    )


def _name(value: ValueSlot) -> str:
    found = None if value.expr is None else PLAIN.fullmatch(value.expr.text.strip())
    return found[1][1:] if found else ""


def _constant(value: ValueSlot) -> str:
    found = plain_data(value.literal) if value.literal is not None else None
    if isinstance(found, bool):
        return "true" if found else "false"
    return "" if found is None else str(found)


def _column(definition: MappingDef, name: str, value: ValueSlot) -> Column:
    assert value.expr is not None
    text = value.expr.text.strip()
    column = Column((_name(value),), name)
    if (mapped := MAPPED.fullmatch(text)) is not None:
        values = dict(definition.value_maps.get(mapped[2]) or {})
        column = Column(
            (mapped[1][1:],), name, values=MappingProxyType(values), only=True
        )
    elif PLAIN.fullmatch(text) is None:
        names = dict.fromkeys(found[1:] for found in _NAME.findall(text))
        return Column(tuple(names), name, computed=f"fields/{name}")
    return _with_missing(definition, name, column)


def _with_missing(definition: MappingDef, path: str, column: Column) -> Column:
    missing = definition.missing.get(path)
    if isinstance(missing, MissingDef):
        new = {name: _constant(value) for name, value in missing.create.items()}
        return replace(column, missing="create", new=MappingProxyType(new))
    return column if missing is None else replace(column, missing="leave")


def _line_columns(definition: MappingDef, lines: MappingLinesDef) -> Iterator[Column]:
    """Lines as numbered columns: `contact_points[email #].value` of `email[#]`."""
    found = PLAIN.fullmatch(lines.from_.text.strip())
    name = found[1][1:] if found else ""
    chosen = None if lines.where is None else OF_KIND.fullmatch(lines.where.text)
    source = f"{name}[{chosen[1]} #]" if chosen else f"{name}[#]"
    labels = [_label(v) for v in lines.fields.values() if v.expr is None]
    label = labels[0] if labels else "row"
    for field, value in lines.fields.items():
        if value.expr is None:
            continue
        part = value.expr.text.strip()
        at = source if part == "value" else f"{source}.{part}"
        column = Column((at,), f"{lines.to}[{label} #].{field}")
        yield _with_missing(definition, f"{lines.to}.{field}", column)


def _label(value: ValueSlot) -> str:
    found = plain_data(value.literal) if value.literal is not None else None
    return str(found[0] if isinstance(found, list) and found else found)


def for_header(mapping: Mapping, header: Sequence[str]) -> Mapping:
    """The mapping with the columns that a file has; `#` becomes each number in it."""
    columns: list[Column] = []
    for column in mapping.columns:
        if "#" not in column.target:
            if set(column.sources) <= set(header):
                columns.append(column)
            continue
        for number in _numbers(column.sources[0], header):
            sources = tuple(one.replace("#", number) for one in column.sources)
            target = column.target.replace("#", number)
            if set(sources) <= set(header):
                columns.append(replace(column, sources=sources, target=target))
    targets = {column.target for column in columns} | mapping.constants.keys()
    key = mapping.key if targets.issuperset(mapping.keys) else None
    # Kept under its name it would be taken for a mapping of this header only.
    return replace(mapping, columns=tuple(columns), key=key, name="")


def _numbers(source: str, header: Sequence[str]) -> list[str]:
    pattern = re.compile(re.escape(source).replace(r"\#", "#").replace("#", r"(\d+)"))
    return [match[1] for name in header if (match := pattern.fullmatch(name))]
