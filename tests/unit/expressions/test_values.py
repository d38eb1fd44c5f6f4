"""What expressions come to: null, exactness, dates, texts; in Python and on SQLite."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.diagnostics import Diagnostics
from core.expressions import (
    CHECK,
    BadPattern,
    Env,
    EvaluationError,
    FormulaCircle,
    NotLoaded,
    Record,
    Ref,
    Scope,
    TableBinding,
    Typed,
    checked_pattern,
    explain,
    fold,
    formula_order,
    matches,
    register_functions,
    to_json,
    to_python,
    to_sql,
    to_sql_condition,
    typecheck,
)
from core.expressions.storage_types import (
    ChoiceSet,
    ExactDecimal,
    IsoTime,
    Microseconds,
    UtcDateTime,
)
from tests.unit.expressions.rows import World
from tests.unit.expressions.shop import Shop

SHOP = Shop()


def typed(text: str, entity: str = "shop.order") -> Typed:
    diagnostics = Diagnostics()
    found = typecheck(text, Scope(SHOP, entity, CHECK), diagnostics)
    assert found is not None, list(diagnostics)
    return found


def value(text: str, **values: Any) -> Any:
    this = Record("shop.order", 1, {**EMPTY, **values})
    return to_python(typed(text))(Env(this=this, today=date(2026, 3, 1)))


EMPTY = dict.fromkeys(
    (
        "number",
        "party",
        "stage",
        "day",
        "due",
        "paid",
        "discount",
        "pieces",
        "total",
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("1 / 3", Decimal("0.333333333333")),
        ("2 / 3", Decimal("0.666666666667")),
        ("-2 / 3", Decimal("-0.666666666667")),
        ("1 / 0", None),
        ("7 % -3", 1),
        ("-7 % 3", -1),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.5, 0, mode='even')", Decimal(2)),
        ("round(1.005, 2)", Decimal("1.01")),
        ("round(1250, -2)", Decimal(1300)),
        ("round(money(1.005, 'EUR'))", Decimal("1.01")),
        ("round(money(1.5, 'JPY'))", Decimal(2)),
        ("step_up(7, 5)", Decimal(10)),
        ("paid and false", False),
        ("paid or true", True),
        ("not paid", None),
        ("paid is null", True),
        ("total > 5", None),
        ("1 if paid else 2", 2),
        ("coalesce(total, 0)", Decimal(0)),
        ("same(stage, 'done')", False),
        ("concat(number, 'a', null)", "a"),
        ("number + 'a'", None),
        ("trim('  ') is null", True),
        ("left('abc', -1) is null", True),
        ("replace('a-b', '-', '')", "ab"),
        ("contains('Ångström', 'ANG')", True),
        ("ends('STRASSE', 'straße')", True),
        ("length('žluťoučký')", 9),
        ("matches('12345', '[0-9]{5}')", True),
        ("matches('123456', '[0-9]{5}')", False),
        ("date('2024-01-31') + months(1)", date(2024, 2, 29)),
        ("date('2024-03-31') - months(1)", date(2024, 2, 29)),
        ("date('2024-02-29') + years(1)", date(2025, 2, 28)),
        ("date('2026-03-01') - date('2026-02-01')", timedelta(days=28)),
        ("months_between(date('2024-01-31'), date('2024-02-29'))", 1),
        ("months_between(date('2024-02-29'), date('2024-01-31'))", -1),
        ("week(date('2027-01-01'))", 53),
        ("weekday(date('2026-03-01'))", 7),
        ("end_of(date('2026-02-03'), 'quarter')", date(2026, 3, 31)),
        ("in_days(hours(36))", Decimal("1.5")),
        ("hours(1) * 1.5", timedelta(minutes=90)),
        ("today() + days(1)", date(2026, 3, 2)),
        ("sum([1, 2.5, null_if(1, 1)])", Decimal("3.5")),
        ("avg([1, 2])", Decimal("1.5")),
        ("5 in [1, 5]", True),
        ("pieces in [1, 5]", None),
        ("0 <= 3 <= 2", False),
        ("text(1.50)", "1.5"),
    ],
)
def test_value(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_too_many_digits_are_an_error_not_a_wrong_number() -> None:
    with pytest.raises(EvaluationError):
        value("discount * discount", discount=LONG)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("weeks(500_000_000)", {}),
        ("sum([days(999_999_999), days(999_999_999)])", {}),
        ("date(placed_at)", {"placed_at": datetime.max.replace(tzinfo=UTC)}),
        ("placed_at + seconds(1)", {"placed_at": datetime.max.replace(tzinfo=UTC)}),
    ],
)
def test_times_beyond_the_calendar_are_an_error_of_the_save(
    text: str, values: dict[str, Any]
) -> None:
    this = Record("shop.order", 1, {**EMPTY, **values})
    env = Env(this=this, zone=ZoneInfo("Europe/Berlin"))
    with pytest.raises(EvaluationError):
        to_python(typed(text))(env)


LONG = Decimal("1234567890123456789012345.123")


def test_a_relation_nobody_loaded_is_an_error() -> None:
    with pytest.raises(NotLoaded):
        value("party.name == 'a'", party=3)
    assert value("party.name == 'a'", party=None) is None


def test_records() -> None:
    party = Record("shop.party", 7, {"name": "Bolt"})
    order = Record("shop.order", 1, {"party": 7, "number": "A"}, {"party": party})
    assert order["id"] == 1
    assert order.related("party")["name"] == "Bolt"
    assert order.is_loaded("party")
    assert not order.is_loaded("lines")
    assert order.get("none") is None
    changed = order.with_values({"party": 8})
    assert changed["party"] == 8
    assert not changed.is_loaded("party")
    assert order["party"] == 7
    assert party.ref == Ref("shop.party", 7)
    with pytest.raises(NotLoaded):
        order["total"]
    with pytest.raises(ValueError, match="no id"):
        _ = Record("shop.order", None).ref


def test_explain_keeps_what_decided() -> None:
    text = "paid and total > 100 and pieces == 3"
    this = Record("shop.order", 1, {"paid": True, "total": Decimal(5), "pieces": 3})
    found = explain(typed(text), Env(this=this))
    assert list(found.lines()) == [
        f"{text}: false",
        "  total > 100: false",
        "    total: 5",
    ]


def test_json_holds_the_whole_tree() -> None:
    found = to_json(typed("total > 2.50 and party.name == 'a'"))
    assert found["type"] == {"kind": "boolean"}
    assert found["reads"] == ["party.name", "total"]
    left = found["tree"]["args"][0]
    assert left["function"] == ">"
    assert left["args"][1]["value"] == "2.5"


def test_order_of_formulas_and_circles() -> None:
    total, limit = typed("limit + 1"), typed("discount * limit")
    budget = typed("budget + 1")
    assert formula_order({"total": total, "limit": budget}) == ("limit", "total")
    with pytest.raises(FormulaCircle, match="total -> limit -> total"):
        formula_order({"total": total, "limit": typed("total + 1")})
    assert limit.reads == {("discount",), ("limit",)}


@pytest.mark.parametrize(
    "pattern",
    [
        "(a",
        "a)",
        "[a",
        "[]",
        "a**",
        "a+?",
        "*a",
        "(?=a)",
        "(?<n>a)",
        "\\1",
        "a{1,999}",
        "^a$",
        "\\b",
        "a{2}{3}",
        "[[:alpha:]]",
        "x" * 501,
    ],
)
def test_patterns_outside_the_subset(pattern: str) -> None:
    with pytest.raises(BadPattern):
        checked_pattern(pattern)


def test_patterns_match_whole_texts_in_linear_time() -> None:
    assert matches("DE-12", "[A-Z]{2}-\\d+")
    assert not matches("xDE-12", "[A-Z]{2}-\\d+")
    assert not matches("a" * 5_000, "(a*)*b")
    assert matches("a|b", "a\\|b")


def test_storage_types_round_trip() -> None:
    metadata = sa.MetaData()
    table = sa.Table(
        "t",
        metadata,
        sa.Column("small", ExactDecimal(18, 4)),
        sa.Column("large", ExactDecimal(30, 10)),
        sa.Column("at", UtcDateTime()),
        sa.Column("clock", IsoTime()),
        sa.Column("effort", Microseconds()),
        sa.Column("keys", ChoiceSet()),
    )
    row = {
        "small": Decimal("-12345678901234.5678"),
        "large": Decimal("12345678901234567890.0123456789"),
        "at": datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC),
        "clock": time(8, 30),
        "effort": timedelta(days=-3, microseconds=7),
        "keys": ("a", "b"),
    }
    engine = sa.create_engine("sqlite://")
    sa.event.listen(engine, "connect", lambda raw, _: register_functions(raw))
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(table.insert(), row)
        assert dict(connection.execute(sa.select(table)).one()._mapping) == row
        raw = connection.exec_driver_sql("SELECT small, at, keys FROM t").one()
        assert raw == (-123456789012345678, "2026-03-01 12:00:00.000005", ",a,b,")
        for number in (10, 9, Decimal("9.5"), -100):
            connection.execute(table.insert(), {"large": number})
        ordered = sa.select(table.c.large).order_by(table.c.large)
        found = [r[0] for r in connection.execute(ordered)]
        assert found == sorted(found)
    engine.dispose()
    with pytest.raises(ValueError, match="digits"):
        ExactDecimal(4, 2).process_bind_param(Decimal(100), sa.engine.default)  # type: ignore[arg-type]


def test_the_record_being_edited_is_put_in_as_values() -> None:
    """A link's condition: `it` is a row of the table, this record is in memory."""
    scope = Scope(SHOP, "shop.order", names={"it": typed("party").type})
    found = typecheck("it.parent == party and not it.blocked", scope, Diagnostics())
    assert found is not None
    party = sa.table("party", sa.column("parent"), sa.column("blocked", sa.Boolean()))
    env = Env(this=Record("shop.order", 1, {"party": 42}))
    binding = TableBinding({}, {"it": party}, env=env)
    sql = to_sql_condition(found, binding, "sqlite").compile(
        compile_kwargs={"literal_binds": True}
    )
    assert "= 42" in str(sql)


