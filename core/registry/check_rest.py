"""Checks menus, settings, numberings and translations.

Called by core.registry.build after entities and views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.definitions import (
    EntityDef,
    MenuDef,
    MenuItemDef,
    NumberingDef,
    PluralText,
    SettingsDef,
    TranslationsDef,
)
from core.diagnostics import did_you_mean
from core.expressions import types
from core.expressions.slots import FILTER, NUMBERING
from core.fieldtypes.spec import FieldDef
from core.registry.check_fields import FieldChecker
from core.registry.check_roles import check_roles
from core.registry.checker import Checker
from core.registry.part_at import part_at
from core.registry.paths import check_name, check_path
from core.source import Map

TARGETS = ("entity", "view", "dashboard", "settings", "url")
#: Names that only document numbers know, beside the fields of the record.
NUMBER_NAMES = ("year", "month", "day", "seq")


def checked_menu(checker: Checker, menu: MenuDef) -> MenuDef:
    """Check a menu; entries into optional modules that are off are left out."""
    items = _items(checker, menu.id, menu.items, f"menu {menu.id}/items")
    return replace(menu, items=items)


def _items(
    checker: Checker, module: str, items: Map[MenuItemDef], address: str
) -> Map[MenuItemDef]:
    kept: dict[str, MenuItemDef] = {}
    for name, item in items.items():
        at = f"{address}/{name}"
        found = _item(checker, checker.author_of(at) or module, item, at)
        if found is not None:
            inner = _items(checker, module, found.items, f"{at}/items")
            kept[name] = replace(found, items=inner) if found.items else found
    return Map(kept, {name: items.key_span(name) for name in kept})


def _item(
    checker: Checker, module: str, item: MenuItemDef, address: str
) -> MenuItemDef | None:
    given = [key for key in TARGETS if item.gave(key)]
    if len(given) > 1 or not (given or item.items):
        code = "E208" if given else "E204"
        text = f"an entry leads to exactly one of: {', '.join(TARGETS)}"
        checker.diagnostics.error(code, text, item.span)
        return None
    check_roles(checker, module, item.roles, item.at("roles"))
    entity = item.entity
    for kind in ("entity", "view", "dashboard", "settings"):
        id_ = getattr(item, kind)
        if id_ is None:
            continue
        there = checker.documents.of(kind, EntityDef)
        if not checker.dependencies.check(
            module, kind, id_, there, item.at(kind), optional=True
        ):
            return None
        if kind == "view":
            entity = checker.documents.views[id_].entity
    if item.action is not None:
        _check_action(checker, item)
    at, open_ = f"{address}/filter", bool(item.roles)
    checker.condition(item.filter, at, entity, FILTER, may_reveal=open_)
    return item


def _check_action(checker: Checker, item: MenuItemDef) -> None:
    """Check that an entry runs something that needs no record."""
    span = item.at("action")
    if item.entity is None:
        text = "the entity of the action is missing"
        checker.diagnostics.error("E204", text, span, None, "say it: entity")
        return
    for key in ("filter", "count"):
        if item.gave(key):
            text = f"an entry with 'action' shows no records; '{key}' means nothing"
            checker.diagnostics.error("E208", text, item.at(key))
    actions = checker.documents.entities[item.entity].actions
    action = actions.get(item.action or "")
    if action is None:
        text = f"{item.entity} has no action '{item.action}'"
        near = did_you_mean(item.action or "", actions)
        checker.diagnostics.error("E402", text, span, None, near)
    elif action.place != "list":
        text = f"'{item.action}' needs a record, and a menu has none"
        help_ = "say 'place: list' at the action"
        checker.diagnostics.error("E205", text, span, None, help_)


def check_settings(checker: Checker, settings: SettingsDef) -> None:
    """Check the fields of a settings page."""
    fields = FieldChecker(checker, f"settings {settings.id}")
    for field in settings.fields.values():
        fields.check(field)


def collect_settings(checker: Checker) -> None:
    """Let the schema know the settings that expressions may read."""
    for module, settings in checker.documents.settings.items():
        for name, field in settings.fields.items():
            type_ = checker.catalog[field.type]
            if not type_.write_only:
                context = checker.context(f"settings {module}", field)
                value = type_.expression_type(field, context)
                checker.schema.settings[module, name] = value


def check_numbered(checker: Checker, entity: EntityDef) -> None:
    """Check the numbering of each number field over the entity that it numbers."""
    for field in entity.fields.values():
        numbering = checker.documents.numberings.get(field.numbering or "")
        if numbering is not None:
            _numbering(checker, entity, field, numbering)


def _numbering(
    checker: Checker, entity: EntityDef, field: FieldDef, numbering: NumberingDef
) -> None:
    at = f"{field.address}/numbering"
    names = dict.fromkeys(NUMBER_NAMES, types.INTEGER)
    text = checker.text(
        numbering.format, f"{at}/format", entity.id, NUMBERING, names, digits=True
    )
    when = checker.condition(numbering.when, f"{at}/when", entity.id, NUMBERING)
    # Nearly always one entity uses a numbering, which then is its own as well.
    if text is not None:
        checker.texts.setdefault(f"numbering {numbering.id}/format", text)
    if when is not None:
        checker.expressions.setdefault(f"numbering {numbering.id}/when", when)
    for name in numbering.scope:
        if name != "company" or "company" in entity.fields:
            check_name(checker, entity.id, name, numbering.at("scope"))
    if numbering.date is not None:
        check_path(checker, entity.id, numbering.date)


def joined_translations(
    checker: Checker,
) -> dict[str, dict[str, str | PluralText]]:
    """Return language -> address -> text; the same address twice is the later one."""
    found: dict[str, dict[str, str | PluralText]] = {}
    for document in checker.documents.of("translations", TranslationsDef).values():
        found.setdefault(document.language, {}).update(document.texts)
    return found


def check_translations(
    checker: Checker, holder: object, ids: Mapping[str, object], tests: bool = True
) -> None:
    """Warn (W423) of texts for what does not exist, so that renames are noticed.

    tests: the documents of the kind `test` were read.
    """
    for document in checker.documents.of("translations", TranslationsDef).values():
        module = document.id.partition(".")[0]
        for address in document.texts:
            if _exists(checker, holder, address, ids):
                continue
            kind, _, rest = address.partition(" ")
            if kind == "test" and not tests:
                continue
            id_, _, part = rest.partition("/")
            name = part.removeprefix("fields/").partition("/")[0]
            broken = checker.diagnostics.is_broken(address)
            if broken or checker.is_marked(id_, name):
                continue
            if checker.dependencies.is_quiet(kind, id_) or checker.dependencies.is_off(
                module, id_
            ):
                continue
            checker.diagnostics.warn(
                "W423",
                f"nothing is called '{address}'",
                document.texts.key_span(address),
                "a translation of something that is not there",
                _near(holder, address),
            )


def _exists(
    checker: Checker, holder: object, address: str, ids: Mapping[str, object]
) -> bool:
    kind, _, rest = address.partition(" ")
    if kind == "row":
        id_, _, name = rest.partition("/")
        entity = checker.documents.entities.get(checker.schema.external(id_) or "")
        return id_ in ids and entity is not None and name in entity.fields
    above, slash, key = address.rpartition("/")
    if not slash:
        return False
    if part_at(holder, address) is not None:
        return True
    # A text nobody wrote, such as the label that the id gives by itself.
    part = part_at(holder, above)
    return part is not None and (hasattr(part, key) or isinstance(part, str))


def _near(holder: object, address: str) -> str | None:
    above, _, key = address.rpartition("/")
    while above:
        part = part_at(holder, above)
        if isinstance(part, Mapping):
            return did_you_mean(key, part)
        above, _, key = above.rpartition("/")
    return None
