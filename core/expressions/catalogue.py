"""The functions of one Application: those of the language and those modules add.

The type checker looks functions up here; SQLite registers the Python bodies of all that
are in it. A catalogue never changes; `with_functions` makes another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType

from core.expressions import (
    functions_dates,
    functions_lists,
    functions_measures,
    functions_numbers,
    functions_properties,
    functions_text,
    functions_trees,
    operators,
    operators_time,
)
from core.expressions.function import Bridge, Function


class Catalogue:
    """Functions by name; several under one name differ in their parameters."""

    def __init__(self, functions: Iterable[Function]) -> None:
        grouped: dict[str, tuple[Function, ...]] = {}
        for function in functions:
            grouped[function.name] = (*grouped.get(function.name, ()), function)
        self._functions: Mapping[str, tuple[Function, ...]] = MappingProxyType(grouped)

    def get(self, name: str) -> tuple[Function, ...]:
        """The functions of this name; none is an unknown name."""
        return self._functions.get(name, ())

    def names(self) -> Iterable[str]:
        """All names."""
        return self._functions.keys()

    def with_functions(self, *functions: Function) -> Catalogue:
        """A catalogue with further functions; ValueError for a name already taken."""
        for function in functions:
            if function.name in self._functions:
                raise ValueError(f"the function {function.name} exists already")
        return Catalogue((*self, *functions))

    def __iter__(self) -> Iterator[Function]:
        for group in self._functions.values():
            yield from group


@cache
def builtin_catalogue() -> Catalogue:
    """The functions of the language."""
    return Catalogue(
        (
            *functions_numbers.FUNCTIONS,
            *functions_text.FUNCTIONS,
            *functions_dates.FUNCTIONS,
            *functions_lists.FUNCTIONS,
        )
    )


def operator_functions() -> tuple[Function, ...]:
    """The functions that have no name to call them by."""
    return (
        *operators.NUMBER_OPERATORS.values(),
        operators.NEGATE,
        operators_time.NEGATE_DURATION,
        operators.TO_DECIMAL,
        operators.SAME,
        *(function for _, function in operators_time.TIME_OPERATORS),
        functions_numbers.LEAST,
        functions_numbers.GREATEST,
        functions_numbers.ROUND_WHOLE,
        functions_text.CONCAT,
        functions_text.ID_TEXT,
        functions_dates.PLUS_MONTHS,
        functions_dates.MINUS_MONTHS,
        functions_trees.WITHIN,
        functions_measures.CONVERT,
        functions_measures.TO_UNIT,
        *functions_properties.FUNCTIONS,
    )


def bridged(catalogue: Catalogue) -> Iterator[Function]:
    """All functions whose Python body SQLite has to know."""
    for function in (*operator_functions(), *catalogue):
        # A body of its own may still ask Python for the odd row, as days in zones do.
        asked = function.sqlite is Bridge.PYTHON or function.needs_env
        if asked and not function.memory:
            yield function
