"""Which column of a file fills which place of an entity.

Made by guessing, by the wizard or from a small YAML file, kept in the database; read
by the import. Only texts in here: what they lead to, core.exchange.paths knows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping as MappingOf
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, cast

import yaml

from core.diagnostics import Diagnostics, render_all, suggestion
from core.exchange.errors import BadMapping
from core.frozen import frozen
from core.source import load_file, plain_data

DateOrder = Literal["dmy", "mdy", "ymd"]
Missing = Literal["refuse", "leave", "create"]
ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")
_KEYS = (
    *("mapping", "entity", "document", "version", "key", "update", "constants"),
    "fields",
)
_COLUMN_KEYS = (
    *("column", "columns", "join", "order", "decimal", "values", "missing", "new"),
    *("computed", "only"),
)
MISSING: Final = ("refuse", "leave", "create")


def _nothing() -> MappingOf[str, str]:
    return MappingProxyType({})


@frozen
class Column:
    """One or several columns that fill one place.

    Several are joined by `join`, empty ones left out. `order` is how dates are written,
    `decimal` the decimal mark; None: found out from the values. `values` puts what is
    meant in place of what is written, as `{"UK": "GB"}`. `missing` says what happens
    when a link's text names nothing: the row is refused, the place stays empty, or a
    record is created with this title and the values of `new`. `computed` names the
    value of the document that the mapping comes from, where an expression works it out.
    `only`: what `values` does not list is refused.
    """

    sources: tuple[str, ...]
    target: str
    join: str = " "
    order: DateOrder | None = None
    decimal: Literal[".", ","] | None = None
    values: MappingOf[str, str] = dataclasses.field(default_factory=_nothing)
    missing: Missing = "refuse"
    computed: str = ""
    only: bool = False
    new: MappingOf[str, str] = dataclasses.field(default_factory=_nothing)


@frozen
class Mapping:
    """How the rows of a file become records of an entity.

    `constants` are texts for places that no column fills. `key` says which stored
    record a row is: a field, several with commas between them, `id`, `@namespace`, or
    None for always a new one.
    `document` is the id of the module's mapping that it comes from, if it does, and
    `version` that of it then. Without `update` stored records stay as they are.
    """

    entity: str
    columns: tuple[Column, ...]
    constants: MappingOf[str, str] = dataclasses.field(default_factory=_nothing)
    key: str | None = None
    name: str = ""
    document: str = ""
    version: int = 1
    update: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The places that together say which stored record a row is."""
        return tuple(one.strip() for one in (self.key or "").split(",") if one.strip())

    def with_constants(self, more: MappingOf[str, str]) -> Mapping:
        """The same with further constants; columns for these places fall away."""
        kept = tuple(c for c in self.columns if c.target not in more)
        constants = {**self.constants, **more}
        return dataclasses.replace(self, columns=kept, constants=constants)

    def with_key(self, key: str | None) -> Mapping:
        """The same, finding stored records in another way."""
        return dataclasses.replace(self, key=key)

    def with_column(self, column: Column) -> Mapping:
        """The same with a column; what filled its place before falls away."""
        others = self.without(column.target)
        return dataclasses.replace(others, columns=(*others.columns, column))

    def without(self, target: str) -> Mapping:
        """The same without what fills a place."""
        columns = tuple(c for c in self.columns if c.target != target)
        constants = {k: v for k, v in self.constants.items() if k != target}
        return dataclasses.replace(self, columns=columns, constants=constants)


def mapping_document(mapping: Mapping) -> dict[str, Any]:
    """The mapping as plain data, as it is kept and written to YAML."""
    document: dict[str, Any] = {"entity": mapping.entity}
    if mapping.name:
        document = {"mapping": mapping.name, **document}
    if mapping.document:
        document["document"] = mapping.document
        document["version"] = mapping.version
    if mapping.key:
        several = len(mapping.keys) > 1
        document["key"] = list(mapping.keys) if several else mapping.key
    if not mapping.update:
        document["update"] = False
    if mapping.constants:
        document["constants"] = dict(mapping.constants)
    document["fields"] = {c.target: _column_document(c) for c in mapping.columns}
    return document


def _column_document(column: Column) -> Any:
    if len(column.sources) == 1 and column == Column(column.sources, column.target):
        return column.sources[0]
    found: dict[str, Any] = {"columns": list(column.sources)}
    if len(column.sources) == 1:
        found = {"column": column.sources[0]}
    if column.join != " ":
        found["join"] = column.join
    if column.order:
        found["order"] = column.order
    if column.decimal:
        found["decimal"] = column.decimal
    if column.missing != "refuse":
        found["missing"] = column.missing
    if column.computed:
        found["computed"] = column.computed
    if column.only:
        found["only"] = True
    if column.new:
        found["new"] = dict(column.new)
    if column.values:
        found["values"] = dict(column.values)
    return found


