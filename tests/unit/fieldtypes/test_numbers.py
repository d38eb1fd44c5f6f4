"""Numbers are exact, or they are refused with a sentence that helps."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fieldtypes import BadValue, Locale, TextHints, builtin_catalog
from core.fieldtypes.money import split_amount
from tests.unit.fieldtypes.fields import read_field

CATALOG = builtin_catalog()
DE, EN, FR, CH = (Locale(code) for code in ("de_DE", "en_US", "fr_FR", "de_CH"))
HINDI, ARABIC = Locale("hi_IN"), Locale("ar_EG")


def coerce(text: str, raw: object) -> object:
    field = read_field(text)
    return CATALOG[field.type].coerce(raw, field)


def refusal(text: str, raw: object) -> BadValue:
    with pytest.raises(BadValue) as caught:
        coerce(text, raw)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [
        *("NaN", "Infinity", "-inf", "1e400", "1E+999999", "1e5", "0x10", "1_000"),
        *("1,5", "--1", "1.2.3", ".", "+", "٣", "1" * 100, "abc", "1 2"),
        *(float("nan"), float("inf"), 0.1 + 0.2, True, [], {}, b"1", object()),
        *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+999999")),
        *(10**400, Decimal("1E+400"), Decimal("1E-400")),
    ],
)
@pytest.mark.parametrize("type_", ["integer", "decimal", "percent", "rating"])
def test_what_is_no_number_is_refused(type_, raw):
    assert refusal(f"{{type: {type_}}}", raw).message


@pytest.mark.parametrize("raw", ["1.50", " 1.5 ", Decimal("1.5"), 1.5, "+1.5", "01.5"])
def test_the_spellings_of_one_number_are_equal(raw):
    assert coerce("{type: decimal}", raw) == Decimal("1.5")


def test_minus_zero_is_zero():
    assert str(coerce("{type: decimal}", "-0.00")) == "0"
    assert str(coerce("{type: decimal}", Decimal("-0"))) == "0"


def test_zeros_too_many_are_dropped_and_other_places_refused():
    money = "{type: money, currency: currency, places: 2}"
    assert str(coerce(money, "1.5000")) == "1.5"
    bad = refusal(money, "1.005")
    assert bad.code == "too_many_places"
    assert bad.message == ("1.005 has 3 decimal places, at most 2 are kept; round it")


def test_digits_in_front_of_the_point_are_counted():
    field = "{type: decimal, digits: 5, places: 2}"
    assert coerce(field, "-999.99") == Decimal("-999.99")
    assert refusal(field, "1000").facts["allowed"] == 3
    assert refusal(field, "-1000").code == "too_many_digits"


def test_38_digits_stay_exact():
    field = "{type: decimal, digits: 38, places: 12}"
    number = "12345678901234567890123456.123456789012"
    type_, definition = CATALOG["decimal"], read_field(field)
    value = type_.coerce(number, definition)
    assert str(value) == number
    assert type_.to_json(value, definition) == number
    german = type_.to_text(value, definition, DE)
    assert german == "12.345.678.901.234.567.890.123.456,123456789012"


@pytest.mark.parametrize(
    ("value", "places", "result"),
    [
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("1.005", 2, "1.01"),
        ("1.0049999", 2, "1.00"),
        ("1.00005", None, "1.0001"),
        ("7", 9, "7.0000"),
    ],
)
def test_computed_values_round_half_up(value, places, result):
    field = read_field("{type: money, currency: currency}")
    found = CATALOG["money"].quantize(Decimal(value), field, places)
    assert str(found) == result


def test_a_computed_value_that_is_too_large_is_refused():
    field = read_field("{type: money, currency: currency}")
    with pytest.raises(BadValue, match="too large"):
        CATALOG["money"].quantize(Decimal(10) ** 14, field, 2)
    # Fewer places never allow more digits in front of the point.
    with pytest.raises(BadValue, match="too large"):
        CATALOG["money"].quantize(Decimal(10) ** 14 - Decimal("0.4"), field, 0)


@pytest.mark.parametrize("raw", [2**63, -(2**63) - 1, "9223372036854775808"])
def test_whole_numbers_have_64_bits(raw):
    assert refusal("{type: integer}", raw).code == "too_large"
    assert coerce("{type: integer}", 2**63 - 1) == 2**63 - 1


@pytest.mark.parametrize("raw", ["5.0", 5.0, Decimal("5.00"), " 5 "])
def test_a_whole_number_may_have_a_zero_fraction(raw):
    found = coerce("{type: integer}", raw)
    assert found == 5
    assert type(found) is int


def test_half_a_number_is_no_whole_one():
    assert refusal("{type: integer}", "5.5").message == (
        "a whole number is needed here, 5.5 is none"
    )


def test_literal_limits_hold():
    field = "{type: integer, min: 1, max: 10}"
    assert coerce(field, 1) == 1
    assert refusal(field, 0).code == "too_small"
    assert refusal(field, 11).message == (
        "11 is outside the limits; at most 10 is allowed"
    )
    assert coerce("{type: integer, max: =other}", 10**6) == 10**6


@pytest.mark.parametrize(
    ("locale", "text", "number"),
    [
        (DE, "1.234.567,89", "1234567.89"),
        (DE, "1234,5", "1234.5"),
        (DE, "1.500", "1500"),
        (DE, "-1,5", "-1.5"),
        (DE, "1,5-", "-1.5"),
        (DE, "(1,50)", "-1.5"),
        (EN, "1,234,567.89", "1234567.89"),
        (EN, ".5", "0.5"),
        (EN, "(1,234.50)", "-1234.5"),
        (FR, "1\u202f234,5", "1234.5"),
        (FR, "1 234,5", "1234.5"),
        (FR, "1.5", "1.5"),
        (CH, "1'234.50", "1234.5"),
        (CH, "1\u2019234.50", "1234.5"),
        (HINDI, "12,34,567.5", "1234567.5"),
        (ARABIC, "\u0661\u066c\u0662\u0663\u0664\u066b\u0665", "1234.5"),
        (DE, "\u22121", "-1"),
    ],
)
def test_numbers_of_people_are_read_as_they_mean_them(locale, text, number):
    field = read_field("{type: decimal, digits: 20, places: 4}")
    assert CATALOG["decimal"].from_text(text, field, locale) == Decimal(number)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        *((DE, "1.5"), (DE, "1.50"), (DE, "1.23.456"), (EN, "1,5"), (EN, "1,23,4")),
        *((DE, "1,2,3"), (EN, "1e5"), (EN, "twelve"), (EN, "1.2.3"), (EN, "-")),
        *((EN, "()"), (EN, ","), (DE, ","), (EN, "1,"), (EN, "1 2")),
    ],
)
def test_what_could_mean_two_numbers_is_refused(locale, text):
    field = read_field("{type: decimal}")
    with pytest.raises(BadValue) as caught:
        CATALOG["decimal"].from_text(text, field, locale)
    assert "write" in caught.value.message


@given(st.text(max_size=12), st.sampled_from([DE, EN, FR, CH, HINDI, ARABIC]))
def test_any_text_is_a_number_or_a_bad_value(text, locale):
    for type_ in ("decimal", "integer", "money", "percent"):
        field = read_field(
            f"{{type: {type_}, currency: currency}}"
            if type_ == "money"
            else f"{{type: {type_}}}"
        )
        try:
            CATALOG[type_].from_text(text, field, locale)
        except BadValue:
            continue


def test_percent_is_written_with_its_sign():
    field = read_field("{type: percent}")
    type_ = CATALOG["percent"]
    assert type_.to_text(Decimal("12.50"), field, EN) == "12.5%"
    assert type_.to_text(Decimal("12.50"), field, DE) == "12,5\u00a0%"
    assert type_.from_text("12,5%", field, DE) == Decimal("12.5")


@pytest.mark.parametrize(
    ("locale", "hints", "text"),
    [
        (DE, TextHints(), "1.234,5"),
        (DE, TextHints(places=2), "1.234,50"),
        (DE, TextHints(currency="EUR"), "1.234,50\u00a0€"),
        (EN, TextHints(currency="USD"), "$1,234.50"),
        (EN, TextHints(currency="CHF"), "CHF\u00a01,234.50"),
        (EN, TextHints(places=3, currency="KWD"), "KWD\u00a01,234.500"),
    ],
)
def test_money_is_written_with_its_currency(locale, hints, text):
    field = read_field("{type: money, currency: currency}")
    assert CATALOG["money"].to_text(Decimal("1234.5"), field, locale, hints) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("100.00 EUR", ("100.00", "EUR")),
        ("€ 5", ("5", "€")),
        ("-€5", ("-5", "€")),
        ("5kg", ("5", "kg")),
        ("5", ("5", None)),
        ("(1,234.50) USD", ("(1,234.50)", "USD")),
        ("nothing", ("nothing", None)),
        ("a 5 b", ("a 5 b", None)),
    ],
)
def test_an_amount_is_split_from_its_measure(text, parts):
    assert split_amount(text) == parts


def test_a_cell_with_a_currency_hands_out_both_parts():
    field = read_field("{type: money, currency: currency}")
    with pytest.raises(BadValue) as caught:
        CATALOG["money"].from_text("1.234,50 EUR", field, DE)
    assert caught.value.code == "has_currency"
    assert caught.value.facts["amount"] == Decimal("1234.5")
    assert caught.value.facts["currency"] == "EUR"


def test_a_literal_amount_may_name_its_measure():
    money = read_field("{type: money, currency: currency, default: 100.00 EUR}")
    assert CATALOG["money"].literal(money.default.literal, money) == 100
    weight = read_field("{type: quantity, unit: unit, default: 5 kg}")
    assert CATALOG["quantity"].literal(weight.default.literal, weight) == 5
