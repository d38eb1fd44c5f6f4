"""Compiled fields, and the defaults, limits and states written at them.

Called by the entity builder, and for the small form of an action; hands on frozen
parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from core.compiler.computing import Computing, targets_of
from core.compiler.lines import count_of
from core.compiler.parts import (
    CompiledBounds,
    CompiledBuild,
    CompiledDefault,
    CompiledField,
    Computed,
    Conditions,
    FieldKind,
)
from core.compiler.tables import FlatField
from core.expressions.schema import MemberKind
from core.registry import choices_of, words
from core.source import ExprText

_KINDS: Mapping[MemberKind, FieldKind] = MappingProxyType(
    {
        MemberKind.COLUMN: "value",
        MemberKind.LINK: "link",
        MemberKind.REFERENCE: "reference",
        MemberKind.LINKS: "links",
        MemberKind.LINES: "lines",
        MemberKind.INVERSE: "lines",
        MemberKind.GROUP: "group",
    }
)


def compile_field(field: FlatField, computing: Computing) -> CompiledField:
    """One field of an entity or of the form of an action."""
    definition, member = field.definition, field.member
    computed = definition.formula is not None or bool(definition.cases)
    computed = computed and not definition.per_company
    members = getattr(definition, "members", ())
    columns: tuple[str, ...] = ()
    if field.has_columns and not members:
        columns = tuple(
            str(column.key) for column in field.type.columns(field.name, definition)
        )
    return CompiledField(
        name=field.name,
        definition=definition,
        type=field.type,
        label=definition.label or words(field.name),
        kind="group" if members else _KINDS[field.type.member_kind],
        columns=columns,
        targets=targets_of(definition),
        group=field.group,
        members=tuple(f"{field.name}_{inner.name}" for inner in members),
        computed=computed,
        stored=field.has_columns,
        sensitive=definition.sensitive or (member is not None and member.sensitive),
        writable=field.type.writable and not computed,
        folded=member is not None and member.folded,
        once=definition.once,
        numbering=definition.numbering,
        where=computing.at(f"{field.address}/where", field.group),
        build=_build(field, computing),
        offered=_offered(field, computing),
    )


def compile_conditions(fields: Iterable[FlatField], computing: Computing) -> Conditions:
    """Defaults, required, readonly, visible and bounds; only what is not ordinary."""
    flat = tuple(fields)
    return Conditions(
        defaults=tuple(_defaults(flat, computing)),
        required=_states(flat, computing, "required", False),
        readonly=_states(flat, computing, "readonly", False),
        visible=_states(flat, computing, "visible", True),
        bounds=MappingProxyType({b.field: b for b in _bounds(flat, computing)}),
    )


def _build(field: FlatField, computing: Computing) -> CompiledBuild | None:
    written = field.definition.build
    items = computing.at(f"{field.address}/build/in")
    if written is None or items is None:
        return None
    while_ = computing.at(f"{field.address}/build/while")
    return CompiledBuild(written.mapping, items, while_)


def _offered(field: FlatField, computing: Computing) -> Mapping[str, Computed]:
    found = {}
    for choice in choices_of(field.definition):
        if choice.when is not None:
            at = f"{field.address}/choices/{choice.key}/when"
            when = computing.at(at, field.group)
            if when is not None:
                found[choice.key] = when
    return MappingProxyType(found)


def _defaults(
    fields: tuple[FlatField, ...], computing: Computing
) -> Iterator[CompiledDefault]:
    for field in fields:
        slot = field.definition.default
        value = computing.value(slot, f"{field.address}/default", field)
        if value is not None:
            yield CompiledDefault(field.name, value)


def _states(
    fields: tuple[FlatField, ...], computing: Computing, key: str, usual: bool
) -> Mapping[str, bool | Computed]:
    found: dict[str, bool | Computed] = {}
    for field in fields:
        written = getattr(field.definition, key)
        if isinstance(written, ExprText):
            condition = computing.at(f"{field.address}/{key}", field.group)
            if condition is not None:
                found[field.name] = condition
        elif written is not usual:
            found[field.name] = bool(written)
    return MappingProxyType(found)


def _bounds(
    fields: tuple[FlatField, ...], computing: Computing
) -> Iterator[CompiledBounds]:
    for field in fields:
        if field.type.member_kind is MemberKind.LINES:
            continue
        if field.type.member_kind is MemberKind.LINKS:
            at, given = field.address, field.definition
            least = count_of(given.min, f"{at}/min", computing)
            most = count_of(given.max, f"{at}/max", computing)
            if least is not None or most is not None:
                yield CompiledBounds(field.name, least, most)
            continue
        least = computing.value(field.definition.min, f"{field.address}/min", field)
        most = computing.value(field.definition.max, f"{field.address}/max", field)
        if least is not None or most is not None:
            yield CompiledBounds(field.name, least, most)
