"""Which fields grants open: `only`, `edit`, `fields`, and sensitive ones.

Called by the access compiler for one entity and the grants of one set of roles; rights
of several grants add up to the wider one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from core.compiler.computing import Computing, all_reads
from core.compiler.parts import Computed
from core.compiler.tables import PSEUDO, flat_fields
from core.definitions import FieldRightDef, GrantDef
from core.expressions import Env
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Grant, Registry
from core.source import ExprText

Right = bool | Computed
_NONE: Mapping[str, Computed] = MappingProxyType({})
_WRITING = frozenset({"create", "update"})


@frozen
class FieldRights:
    """Fields that may be read or written; conditional ones are in both places."""

    readable: frozenset[str]
    writable: frozenset[str]
    read_conditions: Mapping[str, Computed] = field(default_factory=lambda: _NONE)
    write_conditions: Mapping[str, Computed] = field(default_factory=lambda: _NONE)


@frozen
class FieldNames:
    """All names of an entity; `groups` maps a member of a group to the group."""

    names: frozenset[str]
    sensitive: frozenset[str]
    groups: Mapping[str, str]


def all_fields(
    registry: Registry, catalog: FieldTypeCatalog, entity: str
) -> FieldNames:
    """The names a right may be about: fields, members of groups, inverses, pseudo."""
    fields = tuple(flat_fields(registry, catalog, entity))
    names = {*PSEUDO, *registry.inverses.get(entity, ()), *(f.name for f in fields)}
    if registry.entities[entity].part_of:
        names.add("position")
    sensitive = {
        f.name
        for f in fields
        if f.definition.sensitive or (f.member is not None and f.member.sensitive)
    }
    groups = {f.name: f.group for f in fields if f.group is not None}
    sensitive |= {name for name, group in groups.items() if group in sensitive}
    return FieldNames(frozenset(names), frozenset(sensitive), MappingProxyType(groups))


def field_rights(
    fields: FieldNames,
    grants: Iterable[Grant],
    parents: Iterable[Grant],
    computing: Computing,
) -> FieldRights:
    """The rights of grants together; `parents` open all that is not sensitive."""
    total = _Sum()
    for grant in grants:
        for name in fields.names:
            read, write = _right(fields, name, grant, computing)
            total.add(name, read, write)
    for grant in parents:
        for name in fields.names - fields.sensitive:
            total.add(name, "read" in grant.verbs, bool(_WRITING & grant.verbs))
    return total.result()


class _Sum:
    """Adds rights up: true beats a condition, conditions are or-ed."""

    def __init__(self) -> None:
        self._read: dict[str, Right] = {}
        self._write: dict[str, Right] = {}

    def add(self, name: str, read: Right, write: Right) -> None:
        self._read[name] = _wider(self._read.get(name, False), read)
        self._write[name] = _wider(self._write.get(name, False), write)

    def result(self) -> FieldRights:
        return FieldRights(
            frozenset(name for name, right in self._read.items() if right is not False),
            frozenset(
                name for name, right in self._write.items() if right is not False
            ),
            _conditions(self._read),
            _conditions(self._write),
        )


def _conditions(rights: Mapping[str, Right]) -> Mapping[str, Computed]:
    return MappingProxyType(
        {name: right for name, right in rights.items() if isinstance(right, Computed)}
    )


def _wider(one: Right, other: Right) -> Right:
    if one is True or other is True:
        return True
    if isinstance(one, Computed) and isinstance(other, Computed):
        return _either(one, other)
    return one if isinstance(one, Computed) else other


def _either(one: Computed, other: Computed) -> Computed:
    def run(env: Env) -> Any:
        return one.run(env) is True or other.run(env) is True

    return Computed(run, all_reads(iter((one, other))))


def _right(
    fields: FieldNames, name: str, grant: Grant, computing: Computing
) -> tuple[Right, Right]:
    """What one grant says of one field; a member of a group follows the group."""
    given = grant.definition
    group = fields.groups.get(name)
    reads: Right = "read" in grant.verbs
    writes: Right = bool(_WRITING & grant.verbs)
    for key in (name, group):
        if key is not None and key in given.fields:
            return _written(given, key, grant.address, writes, computing)
    if name in fields.sensitive:
        return False, False
    platform = name in PSEUDO or name == "position"
    if given.only and not platform and not {name, group} & {*given.only}:
        reads = writes = False
    if given.edit is not None and not {name, group} & {*given.edit}:
        writes = False
    return reads, writes


def _written(
    given: GrantDef, key: str, address: str, writes: Right, computing: Computing
) -> tuple[Right, Right]:
    right = given.fields[key]
    if right == "none":
        return False, False
    if right == "read":
        return True, False
    if not isinstance(right, FieldRightDef):
        return True, writes
    at = f"{address}/fields/{key}"
    read = _bool(right.read, f"{at}/read", computing)
    write = _bool(right.write, f"{at}/write", computing)
    return read, write if writes else False


def _bool(written: bool | ExprText, address: str, computing: Computing) -> Right:
    if isinstance(written, bool):
        return written
    # A condition that could not be checked opens nothing.
    return computing.at(address) or False
