"""Functions on texts, each with its Python and its SQL body.

Collected by the catalogue. A result without characters is null, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

import sqlalchemy as sa

from core.expressions.env import Env
from core.expressions.folding import fold, lower, upper
from core.expressions.function import Function, takes
from core.expressions.patterns import matches, postgres_pattern
from core.expressions.sqlforms import Element
from core.expressions.storage_types import plain
from core.expressions.types import BOOLEAN, INTEGER, TEXT, Kind, Type

_T = takes("t", Kind.TEXT)
_A = takes("a", Kind.TEXT)
_N = takes("n", Kind.INTEGER)
_STRING = sa.String()
BLANKS = " \t\r\n"


def _empty_is_null(element: Element) -> Element:
    return sa.func.nullif(element, sa.literal_column("''"), type_=_STRING)


def _call(name: str) -> Callable[..., Element]:
    def body(*args: Element) -> Element:
        call: Element = getattr(sa.func, name)(*args, type_=_STRING)
        return call

    return body


def _test(name: str) -> Callable[..., Element]:
    def body(*args: Element) -> Element:
        call: Element = getattr(sa.func, name)(*args, type_=sa.Boolean())
        return call

    return body


def _concat(*texts: str | None) -> str | None:
    return "".join(t for t in texts if t is not None) or None


def _replace(text: str | None, old: str | None, new: str | None) -> str | None:
    if text is None or old is None:
        return None
    return text.replace(old, new or "") or None


def _left(text: str, count: int) -> str | None:
    return text[: max(count, 0)] or None


def _right(text: str, count: int) -> str | None:
    return text[-count:] if count > 0 else None


def _count(element: Element) -> Element:
    """A length that fits PostgreSQL's integer and is not negative."""
    capped = sa.func.least(
        sa.func.greatest(element, sa.literal_column("0")),
        sa.literal_column("1000000000"),
    )
    return sa.cast(capped, sa.Integer())


def _pg_concat(*texts: Element) -> Element:
    return _empty_is_null(sa.func.concat(*texts, type_=_STRING))


def _pg_replace(text: Element, old: Element, new: Element) -> Element:
    filled = sa.func.coalesce(new, sa.literal_column("''"))
    return _empty_is_null(sa.func.replace(text, old, filled))


def _similar(a: str, b: str) -> int:
    return round(SequenceMatcher(None, fold(a), fold(b), autojunk=False).ratio() * 100)


def text_of(type: Type) -> Function:
    """`text(x, format)` for values of a type: in the reader's language.

    Where the surroundings know no language, the plain form.
    """

    def body(env: Env, value: Any, format: str | None = None) -> str | None:
        if env.to_text is not None:
            return env.to_text(value, type, format) or None
        return plain_text(value)

    params = (
        takes("x", type.kind),
        takes("format", Kind.TEXT, optional=True, literal=True),
    )
    return Function("text", params, TEXT, body, needs_env=True)


def plain_text(value: Any) -> str | None:
    """The form of a value that belongs to no language."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value) or None


FUNCTIONS = (
    Function("lower", (_T,), TEXT, lower, _call("x_lower")),
    Function("upper", (_T,), TEXT, upper, _call("x_upper")),
    Function(
        "trim",
        (_T,),
        TEXT,
        lambda t: t.strip(BLANKS) or None,
        lambda t: _empty_is_null(
            sa.func.btrim(t, sa.literal_column(r"E' \t\r\n'"), type_=_STRING)
        ),
    ),
    Function(
        "length",
        (_T,),
        INTEGER,
        len,
        lambda t: sa.func.char_length(t, type_=sa.BigInteger()),
    ),
    Function(
        "left",
        (_T, _N),
        TEXT,
        _left,
        lambda t, n: _empty_is_null(sa.func.left(t, _count(n))),
    ),
    Function(
        "right",
        (_T, _N),
        TEXT,
        _right,
        lambda t, n: _empty_is_null(sa.func.right(t, _count(n))),
    ),
    Function(
        "replace",
        (_T, _A, takes("b", Kind.TEXT, Kind.NULL)),
        TEXT,
        _replace,
        _pg_replace,
        strict=False,
    ),
    Function(
        "contains",
        (_T, _A),
        BOOLEAN,
        lambda t, a: fold(a) in fold(t),
        _test("x_contains"),
    ),
    Function(
        "starts",
        (_T, _A),
        BOOLEAN,
        lambda t, a: fold(t).startswith(fold(a)),
        _test("x_starts"),
    ),
    Function(
        "ends",
        (_T, _A),
        BOOLEAN,
        lambda t, a: fold(t).endswith(fold(a)),
        _test("x_ends"),
    ),
    Function(
        "matches",
        (_T, takes("pattern", Kind.TEXT, literal=True)),
        BOOLEAN,
        matches,
        lambda t, pattern: t.op("~", return_type=sa.Boolean())(
            sa.literal(postgres_pattern(pattern.value))
        ),
    ),
    Function(
        "similar",
        (takes("a", Kind.TEXT), takes("b", Kind.TEXT)),
        INTEGER,
        _similar,
    ),
)
CONCAT = Function("concat", (_T,), TEXT, _concat, _pg_concat, strict=False)
ID_TEXT = Function(
    "id_text",
    (takes("x", Kind.INTEGER, Kind.LINK),),
    TEXT,
    str,
    lambda x: sa.cast(x, _STRING),
)
