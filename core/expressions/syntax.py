"""The parsed expression before names have a meaning: a frozen tree of our own.

The parser builds it, the type checker reads it. Each node keeps where it stands in the
text (`start`, `end`, counted in characters).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Syntax:
    """Any node."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Number(Syntax):
    """A number exactly as written; an int when it has no point."""

    value: int | Decimal


@dataclass(frozen=True, slots=True)
class Text(Syntax):
    """A text literal."""

    value: str


@dataclass(frozen=True, slots=True)
class Boolean(Syntax):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Syntax):
    """`null`."""


@dataclass(frozen=True, slots=True)
class Name(Syntax):
    """A bare name."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute(Syntax):
    """`of.name`; `at` is where the name itself begins."""

    of: Syntax
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Subscript(Syntax):
    """`of['key']`."""

    of: Syntax
    key: str


@dataclass(frozen=True, slots=True)
class Keyword(Syntax):
    """`name=value` among a call's arguments."""

    name: str
    value: Syntax


@dataclass(frozen=True, slots=True)
class Call(Syntax):
    """A function called by its (dotted) name; `name_end` is where the name ends."""

    function: str
    args: tuple[Syntax, ...]
    keywords: tuple[Keyword, ...]
    name_end: int


@dataclass(frozen=True, slots=True)
class Unary(Syntax):
    """`-x` or `not x`."""

    operator: str
    operand: Syntax


@dataclass(frozen=True, slots=True)
class Binary(Syntax):
    """`+ - * / %`."""

    operator: str
    left: Syntax
    right: Syntax


@dataclass(frozen=True, slots=True)
class Comparison(Syntax):
    """One comparison or a chain; `operators[i]` stands before `operands[i]`."""

    first: Syntax
    operators: tuple[str, ...]
    operands: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Connective(Syntax):
    """`and` or `or` over two or more operands."""

    operator: str
    operands: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Condition(Syntax):
    """`then if test else other`."""

    test: Syntax
    then: Syntax
    other: Syntax


@dataclass(frozen=True, slots=True)
class ListDisplay(Syntax):
    """`[a, b]`."""

    items: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Comprehension(Syntax):
    """`item for name in source if ...`; `name_at` is where the name begins."""

    item: Syntax
    name: str
    name_at: int
    source: Syntax
    conditions: tuple[Syntax, ...]
