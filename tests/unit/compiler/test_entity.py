"""A compiled entity has everything a save and a read need, ready to run."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.compiler import (
    Compiled,
    CompiledEntity,
    Computed,
    CreateRecord,
    Refuse,
    SetFields,
    fold_of,
)
from core.compiler.effects import Choose
from core.expressions import Env, Record
from tests.unit.compiler.world import world

FILES = {
    "traits/address.yml": "trait: shop.address\nfields:\n"
    "  street: {type: text}\n  city: {type: text, required: street is not null}\n",
    "entities/order.yml": """\
entity: shop.order
title: number
order: [-day, number]
fields:
  number: {type: text, required: true, unique: true}
  day: {type: date}
  state: {type: choice, choices: {draft: Draft, done: Done}, default: draft}
  by: {type: link, to: base.user, default: =me}
  currency: {type: link, to: base.currency, default: EUR, required: true}
  address: {type: group, of: shop.address}
  rate: {type: percent, min: 0, max: 100}
  total: {type: money, currency: currency, formula: sum(lines.amount)}
  reduced: {type: money, currency: currency, formula: total * (1 - rate / 100)}
  greeting: {type: text, derive: {value: "concat('Dear ', by.name)", watch: [by]}}
  late: {type: boolean, three_state: true, stored: false, formula: day < today()}
  note: {type: text, readonly: state == 'done', visible: state == 'draft'}
  lines: {type: lines, of: shop.order_line, where: kind == 'item', min: 1}
  tags: {type: links, to: base.user}
rules:
  day_given:
    check: day is not null
    when: state == 'done'
    field: day
    message: "Order {number} has no day."
constraints:
  one_draft: {unique: [by, day], where: state == 'draft', message: One draft a day.}
filters:
  open: {label: Open ones, where: state == 'draft', default: true}
actions:
  finish:
    when: state == 'draft'
    say: Only drafts.
    ask:
      reason: {type: text, required: true}
    do:
      - {set: {state: done, note: =ask.reason}}
      - {create: {entity: base.user, values: {name: =number}}, as: made}
      - choose:
          - {when: rate > 50, do: {refuse: "Too much: {rate}"}}
          - {else: {set: {rate: "0"}}}
""",
    "entities/order_line.yml": """\
entity: shop.order_line
part_of: {order: shop.order}
fields:
  kind: {type: choice, choices: {item: Item, part: Part}, default: item}
  amount: {type: money, currency: order.currency}