def mapping_from(document: object) -> Mapping:
    """The mapping of plain data; BadMapping says what is not understood."""
    whole = _map(document, "The mapping", _KEYS)
    entity = whole.get("entity")
    if not isinstance(entity, str) or not entity:
        raise BadMapping("The mapping needs 'entity', for example entity: base.party.")
    fields = whole.get("fields") or {}
    columns = tuple(
        _column(str(target), given)
        for target, given in _map(fields, "'fields'").items()
    )
    constants = _texts(whole.get("constants") or {}, "'constants'")
    key = whole.get("key")
    return Mapping(
        entity,
        columns,
        MappingProxyType(constants),
        _key(key),
        str(whole.get("mapping") or ""),
        str(whole.get("document") or ""),
        _version(whole.get("version", 1)),
        whole.get("update", True) is not False,
    )


def _version(given: object) -> int:
    if not isinstance(given, int | Decimal) or isinstance(given, bool):
        raise BadMapping(f"'version' is a whole number, not '{given}'.")
    return int(given)


def _key(given: object) -> str | None:
    if isinstance(given, list):
        return ", ".join(str(one) for one in given) or None
    return None if given is None else str(given)


def _column(target: str, given: object) -> Column:
    if isinstance(given, str | int | Decimal):
        return Column((str(given),), target)
    if isinstance(given, list):
        return Column(_names(given, target), target)
    found = _map(given, f"'{target}'", _COLUMN_KEYS)
    sources = found.get("columns", found.get("column"))
    order, decimal = found.get("order"), found.get("decimal")
    if order is not None and order not in ORDERS:
        raise BadMapping(f"'{target}': 'order' is one of dmy, mdy, ymd, not '{order}'.")
    if decimal not in (None, ".", ","):
        raise BadMapping(f"'{target}': 'decimal' is '.' or ',', not '{decimal}'.")
    missing = found.get("missing", "refuse")
    if missing not in MISSING:
        raise BadMapping(f"'{target}': 'missing' is one of {', '.join(MISSING)}.")
    given = sources if isinstance(sources, list) else [sources]
    return Column(
        # An expression may work out a value of nothing that the file holds.
        () if found.get("computed") and sources == [] else _names(given, target),
        target,
        str(found.get("join", " ")),
        cast("DateOrder | None", order),
        decimal,
        MappingProxyType(_texts(found.get("values") or {}, f"'values' of '{target}'")),
        missing,
        str(found.get("computed") or ""),
        found.get("only") is True,
        MappingProxyType(_texts(found.get("new") or {}, f"'new' of '{target}'")),
    )


def _names(given: list[Any], target: str) -> tuple[str, ...]:
    names = tuple(str(one) for one in given if one not in (None, ""))
    if not names:
        raise BadMapping(f"'{target}' names no column.")
    return names


def _map(
    given: object, what: str, known: tuple[str, ...] | None = None
) -> MappingOf[str, Any]:
    if not isinstance(given, MappingOf):
        raise BadMapping(f"{what} has to be a map of keys and values.")
    for key in given:
        if known is not None and key not in known:
            tail = suggestion(str(key), known)
            raise BadMapping(f"{what} has no key '{key}'.{tail}")
    return given


def _texts(given: object, what: str) -> dict[str, str]:
    found = {}
    for key, value in _map(given, what).items():
        if isinstance(value, list | MappingOf):
            raise BadMapping(f"{what}: '{key}' has to be a plain text.")
        text = "" if value is None else str(value)
        found[str(key)] = text.lower() if isinstance(value, bool) else text
    return found


def read_mapping(path: Path) -> Mapping:
    """Read a mapping from a YAML file; BadMapping with the place of a mistake."""
    diagnostics = Diagnostics()
    nodes = load_file(path, diagnostics, path.name)
    if diagnostics.has_errors:
        text = render_all(diagnostics, lambda file: path.read_text("utf-8", "replace"))
        raise BadMapping(f"The mapping '{path.name}' is no good YAML.\n{text}")
    if len(nodes) != 1:
        raise BadMapping(f"The mapping '{path.name}' is empty or several documents.")
    return mapping_from(plain_data(nodes[0]))


def write_mapping(mapping: Mapping, path: Path) -> None:
    """Write the mapping as a YAML file that `read_mapping` understands."""
    document = mapping_document(mapping)
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=88)
    path.write_text(text, encoding="utf-8")
