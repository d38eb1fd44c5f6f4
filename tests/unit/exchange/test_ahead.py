"""Items made ahead come in their order, with what goes wrong in its place."""

from collections.abc import Iterator
from threading import Event, get_ident

import pytest

from core.exchange.ahead import made_ahead


def test_items_come_in_their_order_made_by_another_thread() -> None:
    def items() -> Iterator[tuple[int, int]]:
        for number in range(5):
            yield number, get_ident()

    found = list(made_ahead(items()))
    assert [number for number, _ in found] == [0, 1, 2, 3, 4]
    assert get_ident() not in {thread for _, thread in found}


def test_the_next_item_is_made_meanwhile() -> None:
    made = Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    coming = made_ahead(items())
    assert next(coming) == 1
    assert made.wait(10)
    assert list(coming) == [2]


def test_an_error_is_raised_behind_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    coming = made_ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="broken"):
        next(coming)


def test_empty_items_are_items() -> None:
    assert list(made_ahead(iter([None, (), 0]))) == [None, (), 0]


def test_who_stops_early_leaves_no_thread() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    coming = made_ahead(items())
    next(coming)
    coming.close()  # type: ignore[attr-defined]
    assert len(made) == 2
