"""The parsed expression before names have a meaning: a frozen tree of our own.

The parser builds it, the type checker reads it. Each node keeps where it stands in the
text (`start`, `end`, counted in characters).
"""

from __future__ import annotations

from decimal import Decimal

from core.frozen import frozen


@frozen
class Syntax:
    """Any node."""

    start: int
    end: int


@frozen
class Number(Syntax):
    """A number exactly as written; an int when it has no point."""

    value: int | Decimal


@frozen
class Text(Syntax):
    """A text literal."""

    value: str


@frozen
class Boolean(Syntax):
    """`true` or `false`."""

    value: bool


@frozen
class Null(Syntax):
    """`null`."""


@frozen
class Name(Syntax):
    """A bare name."""

    name: str


@frozen
class Attribute(Syntax):
    """`of.name`; `at` is where the name itself begins."""

    of: Syntax
    name: str
    at: int


@frozen
class Subscript(Syntax):
    """`of['key']`."""

    of: Syntax
    key: str


@frozen
class Keyword(Syntax):
    """`name=value` among a call's arguments."""

    name: str
    value: Syntax


@frozen
class Call(Syntax):
    """A function called by its (dotted) name; `name_end` is where the name ends."""

    function: str
    args: tuple[Syntax, ...]
    keywords: tuple[Keyword, ...]
    name_end: int


@frozen
class Unary(Syntax):
    """`-x` or `not x`."""

    operator: str
    operand: Syntax


@frozen
class Binary(Syntax):
    """`+ - * / %`."""

    operator: str
    left: Syntax
    right: Syntax


@frozen
class Comparison(Syntax):
    """One comparison or a chain; `operators[i]` stands before `operands[i]`."""

    first: Syntax
    operators: tuple[str, ...]
    operands: tuple[Syntax, ...]


@frozen
class Connective(Syntax):
    """`and` or `or` over two or more operands."""

    operator: str
    operands: tuple[Syntax, ...]


@frozen
class Condition(Syntax):
    """`then if test else other`."""

    test: Syntax
    then: Syntax
    other: Syntax


@frozen
class ListDisplay(Syntax):
    """`[a, b]`."""

    items: tuple[Syntax, ...]


@frozen
class Comprehension(Syntax):
    """`item for name in source if ...`; `name_at` is where the name begins."""

    item: Syntax
    name: str
    name_at: int
    source: Syntax
    conditions: tuple[Syntax, ...]
