"""Which formulas are kept in a column, and what their members say."""

import pytest

from core.expressions.tree import Conditional
from tests.unit.registry.making import built

ORDER = """== shop/entities/party.yml
entity: shop.party
fields:
  name: {{type: text}}
  secret: {{type: text, sensitive: true}}
  name_length: {{type: integer, formula: length(name)}}
== shop/entities/order.yml
entity: shop.order
fields:
  name: {{type: text}}
  size: {{type: integer}}
  day: {{type: date}}
  party: {{type: link, to: shop.party}}
  above: {{type: link, to: shop.order, inverse: below}}
  lines: {{type: lines, of: shop.line}}
  own: {{type: integer, formula: size + 1}}
  far: {{type: text, formula: party.name}}
  below_number: {{type: integer, formula: count(below)}}
  late: {{type: integer, formula: year(today()) - size}}
  it_is: {field}
== shop/entities/line.yml
entity: shop.line
part_of: {{order: shop.order}}
fields:
  size: {{type: integer}}
  twice: {{type: integer, formula: size * 2}}
  of_order: {{type: integer, formula: order.size}}
"""


def member(folder, field):
    made = built(folder, ORDER.format(field=field))
    assert made.codes == []
    return made.registry.schema.entity("shop.order").member("it_is")


@pytest.mark.parametrize(
    ("formula", "stored"),
    [
        ("size * 2", True),
        ("own + size", True),
        ("sum(lines.twice)", True),
        ("sum(lines.of_order)", True),
        ("1 if party is null else 2", True),
        ("1 if party.name is null else 2", True),
        ("length(far)", True),
        ("count(below)", True),
        ("party.name_length", False),
        ("1 if updated_at is null else 2", False),
        ("1 if id is null else 2", False),
        ("below_number + late", False),
        ("year(today())", False),
        ("1 if me is null else 2", False),
    ],
)
def test_stored_where_every_change_can_be_followed(tmp_path, formula, stored):
    found = member(tmp_path, f'{{type: integer, formula: "{formula}"}}')
    assert found.formula
    assert found.stored is stored
    assert (found.computed is None) is stored


def test_stored_can_be_asked_for_and_refused(tmp_path):
    assert member(tmp_path, "{type: text, formula: party.name, stored: true}").stored
    found = member(tmp_path, "{type: text, formula: party.name, index: true}")
    assert found.stored
    found = member(tmp_path, "{type: integer, formula: size, stored: false}")
    assert not found.stored


def test_a_plain_path_is_the_same_as_its_end(tmp_path):
    assert member(tmp_path, "{type: text, formula: party.name}").same_as == (
        "party",
        "name",
    )
    assert member(tmp_path, "{type: integer, formula: size + 0}").same_as is None


def test_secrets_stay_secret(tmp_path):
    assert member(tmp_path, "{type: text, formula: party.secret}").sensitive
    figure = "{type: integer, formula: 'count_distinct(b.party.secret for b in below)'"
    assert member(tmp_path, f"{figure}}}").sensitive
    made = built(
        tmp_path,
        "== shop/module.yml\nmodule: shop\ntitle: S\nversion: 1.0.0\n"
        "asks: {declassify: [shop.order.it_is]}\n"
        + ORDER.format(field=f"{figure}, declassify: true}}"),
    )
    assert made.codes == []
    assert not made.registry.schema.entity("shop.order").member("it_is").sensitive


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("length(party.secret)", "would show single sensitive values"),
        ("length(first(b.party.secret for b in below))", "would show single"),
        ("count_distinct(b.party.secret for b in below)", "does not ask for making"),
    ],
)
def test_only_figures_that_a_module_asks_for_are_declassified(tmp_path, formula, said):
    field = f'{{type: integer, formula: "{formula}", declassify: true}}'
    made = built(tmp_path, ORDER.format(field=field))
    assert set(made.codes) == {"E417"}
    assert said in made.messages[0]


def test_cases_are_one_expression(tmp_path):
    field = (
        "{type: choice, choices: {low: Low, high: High}, "
        "cases: [{when: size > 5, then: high}, {when: size > 1, then: low}]}"
    )
    made = built(tmp_path, ORDER.format(field=field))
    assert made.codes == []
    typed = made.registry.formula("shop.order", "it_is")
    assert isinstance(typed.tree, Conditional)
    assert typed.tree.then.value == "high"
    assert typed.reads == {("size",)}
    assert typed.tree.other.other.value is None


def test_long_chains_are_no_problem_in_any_order(tmp_path):
    fields = "".join(
        f"  f{n}: {{type: integer, formula: f{n + 1} + 1}}\n" for n in range(30)
    )
    made = built(
        tmp_path,
        f"== shop/entities/chain.yml\nentity: shop.chain\nfields:\n{fields}"
        "  f30: {type: integer}\n",
    )
    assert made.codes == []


def test_endless_chains_are_refused(tmp_path):
    fields = "".join(
        f"  f{n}: {{type: integer, formula: f{n + 1} + 1}}\n" for n in range(90)
    )
    made = built(
        tmp_path,
        f"== shop/entities/chain.yml\nentity: shop.chain\nfields:\n{fields}"
        "  f90: {type: integer}\n",
    )
    assert set(made.codes) == {"E413"}


def test_a_derive_that_watches_something_else_is_no_circle(tmp_path):
    made = built(
        tmp_path,
        """== shop/entities/price.yml
entity: shop.price
fields:
  rate: {type: decimal}
  net: {type: decimal, derive: {value: gross / rate, watch: [rate]}}
  gross: {type: decimal, derive: net * rate}
""",
    )
    assert made.codes == []


MONEY = """== shop/entities/currency.yml
entity: shop.currency
fields:
  code: {type: text}
  decimals: {type: integer}
== shop/entities/bill.yml
entity: shop.bill
fields:
  currency: {type: link, to: shop.currency}
  lines: {type: lines, of: shop.bill_line}
  total: {type: money, currency: currency, formula: round(sum(lines.amount))}
== shop/entities/bill_line.yml
entity: shop.bill_line
part_of: {bill: shop.bill}
fields:
  price: {type: money, currency: bill.currency}
  times: {type: integer}
  amount: {type: money, currency: bill.currency, formula: round(price * times)}
"""


def test_rounding_to_the_currency_keeps_an_amount_in_its_column(tmp_path):
    made = built(tmp_path, MONEY)
    assert made.codes == []
    schema = made.registry.schema
    assert schema.entity("shop.bill_line").member("amount").stored
    assert schema.entity("shop.bill").member("total").stored
