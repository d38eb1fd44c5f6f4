"""A mapping whose values are made when they are first asked for, and then kept.

Used for tables and compiled entities: a business uses a few of hundreds in the first
minutes. Several threads may ask; each value is made once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class FirstUse(Mapping[K, V]):
    """`keys` are those there are, in order; `make` is called once for each."""

    def __init__(self, keys: Collection[K], make: Callable[[K], V]) -> None:
        self._keys = keys
        self._make = make
        self._made: dict[K, V] = {}
        # Making one value may need another.
        self._lock = threading.RLock()

    def __getitem__(self, key: K) -> V:
        try:
            return self._made[key]
        except KeyError:
            pass
        if key not in self._keys:
            raise KeyError(key)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(key)
            return self._made[key]

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[K]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
