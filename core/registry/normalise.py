"""The short ways of writing, brought into one form.

Asked by the compiler and the pages, which then need not know that a choice may be a
text or a map, a field item a path or a map, a grant a list of verbs or a map.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.definitions import GrantDef, ItemDef
from core.fieldtypes.spec import ChoiceDef, FieldDef
from core.source import ExprText, PathText


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice field; `rank` counts from 0 unless it was written."""

    key: str
    label: str
    color: str | None
    rank: int
    when: ExprText | None


def words(id: str) -> str:  # noqa: A002 - the grammar's word
    """Return the label that a name gives by itself: `close_date` -> Close date."""
    text = id.rpartition(".")[2].replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def choices_of(field: FieldDef) -> tuple[Choice, ...]:
    """Return the values of a choice field of the registry in the order of writing.

    Shared lists are resolved there, so an id stands here only where it is unknown.
    """
    if field.choices is None or isinstance(field.choices, str):
        return ()
    found = []
    for index, (key, value) in enumerate(field.choices.items()):
        if isinstance(value, ChoiceDef):
            rank = index if value.rank is None else value.rank
            label = value.label or words(key)
            found.append(Choice(key, label, value.color, rank, value.when))
        else:
            found.append(Choice(key, value, None, index, None))
    return tuple(found)


def item_of(item: PathText | ItemDef) -> ItemDef:
    """Return a field item in its long form."""
    if isinstance(item, ItemDef):
        return item
    return ItemDef(field=item, span=item.span)


def grant_of(grant: tuple[str, ...] | GrantDef) -> GrantDef:
    """Return a grant in its long form."""
    return grant if isinstance(grant, GrantDef) else GrantDef(can=grant)