def test_folded_shadow_columns_are_searched() -> None:
    table = sa.table("p", sa.column("name"), sa.column("name__fold"))
    shop = Shop()
    members = shop.entities["shop.party"].members
    shop.entities["shop.party"].members = {
        **members,
        "name": replace(members["name"], folded=True),
    }
    found = typecheck("starts(name, 'Ü_x')", Scope(shop, "shop.party"), Diagnostics())
    assert found is not None
    sql = to_sql(found, TableBinding({}, {"this": table}), "sqlite")
    text = str(sql.compile(compile_kwargs={"literal_binds": True}))
    assert "name__fold LIKE 'u\\_x%' ESCAPE" in text


def test_money_columns_stay_integers_on_sqlite() -> None:
    """The common comparisons need no function, so an index serves them."""
    world_tables = sa.table("o", sa.column("total", ExactDecimal(18, 4)))
    found = typed("total > 1000 and total + 5 < 20.5")
    sql = to_sql(found, TableBinding({}, {"this": world_tables}), "sqlite")
    text = str(sql.compile(compile_kwargs={"literal_binds": True}))
    assert "10000000" in text
    assert "x_" not in text


def test_case_and_accents() -> None:
    assert fold("Ångström") == "angstrom"
    assert fold("STRASSE") == fold("straße")
    assert fold("\u0395\u03bb\u03bb\u03ac\u03c2") == fold(
        "\u0395\u039b\u039b\u0391\u03a3"
    )
    connection = sqlite3.connect(":memory:")
    register_functions(connection)
    assert connection.execute("SELECT x_fold('ÉÀ')").fetchone() == ("ea",)
    connection.close()


def test_the_world_is_made_the_same_each_time() -> None:
    assert (
        World(3).records["shop.line"][4].values
        == World(3).records["shop.line"][4].values
    )


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        ("changed(stage)", {"stage": "draft"}, True),
        ("changed(stage)", {"stage": "open"}, False),
        ("changed(due)", {"due": None}, False),
        ("changed(stage)", None, True),
        ("changed(due)", None, False),
        ("previous(stage)", {"stage": "draft"}, "draft"),
        ("previous(pieces)", None, None),
        ("abs(pieces - previous(pieces)) <= 2", {"pieces": 5}, True),
        ("changed(total)", {"total": Decimal("1.50")}, False),
        ("total > previous(total)", {"total": Decimal(1)}, True),
    ],
)
def test_a_save_sees_what_was_stored(text, before, expected) -> None:
    this = Record(
        "shop.order",
        1,
        {**EMPTY, "stage": "open", "pieces": 7, "total": Decimal("1.50")},
    )
    old = None if before is None else Record("shop.order", 1, {**EMPTY, **before})
    found = to_python(typed(text))(Env(this=this, old=old))
    assert (found, type(found)) == (expected, type(expected))
