"""Where added parts stand among those that are there: `after:` and `before:`.

Used by the merge of extensions for ordered maps and for lists of field items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from core.diagnostics import Diagnostics, Span, did_you_mean
from core.source import Map, Part

X = TypeVar("X")


def placed(
    present: Map[X],
    added: Mapping[str, X],
    span_of: Callable[[str], Span],
    diagnostics: Diagnostics,
) -> Map[X]:
    """Return a map with the added items at the places that they ask for, else last.

    An unknown neighbour is E301; the item stands last then.
    """
    order = list(present)
    for name, item in added.items():
        after = item.after if isinstance(item, Part) else None
        before = item.before if isinstance(item, Part) else None
        neighbour = after or before
        if neighbour is None:
            order.append(name)
        elif neighbour in order:
            order.insert(order.index(neighbour) + (after is not None), name)
        else:
            unknown_neighbour(neighbour, order, span_of(name), diagnostics)
            order.append(name)
    items = {name: present[name] if name in present else added[name] for name in order}
    spans = {name: present.key_span(name) for name in present}
    return Map(items, spans | {name: span_of(name) for name in added})


def unknown_neighbour(
    name: str, there: Iterable[str], span: Span, diagnostics: Diagnostics
) -> None:
    """Report E301 for an `after` or `before` that names nothing."""
    text = f"there is no '{name}' to be placed beside"
    diagnostics.error("E301", text, span, None, did_you_mean(name, there))
