"""Makes the next item while the caller works on the present one.

Used by the import: rows of the next chunk are read and understood while the database
takes those of the present one.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def made_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items in their order, one of them always in the making.

    What goes wrong with an item is raised where it would have been handed on. The items
    are made in one thread; whoever stops early waits for the one in the making.
    """
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(_next, items)
        while found := coming.result():
            coming = thread.submit(_next, items)
            yield found[0]


def _next(items: Iterator[T]) -> tuple[T] | None:
    for item in items:
        return (item,)
    return None
