"""Checks the `feeds` of an entity: links, a day, a yes or no, and a user."""

from __future__ import annotations

from collections.abc import Callable

from core.definitions import EntityDef
from core.definitions.entity import FeedsDef
from core.expressions.types import Kind, Type
from core.registry.checker import Checker
from core.registry.members import USER
from core.registry.paths import check_name


def check_feeds(checker: Checker, entity: EntityDef, given: FeedsDef) -> None:
    """Report names that are none, and fields that cannot say what they shall."""

    def check(key: str, name: str, fits: Callable[[Type], bool], what: str) -> None:
        member = check_name(checker, entity.id, name, given.at(key))
        if member is not None and not fits(member.type):
            text = f"'{name}' is {what}"
            checker.diagnostics.error("E406", text, given.at(key))

    for name in given.of:
        check("of", name, _points, "no link to one record, so it has no timeline")
    if given.due is not None:
        check("due", given.due, _is_day, "neither day nor moment")
    if given.done is not None:
        check("done", given.done, _is_yes, "neither true nor false")
    if given.person is not None:
        check("person", given.person, _is_user, "no link to a user")


def _points(type_: Type) -> bool:
    return type_.kind in (Kind.LINK, Kind.REFERENCE)


def _is_day(type_: Type) -> bool:
    return type_.kind in (Kind.DATE, Kind.DATETIME)


def _is_yes(type_: Type) -> bool:
    return type_.kind is Kind.BOOLEAN


def _is_user(type_: Type) -> bool:
    return type_.kind is Kind.LINK and type_.entities == (USER,)
