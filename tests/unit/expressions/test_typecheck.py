"""What the type checker accepts, refuses and says."""

from __future__ import annotations

import pytest

from core.diagnostics import Diagnostics, Span
from core.expressions import (
    BOOLEAN,
    CHECK,
    FILTER,
    GRANT,
    INTEGER,
    LINK_WHERE,
    STORED_FORMULA,
    TEXT,
    TITLE,
    USER_FILTER,
    Scope,
    Slot,
    Typed,
    choice,
    link,
    money,
    typecheck,
)
from core.source import ExprText
from tests.unit.expressions.shop import Shop

SHOP = Shop()


def check(
    text: str, entity: str = "shop.order", slot: Slot = CHECK, **more: object
) -> tuple[Typed | None, Diagnostics]:
    diagnostics = Diagnostics()
    scope = Scope(SHOP, entity, slot, **more)  # type: ignore[arg-type]
    return typecheck(text, scope, diagnostics), diagnostics


REFUSED = (
    ("stag == 'open'", "E402", "stage"),
    ("party.nam == 'x'", "E402", "name"),
    ("stage == 'opn'", "E408", "open"),
    ("due == null", "E409", "is null"),
    ("due != null", "E409", "is not null"),
    ("number == ''", "E409", "is null"),
    ("lines.amount > 5", "E411", "sum"),
    ("total + budget", "E407", "convert"),
    ("total > budget", "E407", "convert"),
    ("contains(number, 5)", "E406", ""),
    ("first(rows(shop.payment))", "E414", "index"),
    ("rows(shop.nothing, id=1)", "E418", ""),
    ("ref('base.currency.xyz')", "E418", ""),
    ("has_role(me, 'shop.boss')", "E418", ""),
    ("settings.shop.hours > 1", "E418", ""),
    ("decode(number)", "E404", ""),
    ("contians(number, 'a')", "E404", "contains"),
    ("number.lower()", "E404", "lower(number)"),
    ("lower(number, number)", "E405", ""),
    ("max(1, 2)", "E405", "greatest"),
    ("changed(party.name)", "E405", ""),
    ("changed(numbr)", "E402", "number"),
    ("total * total", "E406", ""),
    ("total + number", "E406", ""),
    ("day + 30", "E406", "days(n)"),
    ("day + placed_at", "E406", ""),
    ("placed_at + months(1)", "E406", "date"),
    ("placed_at > day", "E406", "datetime"),
    ("magnitude(total) > total", "E406", ""),
    ("paid + 1", "E406", ""),
    ("sum(paid)", "E406", ""),
    ("party < party", "E428", ""),
    ("paid < true", "E428", ""),
    ("number and paid", "E425", ""),
    ("not number", "E425", ""),
    ("1 if total else 2", "E425", ""),
    ("number in party.name", "E406", "contains"),
    ("number.length", "E410", ""),
    ("party.owner.party.owner.party.owner.party.name", "E410", ""),
    ("it.name", "E412", "link"),
    ("params.x", "E412", "views"),
    ("matches(number, '(a')", "E406", ""),
    ("matches(number, number)", "E406", "constant"),
    ("date('2026-02-30')", "E406", ""),
    ("money(1, 'QQQ')", "E418", ""),
    ("sum(l.quantity for l in lines)", "E407", "to_unit"),
    ("round(total, 2, mode='down')", "E406", ""),
    ("1.5 % 2", "E406", ""),
    ("title_of(number)", "E406", ""),
    ("party['shop.order']", "E406", ""),
)


@pytest.mark.parametrize(("text", "code", "hint"), REFUSED, ids=[r[0] for r in REFUSED])
def test_refused_with_its_code_and_a_hint(text: str, code: str, hint: str) -> None:
    typed, diagnostics = check(text)
    assert typed is None
    (found,) = [d for d in diagnostics if d.is_error]
    assert found.code == code
    assert hint in f"{found.message} {found.help}"


PLACES = (
    ("today() > due", STORED_FORMULA, "E412"),
    ("me.name == number", STORED_FORMULA, "E412"),
    ("settings.shop.days > 1", STORED_FORMULA, "E412"),
    ("exists(rows(shop.party, name=number))", STORED_FORMULA, "E412"),
    ("old.total is null", GRANT, "E412"),
    ("previous(total) is null", GRANT, "E415"),
    ("changed(total)", STORED_FORMULA, "E415"),
    ("similar(number, 'a') > 5", GRANT, "E415"),
    ("has_role(created_by, 'shop.clerk')", GRANT, "E415"),
    ("text(total) == number", FILTER, "E415"),
    ("exists(rows(shop.party, name=number))", USER_FILTER, "E412"),
    ("party.owner.party.parent.name == 'a'", USER_FILTER, "E410"),
)


@pytest.mark.parametrize(("text", "slot", "code"), PLACES, ids=[p[0] for p in PLACES])
def test_what_exists_but_not_here(text: str, slot: Slot, code: str) -> None:
    typed, diagnostics = check(text, slot=slot)
    assert typed is None
    assert [d.code for d in diagnostics] == [code]
    assert check(text, slot=CHECK)[0] is not None


def test_one_error_for_one_cause() -> None:
    _, diagnostics = check("totl + 1 > 5 and (totl2 * 2) in [1, 2] or paid")
    assert [d.code for d in diagnostics] == ["E402", "E402"]


