"""Checks views and finds the one to use for each entity; makes those nobody wrote.

Called by core.registry.check after the entities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from core.definitions import ButtonDef, ItemDef, SectionDef, ViewDef
from core.diagnostics import Related, did_you_mean
from core.expressions.schema import TO_MANY
from core.expressions.slots import CHECK, FILTER
from core.registry.check_entities import check_filters
from core.registry.check_roles import check_roles
from core.registry.check_shown import check_shown
from core.registry.checker import Checker
from core.registry.normalise import item_of
from core.registry.paths import check_name, check_path
from core.source import Map, PathText

#: Keys of one type of view that mean nothing in most others.
KEYS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "form": ("header", "sections", "tabs", "buttons", "quick"),
        "list": ("columns", "row_style", "group", "totals", "editable"),
        "kanban": ("column_by", "card", "sums", "limits", "stale"),
        "calendar": ("start", "end", "title", "color"),
        "tree": ("parent", "columns"),
    }
)


def check_view(checker: Checker, view: ViewDef) -> bool:
    """Check one view; return whether its entity is there."""
    address = f"view {view.id}"
    entities = checker.documents.entities
    module = view.id.partition(".")[0]
    if not checker.dependencies.check(
        module, "entity", view.entity, entities, view.at("entity")
    ):
        return False
    _foreign_keys(checker, view)
    entity = view.entity
    # Whoever opens the view learns for which rows a condition holds.
    open_ = bool(view.roles)
    checker.condition(view.where, f"{address}/where", entity, FILTER, may_reveal=open_)
    check_roles(checker, view.id, view.roles, view.at("roles"))
    for order in view.order:
        check_path(checker, entity, order.path)
    check_filters(checker, entity, view.filters, address)
    _items(checker, entity, view.header, f"{address}/header")
    _items(checker, entity, view.columns, f"{address}/columns")
    _sections(checker, entity, view.sections, address)
    for name, tab in view.tabs.items():
        at = f"{address}/tabs/{name}"
        checker.condition(tab.visible, f"{at}/visible", entity, CHECK)
        _sections(checker, entity, tab.sections, at)
    for name in view.quick:
        check_name(checker, entity, name, view.at("quick"))
    for name, button in view.buttons.items():
        _button(checker, entity, button, f"{address}/buttons/{name}")
    for index, style in enumerate(view.row_style):
        at = f"{address}/row_style/{index}/when"
        checker.condition(style.when, at, entity, CHECK, may_reveal=open_)
    _as_of(checker, view)
    check_shown(checker, view)
    return True


def _as_of(checker: Checker, view: ViewDef) -> None:
    """A view of one day is over rows that count from one day to another."""
    if not view.as_of:
        return
    if view.type == "form":
        text = "a form shows one record, whatever the day"
        checker.diagnostics.error("E208", text, view.at("as_of"))
    elif checker.documents.entities[view.entity].effective is None:
        text = f"{view.entity} has no dates between which a row counts"
        help_ = "the key 'effective: {from: ..., to: ...}' adds them"
        checker.diagnostics.error("E205", text, view.at("as_of"), None, help_)


def _foreign_keys(checker: Checker, view: ViewDef) -> None:
    for key, owners in _owners().items():
        if view.type not in owners and view.gave(key):
            checker.diagnostics.error(
                "E202",
                f"'{key}' is no key of a {view.type}",
                view.at(key),
                f"belongs to a {' or '.join(owners)}",
                f"possible here: {', '.join(KEYS_OF[view.type])}",
            )


def _owners() -> dict[str, list[str]]:
    """The types of view that know each key."""
    found: dict[str, list[str]] = {}
    for type_, keys in KEYS_OF.items():
        for key in keys:
            found.setdefault(key, []).append(type_)
    return found


def _items(
    checker: Checker, entity: str, items: Iterable[PathText | ItemDef], address: str
) -> None:
    for index, item in enumerate(items):
        definition = item_of(item)
        check_path(checker, entity, definition.field)
        for key in ("visible", "readonly"):
            value = getattr(definition, key)
            checker.condition(value, f"{address}/{index}/{key}", entity, CHECK)


def _sections(
    checker: Checker, entity: str, sections: Map[SectionDef], address: str
) -> None:
    for name, section in sections.items():
        at = f"{address}/sections/{name}"
        checker.condition(section.visible, f"{at}/visible", entity, CHECK)
        _items(checker, entity, section.fields, f"{at}/fields")
        if not 1 <= section.columns <= 3:
            text = f"a section has one to three columns, not {section.columns}"
            checker.diagnostics.error("E217", text, section.at("columns"))


def _button(checker: Checker, entity: str, button: ButtonDef, address: str) -> None:
    if button.gave("inverse") == button.gave("action"):
        text = "a button shows either an 'inverse' or an 'action'"
        code = "E208" if button.gave("inverse") else "E204"
        checker.diagnostics.error(code, text, button.span)
        return
    if button.action is not None:
        actions = checker.documents.entities[entity].actions
        if button.action not in actions:
            checker.diagnostics.error(
                "E402",
                f"'{entity}' has no action '{button.action}'",
                button.at("action"),
                None,
                did_you_mean(button.action, actions),
            )
        return
    name = button.inverse or ""
    member = check_name(checker, entity, name, button.at("inverse"))
    if member is None:
        return
    if member.kind not in TO_MANY:
        checker.diagnostics.error(
            "E411",
            f"'{name}' does not lead to several records",
            button.at("inverse"),
            help="name an inverse, lines or links",
        )
        return
    # Everybody who opens the form sees the number.
    at = f"{address}/where"
    checker.condition(button.where, at, member.target, FILTER, may_reveal=False)


def views_in_use(
    checker: Checker, views: Mapping[str, ViewDef]
) -> dict[tuple[str, str], ViewDef]:
    """Return (entity, type) -> the written view to use.

    The one that says `default: true`; else the first without `default: false` and
    without roles, those of the entity's own module first. Two that say it: E303.
    """
    found: dict[tuple[str, str], ViewDef] = {}
    for view in views.values():
        if not view.default or view.roles:
            continue
        key = (view.entity, view.type)
        first = found.get(key)
        if first is None:
            found[key] = view
        elif view.gave("default") and first.gave("default"):
            _two_defaults(checker, first, view)
        elif _rank(view) > _rank(first):
            found[key] = view
    return found


def _rank(view: ViewDef) -> tuple[bool, bool]:
    own = view.id.partition(".")[0] == view.entity.partition(".")[0]
    return view.gave("default"), own


def _two_defaults(checker: Checker, first: ViewDef, second: ViewDef) -> None:
    checker.diagnostics.error(
        "E303",
        f"two views want to be the default {second.type} of {second.entity}: "
        f"{first.id} and {second.id}",
        second.at("default"),
        "the second one",
        "write 'default: false' in one of them",
        related=(Related(first.at("default"), "the first one"),),
    )
