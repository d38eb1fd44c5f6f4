"""Builds one compiled entity out of the registry, at its first use.

Called by `Compiled.entity`; reads definitions and checked expressions, hands on a
`CompiledEntity`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from core.compiler.across import across_of
from core.compiler.actions import ActionBuilder
from core.compiler.computing import Computing, all_reads, reads_of, targets_of
from core.compiler.duplicates import duplicates_of
from core.compiler.entity import CompiledEntity
from core.compiler.fields import compile_conditions, compile_field
from core.compiler.formulas import Calculations, compile_calculations
from core.compiler.lines import compile_inverses, compile_lines, compile_owner
from core.compiler.naming import fold_name
from core.compiler.parts import (
    Association,
    CompiledField,
    CompiledFilter,
    CompiledRule,
    Computed,
    Conditions,
    FilledText,
    Reads,
)
from core.compiler.spreads import joined_reads, spreads_of
from core.compiler.tables import FlatField, Tables, flat_fields
from core.compiler.uniques import uniques_of
from core.compiler.workflows import timers_of, workflows_of
from core.definitions import EntityDef
from core.expressions import to_python
from core.fieldtypes import FieldTypeCatalog
from core.registry import Registry, full_roles, words


class EntityBuilder:
    """Builds the entities of one registry."""

    def __init__(
        self,
        registry: Registry,
        catalog: FieldTypeCatalog,
        tables: Tables,
        dialect: str,
        is_heavy: Callable[[tuple[str, str]], bool],
    ) -> None:
        self._registry = registry
        self._catalog = catalog
        self._tables = tables
        self._dialect = dialect
        self._computing = Computing(registry)
        self._is_heavy = is_heavy

    def build(self, entity: str) -> CompiledEntity:
        """The compiled form of one entity; KeyError if there is none of this id."""
        definition = self._registry.entities[entity]
        computing = self._computing
        flat = tuple(flat_fields(self._registry, self._catalog, entity))
        stated = compile_conditions(flat, computing)
        sums = compile_calculations(
            flat, computing, self._dialect, lambda name: self._is_heavy((entity, name))
        )
        rules = tuple(self._rules(entity, definition))
        fields = {field.name: compile_field(field, computing) for field in flat}
        spreads = spreads_of(self._registry, entity, computing)
        return CompiledEntity(
            id=entity,
            definition=definition,
            table=self._tables.of[entity],
            dialect=self._dialect,
            fields=MappingProxyType(fields),
            associations=self._associations(entity, flat),
            lines=compile_lines(self._registry, flat, computing),
            inverses=compile_inverses(self._registry, entity),
            owner=compile_owner(definition),
            **_stated(stated),
            **_calculated(sums),
            rules=rules,
            uniques=uniques_of(self._registry, entity, flat, computing),
            across=across_of(self._registry, entity, computing),
            titled=self._titled(entity),
            subtitled=computing.at(f"entity {entity}/subtitle"),
            order=self._order(entity, definition),
            search_fields=self._search(definition, flat),
            filters=MappingProxyType(dict(self._filters(entity, definition))),
            **self._acting(entity),
            spreads=spreads,
            duplicates=duplicates_of(self._registry, entity, computing),
            reads=all_reads(_saving(stated, sums, rules, fields.values()))
            | joined_reads(spreads),
            fold_columns=_folds(fields),
            drawn=self._registry.drawn_late.get(entity, frozenset()),
        )

    def _acting(self, entity: str) -> dict[str, Any]:
        """What can be done with a record beside saving it."""
        builder = ActionBuilder(self._registry, self._catalog, self._computing, entity)
        actions = builder.all()
        return {
            "actions": actions,
            "workflows": workflows_of(self._registry, entity),
            "timers": timers_of(self._registry, builder.timer, entity),
            "automatic": tuple(a for a in actions.values() if a.move and a.move.auto),
            "approving": tuple(
                a for a in actions.values() if a.move and a.move.approves
            ),
        }

    def _rules(self, entity: str, definition: EntityDef) -> Iterator[CompiledRule]:
        for id_, rule in definition.rules.items():
            at = f"entity {entity}/rules/{id_}"
            check = self._computing.at(f"{at}/check")
            if check is None:
                continue
            when = self._computing.at(f"{at}/when")
            message = self._computing.text(f"{at}/message") or _plain(
                rule.label or f"{words(id_)} does not hold."
            )
            yield CompiledRule(
                id=id_,
                definition=rule,
                check=check,
                when=when,
                field=rule.field,
                level=rule.level,
                at=rule.at_,
                message=message,
                roles=full_roles(entity, rule.roles),
                reads=all_reads(iter((check, when, message))),
            )

    def _associations(
        self, entity: str, fields: tuple[FlatField, ...]
    ) -> Mapping[str, Association]:
        found = {}
        for field in fields:
            table = self._tables.associations.get((entity, field.name))
            if table is not None:
                target = next(iter(targets_of(field.definition)), "")
                through = field.definition.through
                found[field.name] = Association(field.name, target, table, through)
        return MappingProxyType(found)

    def _titled(self, entity: str) -> Computed:
        members = self._registry.schema.entities.get(entity)
        typed = None if members is None else members.title
        if typed is None:
            return Computed(_id_text)
        return Computed(to_python(typed), reads_of(typed), typed)

    def _order(self, entity: str, definition: EntityDef) -> tuple[str, ...]:
        members = self._registry.schema.entities.get(entity)
        written = definition.order
        if written and members is not None and members.order:
            return members.order
        return ("position",) if definition.part_of else ("-id",)

    def _search(
        self, definition: EntityDef, fields: tuple[FlatField, ...]
    ) -> Mapping[str, int]:
        given = definition.search
        if isinstance(given, Mapping):
            return MappingProxyType(dict(given))
        names = tuple(given) or tuple(
            field.name
            for field in fields
            if field.member is not None and field.member.folded
        )
        return MappingProxyType(dict.fromkeys(names, 1))

    def _filters(
        self, entity: str, definition: EntityDef
    ) -> Iterator[tuple[str, CompiledFilter]]:
        for id_, given in definition.filters.items():
            typed = self._registry.typed(f"entity {entity}/filters/{id_}/where")
            if typed is not None:
                label = given.label or words(id_)
                yield (
                    id_,
                    CompiledFilter(
                        id_,
                        given,
                        label,
                        typed,
                        given.default,
                        full_roles(entity, given.roles),
                    ),
                )


def _stated(stated: Conditions) -> dict[str, Any]:
    names = ("defaults", "bounds", "required", "readonly", "visible")
    return {name: getattr(stated, name) for name in names}


def _calculated(sums: Calculations) -> dict[str, Any]:
    names = ("derives", "formulas", "virtuals")
    return {name: getattr(sums, name) for name in names} | {"save_order": sums.order}


def _folds(fields: Mapping[str, CompiledField]) -> tuple[tuple[str, str], ...]:
    return tuple((name, fold_name(name)) for name, f in fields.items() if f.folded)


def _saving(
    conditions: Conditions,
    sums: Calculations,
    rules: tuple[CompiledRule, ...],
    fields: Iterable[CompiledField],
) -> Iterator[Computed | FilledText | bool | None]:
    """Everything that runs when a record is saved."""
    for default in conditions.defaults:
        yield default.value
    for states in (conditions.required, conditions.readonly):
        yield from states.values()
    for bounds in conditions.bounds.values():
        yield from (bounds.least, bounds.greatest)
    for derive in sums.derives:
        yield from (derive.value, derive.while_, derive.frozen)
        yield Computed(_id_text, Reads(derive.watch))
    for formula in sums.formulas:
        yield formula.frozen
        # What a heavy one reads is loaded when it is worked out.
        if not formula.heavy:
            yield formula.value
    for rule in rules:
        yield Computed(_id_text, rule.reads)
    for field in fields:
        yield from field.offered.values()
        if field.build is not None:
            yield from (field.build.items, field.build.while_)


def _plain(text: str) -> FilledText:
    return FilledText(lambda env: text)


def _id_text(env: Any) -> str | None:
    record = env.this
    return None if record is None or record.id is None else str(record.id)
