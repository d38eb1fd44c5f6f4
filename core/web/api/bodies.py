"""Reads the JSON of a request, strictly: what two readers might understand differently
is refused.

The views call `read_object`. Numbers with a point arrive as exact decimals; duplicate
keys, NaN, huge exponents, deep nesting and characters no database keeps are refused.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Request

from core.web.api.refusals import Refusal

MOST_BYTES = 10 * 1024 * 1024
MOST_DEPTH = 32
_MOST_EXPONENT = 308
_ESCAPES = re.compile(rb"\\u(?:0000|[dD][89abAB])")
_TYPES = frozenset({"application/json", "application/merge-patch+json"})


def read_object(request: Request, *, required: bool = True) -> dict[str, Any]:
    """Return the object in the body; an empty body is `{}` unless it is required."""
    raw = read_bytes(request)
    if not raw.strip():
        if required:
            raise _no_object()
        return {}
    if request.mimetype not in _TYPES:
        raise Refusal(
            415,
            "unsupported_media_type",
            "The body must be JSON: send it with 'Content-Type: application/json'.",
        )
    found = parse(raw)
    if not isinstance(found, dict):
        raise _no_object()
    return found


def read_bytes(request: Request) -> bytes:
    """Return the raw body of at most 10 MB."""
    request.max_content_length = MOST_BYTES
    return request.get_data(cache=True)


def parse(raw: bytes) -> Any:
    """Return the value of a JSON text; Refusal 400 says what is wrong and where."""
    try:
        found = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _malformed(f"The body is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth(found)
    if _ESCAPES.search(raw):
        _check_texts(found)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _malformed(f"The key '{name[:80]}' stands twice in one object.")
            seen.add(name)
    return found


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _malformed(f"{text[:40]} is no number that can be kept.") from None
    if abs(value.adjusted()) > _MOST_EXPONENT or len(text) > 1000:
        raise _malformed(f"{text[:40]} is larger or finer than any number kept here.")
    return value


def _integer(text: str) -> int:
    if len(text) > 1000:
        raise _malformed(f"A number of {len(text)} digits is more than can be kept.")
    return int(text)


def _constant(text: str) -> Any:
    raise _malformed(f"{text} is not JSON; leave the value out or send null.")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise _too_deep()


def _check_texts(value: Any) -> None:
    """Refuse NUL and lone surrogates: databases and UTF-8 have no room for them."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, str) and not storable(one):
            raise _malformed("A text holds a character that cannot be kept (NUL?).")


def storable(text: str) -> bool:
    """Whether a text has neither NUL nor lone surrogates."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _malformed(detail: str) -> Refusal:
    return Refusal(400, "malformed_json", detail)


def _no_object() -> Refusal:
    return _malformed('The body must be a JSON object, such as {"name": "…"}.')


def _too_deep() -> Refusal:
    return _malformed(f"The body is nested more than {MOST_DEPTH} levels deep.")
