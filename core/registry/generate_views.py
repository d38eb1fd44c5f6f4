"""The list and the form of an entity for which nobody wrote a view.

Called by core.registry.build; a generated view looks like a written one, so pages know
no difference.
"""

from __future__ import annotations

from core.definitions import EntityDef, SectionDef, ViewDef
from core.expressions.schema import MemberKind
from core.registry.checker import Checker
from core.registry.members import title_field
from core.source import Map, PathText

MOST_COLUMNS = 7
#: Types whose values are too long for a column of a list.
LONG_TYPES = frozenset({"longtext", "richtext", "json", "file", "image", "secret"})


def generated_views(checker: Checker, entity: EntityDef) -> dict[str, ViewDef]:
    """Return the generated list and form of an entity by type."""
    shown = {name: field for name, field in entity.fields.items() if not field.hidden}
    single: list[str] = []
    long: list[str] = []
    many: list[str] = []
    for name, field in shown.items():
        kind = checker.catalog[field.type].member_kind
        if kind is MemberKind.LINES:
            many.append(name)
        elif field.type in LONG_TYPES:
            long.append(name)
        else:
            single.append(name)
    return {
        "list": _list(checker, entity, single),
        "form": _form(entity, single, long, many),
    }


def _list(checker: Checker, entity: EntityDef, names: list[str]) -> ViewDef:
    first = title_field(entity)
    ordered = sorted(names, key=lambda name: name != first)
    columns = []
    for name in ordered:
        kind = checker.catalog[entity.fields[name].type].member_kind
        if kind in (MemberKind.COLUMN, MemberKind.LINK, MemberKind.REFERENCE):
            columns.append(PathText(name))
    module, _, short = entity.id.partition(".")
    return ViewDef(
        id=f"{module}.{short}_list",
        address=f"view {module}.{short}_list",
        entity=entity.id,
        type="list",
        columns=tuple(columns[:MOST_COLUMNS]),
    )


def _form(
    entity: EntityDef, single: list[str], long: list[str], many: list[str]
) -> ViewDef:
    sections = {"main": _section(single, 2)}
    for name in (*many, *long):
        label = entity.fields[name].label
        sections[name] = _section([name], 1, label)
    module, _, short = entity.id.partition(".")
    return ViewDef(
        id=f"{module}.{short}_form",
        address=f"view {module}.{short}_form",
        entity=entity.id,
        type="form",
        sections=Map({name: part for name, part in sections.items() if part.fields}),
    )


def _section(names: list[str], columns: int, label: str | None = None) -> SectionDef:
    fields = tuple(PathText(name) for name in names)
    return SectionDef(fields=fields, columns=columns, label=label)
