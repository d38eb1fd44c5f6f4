"""The column and the checks of values that are kept as JSON documents.

Used by the json, file and properties types.

Public: `json_column(name)`, `checked_document(value)`, `read_document(text)`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from core.fieldtypes.cleaning import kind_of
from core.fieldtypes.values import BadValue

MOST_LEVELS = 32
MOST_CHARACTERS = 1_000_000
# What the database's JSON cannot keep.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def json_column(name: str) -> sa.Column[Any]:
    """A column for a document; no document is null in SQL as well."""
    kind = sa.JSON(none_as_null=True).with_variant(
        JSONB(none_as_null=True), "postgresql"
    )
    return sa.Column(name, kind)


def read_document(text: str) -> object:
    """The document that a JSON text holds; numbers with a point stay exact if short."""
    if len(text) > MOST_CHARACTERS:
        message = f"the JSON has {len(text)} characters, at most {MOST_CHARACTERS} fit"
        raise BadValue("too_long", message)
    try:
        return json.loads(text, parse_constant=_refused, parse_float=_exact_float)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        message = f"this is no JSON: {error.msg} at {where}"
        raise BadValue("not_json", message, line=error.lineno) from None
    except RecursionError:
        raise _too_deep() from None


def checked_document(value: object) -> Any:
    """The document made of plain dicts, lists, texts, numbers, booleans and nulls."""
    try:
        document = _plain(value, 0)
    except RecursionError:
        raise _too_deep() from None
    if len(json.dumps(document)) > MOST_CHARACTERS:
        message = f"the document has more than {MOST_CHARACTERS} characters of JSON"
        raise BadValue("too_long", message)
    return document


def _plain(value: object, level: int) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if level >= MOST_LEVELS:
        raise _too_deep()
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise BadValue("not_json", "the keys of a JSON object are texts")
        return {_text(key): _plain(part, level + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, level + 1) for part in value]
    raise BadValue("not_json", f"JSON has no {kind_of(value).removeprefix('a ')}")


def _text(text: str) -> str:
    if _UNKEEPABLE.search(text):
        message = "a text in the document has a character that cannot be kept"
        raise BadValue("control_character", message)
    return text


def _number(value: int | float | Decimal) -> int | float:
    if isinstance(value, int):
        if value.bit_length() > 256:
            raise BadValue("too_large", "a number in the document is too large")
        return value
    # A signalling NaN cannot even be turned into a float.
    finite = value.is_finite() if isinstance(value, Decimal) else True
    number = float(value) if finite else math.nan
    if not math.isfinite(number):
        raise BadValue("not_finite", "JSON has no infinite numbers and no NaN")
    if isinstance(value, Decimal) and Decimal(repr(number)) != value:
        message = f"{value} is not exact as a JSON number; write it as a text"
        raise BadValue("not_exact", message)
    return number


def _refused(name: str) -> None:
    raise BadValue("not_finite", f"JSON has no {name}")


def _exact_float(text: str) -> object:
    number = Decimal(text)
    if not -400 < number.adjusted() < 400:
        raise BadValue("too_large", f"the number {text[:40]} is out of range")
    return number


def _too_deep() -> BadValue:
    message = f"the document is nested deeper than {MOST_LEVELS} levels"
    return BadValue("too_deep", message)
