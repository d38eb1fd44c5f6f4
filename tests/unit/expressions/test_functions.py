"""Functions that read rates, units, calendars and foreign texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.diagnostics import Diagnostics
from core.expressions import (
    CHECK,
    STORED_FORMULA,
    USER_FILTER,
    Env,
    EvaluationError,
    Record,
    Scope,
    Typed,
    to_python,
    typecheck,
)
from core.fieldtypes.functions import language_catalogue
from tests.unit.expressions.shop import Shop

SHOP = Shop()
DAY = date(2026, 5, 17)
EURO = Record("base.currency", 1, {"id": 1, "code": "EUR", "decimals": 2})
DOLLAR = Record("base.currency", 2, {"id": 2, "code": "USD", "decimals": 2})
RATES = (
    Record("base.rate", 1, {"date": date(2026, 5, 18), "rate": Decimal("0.99")}),
    Record("base.rate", 2, {"date": date(2026, 5, 10), "rate": Decimal("0.9137")}),
    Record("base.rate", 3, {"date": date(2025, 1, 1), "rate": Decimal("0.80")}),
)
KILO = Record(
    "base.unit", 1, {"id": 1, "code": "kg", "category": 1, "numerator": 1}, {}
)
KILO.values["denominator"] = 1
GRAM = Record("base.unit", 2, {"id": 2, "code": "g", "category": 1, "numerator": 1}, {})
GRAM.values["denominator"] = 1000


def rows(entity: str, equal: Mapping[str, Any]) -> tuple[Record, ...]:
    if entity == "base.rate":
        return RATES if equal["currency"] == 2 else ()
    found = [r for r in (EURO, DOLLAR, KILO, GRAM) if r.entity == entity]
    return tuple(r for r in found if all(r[k] == v for k, v in equal.items()))


def check(text: str, slot: Any = CHECK) -> tuple[Typed | None, list[str]]:
    found = Diagnostics()
    scope = Scope(SHOP, "shop.order", slot, functions=language_catalogue())
    typed = typecheck(text, scope, found)
    return typed, [item.code for item in found]


def value(text: str, **values: Any) -> Any:
    typed, codes = check(text)
    assert typed is not None, codes
    product = Record("shop.product", 1, {"unit": 2}, {"unit": GRAM})
    line = Record(
        "shop.line", 1, {"quantity": Decimal(1500), "product": 1}, {"product": product}
    )
    line.values.update(amount=Decimal("100.00"))
    given = {"currency": 2, "day": DAY, "due": None, "total": Decimal("1000.00")}
    this = Record(
        "shop.order", 1, {**given, **values}, {"currency": DOLLAR, "lines": (line,)}
    )
    line.relations["order"] = this
    company = Record("base.company", 1, {"currency": 1}, {"currency": EURO})
    return to_python(typed)(Env(this=this, company=company, rows=rows))


def test_the_rate_of_the_day_is_the_last_one_before() -> None:
    assert value("convert(total, company.currency, day)") == Decimal("913.7")
    assert value("convert(total, 'EUR', day)") == Decimal("913.7")
    assert value("convert(total, 'EUR', day)", day=date(2026, 5, 18)) == 990
    assert value("convert(total, currency, day)") == 1000
    assert value("convert(total, 'EUR', due)") is None


def test_half_up_in_the_last_of_twelve_places() -> None:
    assert value("convert(convert(total, 'EUR', day), currency, day)") == 1000


def test_a_missing_rate_stops_the_save() -> None:
    with pytest.raises(EvaluationError, match="no exchange rate for 2020-01-01"):
        value("convert(total, 'EUR', day)", day=date(2020, 1, 1))


def test_sums_convert_inside() -> None:
    text = "sum(convert(l.amount, company.currency, day) for l in lines)"
    assert value(text) == Decimal("91.37")


def test_units_convert_by_exact_fractions() -> None:
    assert value("first(to_unit(l.quantity, 'kg') for l in lines)") == Decimal("1.5")


@pytest.mark.parametrize(
    ("text", "slot", "codes"),
    [
        ("convert(total, 'EUR', day)", STORED_FORMULA, ["E412"]),
        ("convert(total, 'EUR', day)", USER_FILTER, []),
        ("convert(total, 'XYZ', day)", CHECK, ["E418"]),
        ("convert(day, 'EUR', day)", CHECK, ["E406"]),
        ("convert(total, 'EUR')", CHECK, ["E405"]),
        ("convert(total, 'EUR', day) + total", CHECK, ["E407"]),
        ("count(d for d in series(day, due, 'moon'))", CHECK, ["E406"]),
        ("series(day, due, 'month')", CHECK, ["E411"]),
        ("similar(number, 'a') > 90", USER_FILTER, ["E415"]),
        ("add_workdays(day, 3, party)", CHECK, ["E406"]),
        ("mapped(number, 'states')", CHECK, ["E418"]),
    ],
)
def test_what_is_refused(text: str, slot: Any, codes: list[str]) -> None:
    assert check(text, slot)[1] == codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count(d for d in series(date('2026-01-31'), day, 'month'))", 4),
        (
            "max(d for d in series(date('2026-01-31'), date('2026-02-28'), 'month'))",
            date(2026, 2, 28),
        ),
        ("sum(n for n in upto(4))", 10),
        ("similar('Müller', 'MULLER')", 100),
        ("parse_number('1.234,56', 'de')", Decimal("1234.56")),
        ("parse_date('31.12.26', 'DD.MM.YY')", date(2026, 12, 31)),
        ("parse_date('5/7/1999', 'M/D/YYYY')", date(1999, 5, 7)),
        ("parse_phone('030 123456', 'de')", "+4930123456"),
        ("currency_of('usd') == currency", True),
        ("currency_of('EUR').decimals", 2),
        ("unit_of('kg').code", "kg"),
    ],
)
def test_lists_and_foreign_texts(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "parse_number('1,2,3', 'de')",
        "parse_date('31.02.26', 'DD.MM.YY')",
        "parse_date('2026-01-01', 'DD.MM.YY')",
        "parse_phone('abc', 'de')",
        "currency_of('Taler')",
        "sum(upto(1001))",
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(EvaluationError):
        value(text)


def test_values_inside_json() -> None:
    from core.fieldtypes.functions import json_text

    data = {"a": {"b": [1, {"c": "x"}], "t": True, "n": None}}
    paths = ("a.b.1.c", "a.b.0", "a.t", "a.n", "a.b.9", "q")
    assert [json_text(data, p) for p in paths] == ["x", "1", "true", None, None, None]


def test_maps_of_a_mapping() -> None:
    maps = {"states": {"neu": "draft"}}
    scope = Scope(SHOP, "shop.order", CHECK, value_maps=maps)
    typed = typecheck("mapped(number, 'states')", scope, Diagnostics())
    assert typed is not None
    run = to_python(typed)
    assert run(Env(this=Record("shop.order", 1, {"number": "neu"}))) == "draft"
    with pytest.raises(EvaluationError, match="not listed"):
        run(Env(this=Record("shop.order", 1, {"number": "alt"})))
