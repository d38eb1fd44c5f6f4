"""Checks what boards, calendars, trees and the sums of lists show.

Called by core.registry.check_views for every view, after what all views share.
"""

from __future__ import annotations

from core.definitions import EntityDef, ViewDef
from core.diagnostics import Span, did_you_mean
from core.expressions.schema import Member, MemberKind
from core.expressions.slots import CHECK
from core.expressions.types import NUMERIC, Kind
from core.fieldtypes.choices import choices_of
from core.registry.checker import Checker
from core.registry.paths import check_name, check_path

#: Levels of a grouped list.
MOST_GROUPS = 3
_DAYS = frozenset({Kind.DATE, Kind.DATETIME})
_COLUMNS = frozenset({Kind.CHOICE})
_GROUPED = _DAYS | {Kind.CHOICE, Kind.LINK, Kind.BOOLEAN}
_COLORED = frozenset({Kind.CHOICE, Kind.TEXT})


def check_shown(checker: Checker, view: ViewDef) -> None:
    """Check the keys that only some types of view have."""
    if view.type == "kanban":
        _board(checker, view)
    elif view.type == "calendar":
        _calendar(checker, view)
    elif view.type == "tree":
        _tree(checker, view)
    for key in ("sums", "totals"):
        for name in getattr(view, key):
            member = check_name(checker, view.entity, name, view.at(key))
            _must_be(checker, member, NUMERIC, f"a number for '{key}'", view.at(key))
    if len(view.group) > MOST_GROUPS:
        text = f"a list is grouped by up to {MOST_GROUPS} fields, not {len(view.group)}"
        checker.diagnostics.error("E205", text, view.at("group"))
    for name in view.group:
        member = check_name(checker, view.entity, name, view.at("group"))
        if member is not None and (member.to_many or member.members):
            text = f"rows cannot be grouped by '{name}': it is no single value"
            checker.diagnostics.error("E411", text, view.at("group"))
            continue
        wanted = "a choice, link, boolean or date for 'group'"
        _must_be(checker, member, _GROUPED, wanted, view.at("group"))


def _board(checker: Checker, view: ViewDef) -> None:
    if view.column_by is None:
        _missing(checker, view, "column_by", "the field whose values are the columns")
        return
    span = view.at("column_by")
    member = check_name(checker, view.entity, view.column_by, span)
    is_link = member is not None and member.kind is MemberKind.LINK
    if not is_link:
        _must_be(checker, member, _COLUMNS, "a choice or a link for columns", span)
    if view.card is not None:
        paths = (view.card.title, view.card.badge, view.card.image, *view.card.lines)
        for path in paths:
            if path is not None:
                check_path(checker, view.entity, path)
    at, open_ = f"view {view.id}/stale", bool(view.roles)
    checker.condition(view.stale, at, view.entity, CHECK, may_reveal=open_)
    if member is not None:
        _limits(checker, view, member)


def _limits(checker: Checker, view: ViewDef, member: Member) -> None:
    """Limits name a key of the choice, or the external id of a linked record."""
    entity: EntityDef = checker.documents.entities[view.entity]
    for key, most in view.limits.items():
        span = view.limits.key_span(key)
        if most < 1:
            text = "a limit is at least 1"
            checker.diagnostics.error("E205", text, span)
        if member.kind is MemberKind.LINK:
            if checker.schema.external(key) != member.target:
                text = f"there is no shipped record '{key}' of {member.target}"
                checker.diagnostics.error("E418", text, span)
            continue
        field = entity.fields.get(view.column_by or "")
        keys = [] if field is None else [one.key for one in choices_of(field)]
        if keys and key not in keys:
            text = f"'{view.column_by}' has no choice '{key}'"
            checker.diagnostics.error("E408", text, span, None, did_you_mean(key, keys))


def _calendar(checker: Checker, view: ViewDef) -> None:
    if view.start is None:
        _missing(checker, view, "start", "the date or moment at which a record begins")
        return
    found = {}
    for key in ("start", "end"):
        name = getattr(view, key)
        if name is not None:
            member = check_name(checker, view.entity, name, view.at(key))
            wanted = f"a date or datetime for '{key}'"
            if _must_be(checker, member, _DAYS, wanted, view.at(key)):
                found[key] = member
    kinds = {member.type.kind for member in found.values() if member is not None}
    if len(kinds) > 1:
        text = "'start' and 'end' are both dates or both datetimes"
        checker.diagnostics.error("E406", text, view.at("end"))
    if view.title is not None:
        check_path(checker, view.entity, view.title)
    if view.color is not None:
        member = check_path(checker, view.entity, view.color)
        _must_be(checker, member, _COLORED, "a choice or a color", view.at("color"))


def _tree(checker: Checker, view: ViewDef) -> None:
    if view.parent is None:
        _missing(checker, view, "parent", "the link from a record to the one above it")
        return
    span = view.at("parent")
    member = check_name(checker, view.entity, view.parent, span)
    if member is None:
        return
    if member.kind is not MemberKind.LINK or member.target != view.entity:
        text = f"'{view.parent}' is no link from {view.entity} to itself"
        checker.diagnostics.error("E406", text, span)


def _must_be(
    checker: Checker,
    member: Member | None,
    kinds: frozenset[Kind],
    wanted: str,
    span: Span,
) -> bool:
    """Report E406 unless a member is of one of the kinds; True if it is."""
    if member is None:
        return False
    if member.type.kind in kinds and not member.to_many:
        return True
    text = f"'{member.name}' is {member.type}, but {wanted} is needed"
    checker.diagnostics.error("E406", text, span)
    return False


def _missing(checker: Checker, view: ViewDef, key: str, what: str) -> None:
    checker.diagnostics.error(
        "E204",
        f"a {view.type} needs '{key}'",
        view.span,
        None,
        f"name {what}",
    )
