"""The ordered, immutable map id -> part in which definitions keep their parts.

Made by the reader of `core.source.structure`; read by all later stages like any
mapping.

Public: `Map(items, spans)`, `Map.key_span(id)`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from core.diagnostics import Span, nowhere

X = TypeVar("X", covariant=True)


class Map(Mapping[str, X]):
    """An ordered map that nobody can change and that knows where its keys stand.

    Two maps are equal when they hold equal items in the same order.
    """

    __slots__ = ("_items", "_spans")

    def __init__(
        self,
        items: Mapping[str, X] | Iterable[tuple[str, X]] = (),
        spans: Mapping[str, Span] | None = None,
    ) -> None:
        self._items: dict[str, X] = dict(items)
        self._spans: dict[str, Span] = dict(spans or {})

    def key_span(self, id: str) -> Span:
        """Return where the key stands in its file; nowhere for generated parts."""
        return self._spans.get(id) or nowhere()

    def __getitem__(self, id: str) -> X:
        return self._items[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, id: object) -> bool:
        return id in self._items

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Map):
            return NotImplemented
        return list(self._items.items()) == list(other._items.items())

    def __hash__(self) -> int:
        return hash(tuple(self._items))

    def __repr__(self) -> str:
        return f"Map({self._items!r})"
