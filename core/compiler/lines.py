"""Owned rows and what leads back: lines, the owner, inverses.

Called by the entity builder; hands on how a record reaches the rows of other entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal

from core.compiler.computing import Computing
from core.compiler.parts import (
    CompiledInverse,
    CompiledLines,
    CompiledOwner,
    Computed,
)
from core.compiler.tables import FlatField
from core.definitions import EntityDef
from core.expressions import Typed, tree
from core.expressions.schema import MemberKind
from core.registry import Registry


def compile_lines(
    registry: Registry, fields: tuple[FlatField, ...], computing: Computing
) -> Mapping[str, CompiledLines]:
    """The lines fields of an entity by name."""
    return MappingProxyType(dict(_lines(registry, fields, computing)))


def compile_owner(definition: EntityDef) -> CompiledOwner | None:
    """The entity that owns the rows of this one."""
    for field, entity in definition.part_of.items():
        return CompiledOwner(field, entity)
    return None


def compile_inverses(registry: Registry, entity: str) -> Mapping[str, CompiledInverse]:
    """The names under which rows of other entities are reached."""
    found = {}
    for name, inverse in registry.inverses.get(entity, {}).items():
        field = registry.entities[inverse.entity].fields[inverse.field]
        kind: Literal["link", "reference", "links"] = "link"
        if field.type == "reference":
            kind = "reference"
        elif field.type in ("links", "tags"):
            kind = "links"
        found[name] = CompiledInverse(name, inverse.entity, inverse.field, kind)
    return MappingProxyType(found)


def _lines(
    registry: Registry, fields: tuple[FlatField, ...], computing: Computing
) -> Iterator[tuple[str, CompiledLines]]:
    for field in fields:
        child = field.definition.of
        if field.type.member_kind is not MemberKind.LINES or child is None:
            continue
        back = None if field.member is None else field.member.back
        if back is None:
            back = next(iter(registry.entities[child].part_of), "")
        where = computing.at(f"{field.address}/where")
        fixed = {} if where is None or where.typed is None else _equalities(where.typed)
        yield (
            field.name,
            CompiledLines(
                field=field.name,
                child=child,
                back=back,
                where=where,
                fixed=MappingProxyType(fixed),
                least=count_of(field.definition.min, f"{field.address}/min", computing),
                greatest=count_of(
                    field.definition.max, f"{field.address}/max", computing
                ),
            ),
        )


def count_of(slot: Any, address: str, computing: Computing) -> Computed | None:
    """A number of rows: a literal or an expression of the record that has them."""
    if slot is None:
        return None
    if slot.expr is not None:
        return computing.at(address)
    number = int(slot.literal.value)
    return Computed(lambda env: number)


def _equalities(typed: Typed) -> dict[str, Any]:
    """`kind == 'part' and open` -> {kind: part}: values that new rows are given."""
    found: dict[str, Any] = {}
    _collect(typed.tree, found)
    return found


def _collect(node: tree.Node, found: dict[str, Any]) -> None:
    if isinstance(node, tree.Logic) and node.operator == "and":
        for part in node.args:
            _collect(part, found)
    elif isinstance(node, tree.Call) and node.function.name == "==":
        sides = node.args
        for one, other in (sides, sides[::-1]):
            own = isinstance(one, tree.Read) and isinstance(one.of, tree.Variable)
            if own and isinstance(other, tree.Literal):
                assert isinstance(one, tree.Read)
                found[one.name] = other.value
