"""Checks the `retention` of an entity: which day it counts from, what it erases."""

from __future__ import annotations

from core.definitions import EntityDef
from core.definitions.entity import RetentionDef
from core.expressions.slots import FILTER
from core.registry.checker import Checker
from core.registry.paths import check_name

_STAMPS = frozenset({"created_at", "updated_at", "archived_at"})
_DAYS = frozenset({"date", "datetime"})


def check_retention(checker: Checker, entity: EntityDef, given: RetentionDef) -> None:
    """Report names that are none, a start that is no day, and nothing to erase."""
    at = f"entity {entity.id}/retention"
    checker.condition(given.where, f"{at}/where", entity.id, FILTER)
    field = entity.fields.get(given.from_)
    if given.from_ not in _STAMPS:
        member = check_name(checker, entity.id, given.from_, given.at("from"))
        if member is not None and (field is None or field.type not in _DAYS):
            text = f"'{given.from_}' holds no day to count from"
            checker.diagnostics.error("E406", text, given.at("from"))
    for name in given.fields:
        check_name(checker, entity.id, name, given.at("fields"))
    if given.do == "erase" and not given.fields:
        text = "'erase' names no fields that are to be overwritten"
        help_ = "name them with 'fields', or write 'do: delete'"
        checker.diagnostics.error("E412", text, given.span, help=help_)