""",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return world(tmp_path_factory.mktemp("modules"), FILES).compiled()


@pytest.fixture(scope="module")
def order(compiled: Compiled) -> CompiledEntity:
    return compiled.entity("shop.order")


def record(**values: Any) -> Env:
    return Env(this=Record("shop.order", 1, values))


def run(part: bool | Computed | None, **values: Any) -> Any:
    assert isinstance(part, Computed)
    return part.run(record(**values))


def test_tables_hold_the_platforms_columns_and_the_fields(compiled: Compiled) -> None:
    names = {str(column.key) for column in compiled.tables["shop.order"].columns}
    assert {"id", "version", "archived", "number__fold", "address_city"} <= names
    assert not {"lines", "tags", "late", "address"} & names
    line = compiled.tables["shop.order_line"]
    assert {"order", "position"} <= {str(column.key) for column in line.columns}
    tags = compiled.association_tables["shop.order", "tags"]
    assert [column.name for column in tags.c] == ["source", "target"]


def test_an_unknown_entity_is_a_key_error(compiled: Compiled) -> None:
    with pytest.raises(KeyError):
        compiled.entity("shop.nothing")


def test_fields_know_their_kind_and_columns(order: CompiledEntity) -> None:
    fields = order.fields
    assert fields["address"].members == ("address_street", "address_city")
    assert fields["address_city"].group == "address"
    assert fields["by"].targets == ("base.user",)
    kinds = {name: fields[name].kind for name in ("by", "tags", "lines", "address")}
    assert kinds == {
        "by": "link",
        "tags": "links",
        "lines": "lines",
        "address": "group",
    }
    assert not fields["total"].writable
    assert not fields["late"].stored
    assert order.fold_columns == (("number", "number__fold"),)


def test_defaults_are_values_or_computed(order: CompiledEntity) -> None:
    defaults = {default.field: default.value for default in order.defaults}
    assert defaults["state"].run(Env()) == "draft"
    assert defaults["by"].run(Env(me=Record("base.user", 7))) == 7
    euro = Record("base.currency", 3, {"code": "EUR"})
    found: list[tuple[str, Any]] = []

    def rows(entity: str, where: Any) -> tuple[Record, ...]:
        found.append((entity, dict(where)))
        return (euro,)

    assert defaults["currency"].run(Env(rows=rows)) == 3
    assert found == [("base.currency", {"code": "EUR"})]


def test_conditions_stand_only_where_they_are_written(order: CompiledEntity) -> None:
    assert set(order.required) == {"number", "currency", "address_city"}
    assert order.required["number"] is True
    assert run(order.readonly["note"], state="done") is True
    assert run(order.visible["note"], state="done") is False


def test_conditions_of_a_group_see_its_members(order: CompiledEntity) -> None:
    condition = order.required["address_city"]
    assert isinstance(condition, Computed)
    assert condition.reads.this == {("address_street",)}
    assert run(condition, address_street="Long Road 1") is True
    assert run(condition, address_street=None) is False


def test_computed_fields_come_after_what_they_read(order: CompiledEntity) -> None:
    assert [formula.field for formula in order.formulas] == ["total", "reduced"]
    assert order.save_order.index("total") < order.save_order.index("reduced")
    assert list(order.virtuals) == ["late"]


def test_a_derive_follows_what_it_watches(order: CompiledEntity) -> None:
    (derive,) = order.derives
    assert derive.watch == {("by",)}
    assert derive.value.reads.relations == {("by",)}
    user = Record("base.user", 7, {"name": "Ada"})
    draft = Record("shop.order", None, {"by": 7}, {"by": user})
    assert derive.value.run(Env(this=draft)) == "Dear Ada"


def test_rules_carry_their_message(order: CompiledEntity) -> None:
    (rule,) = order.rules
    assert rule.field == "day"
    assert run(rule.check, day=None) is False
    assert run(rule.when, state="draft") is False
    assert rule.message.run(record(number="A 1")) == "Order A 1 has no day."


def test_bounds_and_lines(order: CompiledEntity) -> None:
    assert run(order.bounds["rate"].greatest) == Decimal(100)
    lines = order.lines["lines"]
    assert (lines.child, lines.back, dict(lines.fixed)) == (
        "shop.order_line",
        "order",
        {"kind": "item"},
    )
    assert run(lines.least) == 1


def test_uniques_are_found_by_what_the_database_says(order: CompiledEntity) -> None:
    assert order.unique_at("uq_shop_order__one_draft", ()) == "one_draft"
    assert order.unique_at(None, ("number",)) == "number"
    assert order.unique_at("other", ("day",)) is None


def test_titles_work_on_both_sides(compiled: Compiled, order: CompiledEntity) -> None:
    assert order.title(Record("shop.order", 5, {"number": "A 5"})) == "A 5"
    line = compiled.entity("shop.order_line")
    assert line.owner is not None
    assert line.owner.field == "order"
    assert line.order == ("position",)
    binding = compiled.binding({"this": order.table})
    assert "number" in str(sa.select(order.title_sql(binding)))
    assert order.order == ("-day", "number")


def test_an_action_asks_and_acts(order: CompiledEntity) -> None:
    action = order.actions["finish"]
    assert run(action.when, state="draft") is True
    assert action.say is not None
    assert action.say.run(Env()) == "Only drafts."
    assert action.conditions is not None
    assert action.conditions.required == {"reason": True}
    first, second, third = action.effects
    assert isinstance(first, SetFields)
    env = Env(names={"ask.reason": "late"})
    assert {name: value.run(env) for name, value in first.values} == {
        "state": "done",
        "note": "late",
    }
    assert isinstance(second, CreateRecord)
    assert (second.entity, second.name) == ("base.user", "made")
    assert isinstance(third, Choose)
    (when, effects), (otherwise, _) = third.ways
    assert run(when, rate=Decimal(60)) is True
    assert otherwise is None
    assert isinstance(effects[0], Refuse)
    assert {("number",), ("rate",)} <= action.reads.this


def test_reads_cover_what_a_save_runs(order: CompiledEntity) -> None:
    assert ("lines", "amount") in order.reads.this
    assert ("by", "name") in order.reads.this
    assert ("by",) in order.reads.relations


def test_filters_and_search(order: CompiledEntity) -> None:
    assert order.filters["open"].label == "Open ones"
    assert order.filters["open"].default
    assert dict(order.search_fields) == {"number": 1}


def test_folded_text_is_short_and_plain() -> None:
    assert fold_of("Ångström") == "angstrom"
    assert fold_of(None) is None
    assert len(fold_of("x" * 300) or "") == 300


def test_long_names_are_cut_in_the_database_only(tmp_path: Path) -> None:
    name, field = "a" * 40, "b" * 40
    made = world(
        tmp_path,
        {
            f"entities/{name}.yml": f"entity: shop.{name}\nfields:\n"
            f"  {field}: {{type: group, of: shop.{'c' * 40}}}\n",
            "traits/c.yml": f"trait: shop.{'c' * 40}\nfields:\n"
            f"  {'d' * 40}: {{type: text}}\n",
        },
    ).compiled()
    column = made.tables[f"shop.{name}"].c[f"{field}_{'d' * 40}"]
    assert len(column.name) == 63