def test_the_caret_stands_under_the_very_word() -> None:
    diagnostics = Diagnostics()
    place = Span("orders.yml", 7, 12, 7, 12 + len("paid and stag == 'open'"))
    expr = ExprText("paid and stag == 'open'", place)
    assert typecheck(expr, Scope(SHOP, "shop.order"), diagnostics) is None
    (found,) = diagnostics
    assert found.span == Span("orders.yml", 7, 21, 7, 25)


def test_sensitive_values_do_not_leak_into_titles() -> None:
    text = "concat(name, ' ', name if salary > 3 else 'x')"
    typed, diagnostics = check(text, "shop.party", TITLE, may_reveal=False)
    assert typed is None
    assert [d.code for d in diagnostics] == ["E417"]
    typed, _ = check(text, "shop.party", TITLE)
    assert typed is not None
    assert typed.uses.sensitive


def test_currencies_are_proved_along_lines_and_parents() -> None:
    typed, _ = check("sum(l.amount for l in lines if l.kind == 'item') + total")
    assert typed is not None
    assert typed.type.currency == ("currency",)
    typed, _ = check("amount + order.total", "shop.line")
    assert typed is not None
    assert typed.type.currency == ("order", "currency")
    typed, _ = check("price * quantity", "shop.line")
    assert typed is not None
    assert typed.type.per is None


def test_rounding_money_asks_its_currency() -> None:
    typed, _ = check("round(price * quantity)", "shop.line", STORED_FORMULA)
    assert typed is not None
    assert ("order", "currency", "decimals") in typed.reads
    literal, _ = check("round(money(1.005, 'EUR'))")
    assert literal is not None


def test_reads_and_uses_are_known() -> None:
    typed, _ = check(
        "sum(l.amount for l in lines if l.product.name == me.name) > 5"
        " and today() > due and settings.shop.days > 1"
        " and exists(rows(shop.party, email=number))"
    )
    assert typed is not None
    assert typed.reads == {
        ("lines", "amount"),
        ("lines", "product", "name"),
        ("due",),
        ("number",),
    }
    assert typed.reads_of["me"] == {("name",)}
    assert typed.uses.clock
    assert typed.uses.rows == {"shop.party"}
    assert typed.uses.settings == {"shop.days"}


def test_paths_go_on_after_first_and_through_titles() -> None:
    typed, _ = check("first(l.product for l in lines).supplier.name == title_of(party)")
    assert typed is not None
    assert ("lines", "product", "supplier", "name") in typed.reads
    assert ("party", "email") in typed.reads


def test_the_result_must_fit_the_target() -> None:
    assert check("total", expected=money(("currency",)))[0]
    assert check("5", expected=money(("currency",)))[0]
    assert check("'open'", expected=choice("open", "done"))[0]
    assert check("party", expected=link("shop.party"))[0]
    for text, target, code in (
        ("number", INTEGER, "E419"),
        ("total", TEXT, "E419"),
        ("budget", money(("currency",)), "E407"),
        ("'opn'", choice("open", "done"), "E408"),
        ("paid", INTEGER, "E419"),
        ("currency", link("shop.party"), "E419"),
    ):
        typed, diagnostics = check(text, expected=target)
        assert typed is None
        assert [d.code for d in diagnostics] == [code], text


def test_names_of_a_slot() -> None:
    names = {"it": link("shop.party"), "ask.reason": TEXT, "ask.count": INTEGER}
    typed, _ = check("it.parent == party and not it.blocked", names=names)
    assert typed is not None
    assert typed.reads_of["it"] == {("parent",), ("blocked",)}
    typed, _ = check("ask.count > 3 and ask.reason is not null", names=names)
    assert typed is not None
    _, diagnostics = check("ask.cuont > 3", names=names)
    assert [d.code for d in diagnostics] == ["E402"]
    assert check("it.name == number", slot=LINK_WHERE, names=names)[0]


def test_warnings() -> None:
    _, diagnostics = check("1 == 1", expected=BOOLEAN)
    assert [d.code for d in diagnostics] == ["W421"]
    _, diagnostics = check("sum(total.amount for total in lines) > 3")
    assert "W422" in [d.code for d in diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        "paid if paid is not null else false",
        "0 <= discount <= 100",
        "all(l.flag or l.amount > total for l in lines)",
        "not exists(l for l in lines if l.kind != 'item')",
        "count_distinct(l.product for l in lines) > 2",
        "party in me.party.children",
        "first(rows(shop.party, email=number)).parent.name == number",
        "abs(total - limit) <= total * 0.3",
        "total >= 0 and coalesce(limit, 0) > total",
        "'item' in kinds",
        "stage < 'done' and stage in ['draft', 'open']",
        "party.billing.country.code == 'x'",
        "join(lines.note, ', ') is null",
        "sum([1, 2.5, pieces]) > 3",
        "title_of(party) == number",
    ],
)
def test_accepted(text: str) -> None:
    typed, diagnostics = check(text)
    assert typed is not None, list(diagnostics)
    assert typed.type == BOOLEAN


def test_references() -> None:
    for text in (
        "origin['shop.order'].party.name == number",
        "is_a(origin, 'shop.party')",
        "origin.created_by == me",
        "title_of(origin) == number",
    ):
        assert check(text, "shop.payment")[0], text
    _, diagnostics = check("origin['shop.line'].note", "shop.payment")
    assert [d.code for d in diagnostics] == ["E418"]
    _, diagnostics = check("origin.total > 3", "shop.payment")
    assert [d.code for d in diagnostics] == ["E402"]
