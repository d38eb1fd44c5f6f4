"""Mistakes in spreads are told where they are made."""

import pytest

from tests.unit.registry.making import built

DEAL = """== shop/entities/deal.yml
entity: shop.deal
fields:
  name: {{type: text}}
  rebate: {{type: decimal}}
  parts: {{type: lines, of: shop.part}}
spreads:
  one: {spread}
== shop/entities/part.yml
entity: shop.part
part_of: {{deal: shop.deal}}
fields:
  size: {{type: decimal}}
  share: {{type: decimal}}
  twice: {{type: decimal, formula: size * 2}}
"""


@pytest.mark.parametrize(
    ("spread", "code"),
    [
        ("{amount: rebate, over: parts, by: size, into: share}", None),
        ("{amount: name, over: parts, by: size, into: share}", "E419"),
        ("{amount: rebate, over: name, by: size, into: share}", "E419"),
        ("{amount: rebate, over: parts, by: gone, into: share}", "E402"),
        ("{amount: rebate, over: parts, by: size, into: gone}", "E402"),
        ("{amount: rebate, over: parts, by: size, into: twice}", "E419"),
        ("{amount: rebate, over: parts, by: size}", "E204"),
    ],
)
def test_spreads(tmp_path, spread, code):
    text = DEAL.format(spread=spread)
    codes = built(tmp_path, text).codes
    assert codes == ([] if code is None else [code])
