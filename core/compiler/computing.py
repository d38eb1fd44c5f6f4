"""Checked expressions and literals made ready to run.

Asked by all builders of the compiler with an address of the registry; hands on
`Computed` and `FilledText` values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from core.compiler.parts import NOTHING_READ, Computed, FilledText, Reads
from core.compiler.tables import FlatField
from core.expressions import Env, Record, Typed, to_python
from core.expressions.schema import MemberKind
from core.fieldtypes import FieldType
from core.fieldtypes.spec import FieldDef
from core.registry import Registry, filler
from core.source import ValueSlot


class Computing:
    """Turns what stands at an address into something that runs."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def at(self, address: str, group: str | None = None) -> Computed | None:
        """What is written at an address; None where nothing is.

        group: the embedding field, for expressions of a trait's member.
        """
        typed = self._registry.typed(address)
        if typed is None:
            return None
        made = Computed(to_python(typed), reads_of(typed), typed)
        return made if group is None else _within(group, made)

    def text(self, address: str) -> FilledText | None:
        """The filled text at an address; None where none is written."""
        found = self._registry.text(address)
        if found is None:
            return None
        reads = NOTHING_READ
        for gap in found.gaps:
            reads |= reads_of(gap.typed)
        return FilledText(filler(found, to_python), reads)

    def value(
        self,
        slot: ValueSlot | None,
        address: str,
        field: FlatField | None,
    ) -> Computed | None:
        """A value slot: its expression, or its literal as a value of the field."""
        if slot is None:
            return None
        if slot.expr is not None:
            return self.at(address, None if field is None else field.group)
        if field is None:
            return None
        return self.literal(slot.literal, field.type, field.definition)

    def literal(self, node: object, kind: FieldType, field: FieldDef) -> Computed:
        """A literal of YAML; links name shipped records or natural keys."""
        found = kind.literal(node, field)
        if found is None or kind.member_kind not in _LINKING:
            return Computed(lambda env: found)
        many = kind.member_kind is MemberKind.LINKS
        names: tuple[Any, ...] = tuple(found) if many else (found,)
        finders = [self._finder(name, kind.member_kind, field) for name in names]

        def find(env: Env) -> Any:
            ids = tuple(finder(env) for finder in finders)
            return ids if many else ids[0]

        reads = {f"rows:{target}": frozenset({("id",)}) for target in targets_of(field)}
        return Computed(find, Reads(of=MappingProxyType(reads)))

    def _finder(
        self, name: Any, kind: MemberKind, field: FieldDef
    ) -> Callable[[Env], Any]:
        if not isinstance(name, str):
            return lambda env: name
        target = next(iter(targets_of(field)), "")
        known = self._registry.schema.external(name) is not None
        definition = self._registry.entities.get(target)
        key = None if known or definition is None else definition.key

        def find(env: Env) -> Any:
            record = _lookup(env, name, target, key)
            if record is None:
                return None
            return record.ref if kind is MemberKind.REFERENCE else record.id

        return find


_LINKING = frozenset({MemberKind.LINK, MemberKind.REFERENCE, MemberKind.LINKS})


def targets_of(field: FieldDef) -> tuple[str, ...]:
    """The entities a field may lead to."""
    return field.to or ((field.of,) if field.of else ())


def reads_of(typed: Typed) -> Reads:
    """What a checked expression reads."""
    of = {name: frozenset(paths) for name, paths in typed.reads_of.items()}
    return Reads(typed.reads, MappingProxyType(of))


def all_reads(parts: Iterator[Computed | FilledText | bool | None]) -> Reads:
    """What several parts read together."""
    found = NOTHING_READ
    for part in parts:
        if isinstance(part, Computed | FilledText) and part.reads is not NOTHING_READ:
            found |= part.reads
    return found


def _lookup(env: Env, name: str, target: str, key: str | None) -> Record | None:
    if key is not None:
        rows = env.rows(target, {key: name}) if env.rows else ()
        return rows[0] if rows else None
    return env.ref(name) if env.ref else None


def _within(group: str, made: Computed) -> Computed:
    """The same, where the record embeds the expression's root as a group."""

    def run(env: Env) -> Any:
        return made.run(replace(env, this=group_view(env.this, group)))

    paths = frozenset((f"{group}_{path[0]}", *path[1:]) for path in made.reads.this)
    return Computed(run, Reads(paths, made.reads.of), None)


def group_view(record: Record | None, group: str) -> Record | None:
    """The members of an embedded group as a record of their own."""
    if record is None:
        return None
    mark = f"{group}_"
    return Record(
        record.entity,
        record.id,
        _unmarked(record.values, mark),
        _unmarked(record.relations, mark),
    )


def _unmarked(values: dict[str, Any], mark: str) -> dict[str, Any]:
    cut = len(mark)
    return {name[cut:]: v for name, v in values.items() if name.startswith(mark)}
