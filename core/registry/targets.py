"""The first look at fields: is the type known, are the entities they name there.

Called by core.registry.build before the schema is made; marks the names of fields that
cannot be used, so that expressions over them stay quiet, and settles shared lists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from core.definitions import EntityDef, SettingsDef, TraitDef
from core.fieldtypes.spec import FieldDef
from core.registry.checker import Checker
from core.source import Map

FIELDS = "/fields/"
D = TypeVar("D", EntityDef, TraitDef, SettingsDef)


def mark_unread(checker: Checker) -> None:
    """Note the fields that the reader had to leave out, by their broken addresses."""
    for address in checker.diagnostics.broken:
        head, found, name = address.partition(FIELDS)
        kind, _, id_ = head.partition(" ")
        if found and kind in ("entity", "trait") and "/" not in name:
            definitions = checker.documents.of(kind, EntityDef)
            if id_ not in definitions or name not in definitions[id_].fields:
                checker.mark_name(id_, name)
                _mark_users(checker, id_, name)


def _mark_users(checker: Checker, trait: str, name: str) -> None:
    for entity in checker.documents.entities.values():
        if trait in entity.uses:
            checker.mark_name(entity.id, name)


def usable_fields(checker: Checker) -> None:
    """Check types and targets of all fields; unusable ones are taken out and marked."""
    documents = checker.documents
    _each(documents.traits, lambda one: _usable(checker, one))
    _each(documents.entities, lambda one: _usable(checker, one))
    _each(documents.settings, lambda one: _usable(checker, one))


def _each(definitions: dict[str, D], change: Callable[[D], D]) -> None:
    for id_, definition in list(definitions.items()):
        definitions[id_] = change(definition)


def _usable(checker: Checker, definition: D) -> D:
    module = definition.id.partition(".")[0]
    kept = {
        name: field
        for name, field in definition.fields.items()
        if _is_usable(checker, module, field)
    }
    for name in definition.fields:
        if name not in kept:
            checker.mark_name(definition.id, name)
    fields = definition.fields
    if len(kept) < len(fields):
        fields = Map(kept, {name: fields.key_span(name) for name in kept})
        definition = replace(definition, fields=fields)
    if isinstance(definition, EntityDef):
        _check_asked(checker, module, definition)
    return definition


def _check_asked(checker: Checker, module: str, entity: EntityDef) -> None:
    for action in entity.actions.values():
        for field in action.ask.values():
            if not _is_usable(checker, module, field):
                checker.diagnostics.mark_broken(action.address)


def _is_usable(checker: Checker, module: str, field: FieldDef) -> bool:
    type_ = checker.catalog.get(field.type)
    if type_ is None:
        checker.diagnostics.error(
            "E203",
            f"unknown field type '{field.type}'",
            field.at("type"),
            "not a field type",
            checker.catalog.suggestion(field.type)
            or f"types are {', '.join(checker.catalog.names())}",
        )
        return False
    keys = type_.keys
    good = True
    for target in field.to if "to" in keys else ():
        good &= _target(checker, module, "entity", target, field, "to")
    if field.of is not None and "of" in keys:
        kind = "trait" if field.type == "group" else "entity"
        good &= _target(checker, module, kind, field.of, field, "of")
    if field.through is not None and "through" in keys:
        good &= _target(checker, module, "entity", field.through, field, "through")
    if isinstance(field.choices, str) and "choices" in keys:
        good &= _target(checker, module, "choices", field.choices, field, "choices")
    if field.numbering is not None and "numbering" in keys:
        _target(checker, module, "numbering", field.numbering, field, "numbering")
    return good


def _target(
    checker: Checker, module: str, kind: str, id_: str, field: FieldDef, key: str
) -> bool:
    there = checker.documents.of(kind, EntityDef)
    # A part that an extension added belongs to the extension's module.
    return checker.dependencies.check(
        checker.author_of(field.address) or module, kind, id_, there, field.at(key)
    )


def resolve_fields(checker: Checker) -> None:
    """Let the field types fill in what fields name: shared choices, group members."""
    documents = checker.documents
    _each(documents.traits, lambda one: _with_resolved(checker, one))
    _each(documents.entities, lambda one: _resolved_entity(checker, one))
    _each(documents.settings, lambda one: _with_resolved(checker, one))


def _with_resolved(checker: Checker, definition: D) -> D:
    fields = _resolved(checker, definition.id, definition.fields)
    if fields is not definition.fields:
        definition = replace(definition, fields=fields)
    return definition


def _resolved_entity(checker: Checker, definition: EntityDef) -> EntityDef:
    resolved = _with_resolved(checker, definition)
    return _with_asked(checker, resolved) if resolved.actions else resolved


def _with_asked(checker: Checker, entity: EntityDef) -> EntityDef:
    actions = {
        name: replace(action, ask=_resolved(checker, entity.id, action.ask))
        if action.ask
        else action
        for name, action in entity.actions.items()
    }
    spans = {name: entity.actions.key_span(name) for name in actions}
    return replace(entity, actions=Map(actions, spans))


def _resolved(checker: Checker, owner: str, fields: Map[FieldDef]) -> Map[FieldDef]:
    changed: dict[str, FieldDef] = {}
    for name, field in fields.items():
        type_ = checker.catalog.get(field.type)
        if type_ is None:
            continue
        found = type_.resolve(field, checker.context(owner, field))
        if found is not field:
            changed[name] = found
            if isinstance(field.choices, str):
                checker.sources[f"{field.address}/choices"] = (
                    f"choices {field.choices}/values"
                )
    if not changed:
        return fields
    spans = {name: fields.key_span(name) for name in fields}
    return Map({**fields, **changed}, spans)
