"""The short ways of writing, brought into one form.

Asked by the compiler and the pages, which then need not know that a field item may be
a path or a map, a grant a list of verbs or a map.
"""

from __future__ import annotations

from core.definitions import GrantDef, ItemDef
from core.fieldtypes.choices import Choice, choices_of, label_of
from core.source import PathText

__all__ = ["Choice", "choices_of", "grant_of", "item_of", "words"]


def words(id: str) -> str:
    """Return the label that an id gives by itself: `close_date` -> Close date."""
    return label_of(id.rpartition(".")[2])


def item_of(item: PathText | ItemDef) -> ItemDef:
    """Return a field item in its long form."""
    if isinstance(item, ItemDef):
        return item
    return ItemDef(field=item, span=item.span)


def grant_of(grant: tuple[str, ...] | GrantDef) -> GrantDef:
    """Return a grant in its long form."""
    return grant if isinstance(grant, GrantDef) else GrantDef(can=grant)
