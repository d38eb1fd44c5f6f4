"""The short ways of writing, brought into one form.

Asked by the compiler and the pages, which then need not know that a field item may be
a path or a map, a grant a list of verbs or a map.
"""

from __future__ import annotations

from core.definitions import GrantDef, ItemDef
from core.source import PathText


def words(id: str) -> str:  # noqa: A002 - the grammar's word
    """Return the label that a name gives by itself: `close_date` -> Close date."""
    text = id.rpartition(".")[2].replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def item_of(item: PathText | ItemDef) -> ItemDef:
    """Return a field item in its long form."""
    if isinstance(item, ItemDef):
        return item
    return ItemDef(field=item, span=item.span)


def grant_of(grant: tuple[str, ...] | GrantDef) -> GrantDef:
    """Return a grant in its long form."""
    return grant if isinstance(grant, GrantDef) else GrantDef(can=grant)
