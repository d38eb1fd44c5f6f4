"""Values as an actor reads them: in messages, filled texts and `text(x)`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.expressions.types import Type
from core.services.context import Actor


def to_text(actor: Actor, value: Any, type_: Type, form: str | None) -> str:
    """A value in the actor's language; `form` is one of the formats of filled texts."""
    if value is None:
        return ""
    if form == "upper":
        return str(value).upper()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | int):
        return _number(actor, Decimal(value), type_, form)
    if isinstance(value, datetime):
        from babel.dates import format_datetime

        zone = ZoneInfo(actor.zone)
        return format_datetime(value, _size(form), tzinfo=zone, locale=actor.language)
    if isinstance(value, date):
        from babel.dates import format_date

        return format_date(value, _size(form), locale=actor.language)
    if isinstance(value, timedelta):
        from babel.dates import format_timedelta

        return format_timedelta(value, locale=actor.language)
    return str(value)


def _number(actor: Actor, value: Decimal, type_: Type, form: str | None) -> str:
    from babel.numbers import format_decimal

    shown = value.normalize() if form is None else value
    places = max(0, -int(shown.as_tuple().exponent))
    if form == "money":
        places = max(places, 2)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    text = format_decimal(value, pattern, locale=actor.language)
    if form == "money" and isinstance(type_.currency, str):
        return f"{text} {type_.currency}"
    return f"{text} %" if form == "percent" else text


def _size(form: str | None) -> Any:
    return form if form in ("short", "long") else "medium"
