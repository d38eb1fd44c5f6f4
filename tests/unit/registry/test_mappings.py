"""What the registry says of mappings that cannot work."""

import pytest

from tests.unit.registry.making import built

WORLD = """== shop/entities/order.yml
entity: shop.order
fields:
  name: {{type: text}}
  lines: {{type: lines, of: shop.line}}
== shop/entities/line.yml
entity: shop.line
part_of: {{order: shop.order}}
fields:
  text: {{type: text}}
  left: {{type: integer}}
  made: {{type: link, to: shop.bill}}
== shop/entities/bill.yml
entity: shop.bill
fields:
  name: {{type: text}}
  size: {{type: integer, formula: length(name)}}
  order: {{type: link, to: shop.order}}
  items: {{type: lines, of: shop.row}}
== shop/entities/row.yml
entity: shop.row
part_of: {{bill: shop.bill}}
fields:
  text: {{type: text}}
  left: {{type: integer}}
== shop/mappings/bill.yml
mapping: shop.bill_it
from: shop.order
to: shop.bill
{body}
"""
GOOD = """link: order
fields: {name: =name}
lines:
  all:
    {from: lines, to: items, open: left, back: made, fields: {left: =open, text: =text}}
"""


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (GOOD, []),
        (GOOD.replace("to: items", "to: itemz"), ["E402"]),
        (GOOD.replace("link: order", "link: name"), ["E419"]),
        (GOOD.replace("{name: =name}", "{nome: =name}"), ["E402"]),
        (GOOD.replace("{name: =name}", "{size: 4}"), ["E419"]),
        (GOOD.replace("open: left", "open: text"), ["E419", "E419"]),
        (GOOD.replace("from: lines", "from: name"), ["E419"]),
        (GOOD.replace("back: made", "back: text"), ["E419"]),
        (GOOD.replace("open: left", "group_by: [text], open: left"), ["E208"]),
        (GOOD.replace("=text}", "=parent.nome}"), ["E402"]),
        ("match: [size]", ["E419"]),
        ("when: name", ["E419"]),
    ],
)
def test_mistakes_are_told(tmp_path, body, codes):
    made = built(tmp_path, WORLD.format(body=body))
    assert sorted(made.codes) == codes


def test_an_unknown_entity_is_told_once(tmp_path):
    text = WORLD.format(body=GOOD).replace("from: shop.order\n", "from: shop.ordre\n")
    made = built(tmp_path, text)
    assert made.codes == ["E301"]
    assert not made.registry.mappings


BUILD = """== shop/entities/bill.yml
entity: shop.bill
fields:
  name: {{type: text}}
  lines: {{type: lines, of: shop.line}}
  sums: {{type: lines, of: shop.sum, build: {build}}}
== shop/entities/line.yml
entity: shop.line
part_of: {{bill: shop.bill}}
fields:
  text: {{type: text}}
== shop/entities/sum.yml
entity: shop.sum
part_of: {{bill: shop.bill}}
fields:
  text: {{type: text}}
== shop/mappings/sums.yml
mapping: shop.sums
from: shop.line
to: shop.sum
match: [text]
group_by: [text]
fields: {{text: "=concat(parent.name, text)"}}
== shop/mappings/more.yml
mapping: shop.more
from: shop.bill
to: shop.line
fields: {{text: =name}}
"""


@pytest.mark.parametrize(
    ("build", "codes"),
    [
        ("{mapping: shop.sums, in: lines}", []),
        ("{mapping: shop.sums, in: lines, while: name is null}", []),
        ("{mapping: shop.sum, in: lines}", ["E301"]),
        ("{mapping: shop.sums, in: name}", ["E419"]),
        ("{mapping: shop.sums, in: linen}", ["E402"]),
        ("{mapping: shop.sums, in: (l for l in lines if l.text is null)}", ["E205"]),
        ("{mapping: shop.sums, in: lines, while: name}", ["E419"]),
        ("{mapping: shop.more, in: lines}", ["E204", "E419", "E419"]),
        ("{mapping: shop.sums}", ["E204"]),
    ],
)
def test_mistakes_of_built_lines_are_told(tmp_path, build, codes):
    made = built(tmp_path, BUILD.format(build=build))
    assert sorted(made.codes) == codes


CARDS = """== shop/entities/bill.yml
entity: shop.bill
fields:
  name: {{type: text}}
  kind: {{type: choice, choices: {{one: One, two: Two}}}}
  size: {{type: integer, formula: length(name)}}
  made: {{type: date}}
  other: {{type: link, to: shop.bill}}
  items: {{type: lines, of: shop.row}}
== shop/entities/row.yml
entity: shop.row
part_of: {{bill: shop.bill}}
fields:
  text: {{type: text}}
  kind: {{type: choice, choices: {{one: One, two: Two}}}}
== shop/mappings/bill.yml
mapping: shop.bill_it
from: {{format: vcard}}
to: shop.bill
{body}
"""
CARD = """external: {vcard: =src.uid}
value_maps: {kinds: {org: one, individual: two}}
fields:
  {name: =src.fn, made: =src.bday, kind: "=mapped(src.kind, 'kinds')", other: =src.org}
missing: {other: {create: {kind: one}}}
reject: {short: {check: length(src.fn) > 2, say: "{src.fn} is short."}}
lines:
  tel:
    {from: src.tel, where: kind == 'fax', to: items, fields: {kind: one, text: =value}}
"""


@pytest.mark.parametrize(
    ("old", "new", "codes", "near"),
    [
        ("", "", [], ""),
        ("=src.fn", "=src.fm", ["E402"], "src.fn"),
        ("name: =src.fn", "nome: =src.fn", ["E402"], "name"),
        ("name: =src.fn", "size: =src.fn", ["E419"], ""),
        ("'kinds')", "'kindz')", ["E418"], "kinds"),
        ("org: one", "org: three", ["E408"], ""),
        ("made: =src.bday", 'made: "=concat(src.bday, src.fn)"', ["E419"], ""),
        ("=src.uid", "=lower(src.uid)", ["E205"], ""),
        ("{other: {create", "{othr: {create", ["E402"], "other"),
        ("create: {kind: one}", "create: {kind: four}", ["E408"], ""),
        ("check: length(src.fn) > 2", "check: src.fn", ["E419"], ""),
        ('say: "{src.fn}', 'say: "{src.fnn}', ["E402"], "src.fn"),
        ("src.tel", "src.tell", ["E402"], "tel"),
        ("kind == 'fax'", "kind == 'fux'", ["E205"], "fax"),
        ("where: kind == 'fax', ", "", ["E205"], ""),
        ("to: items", "to: itens", ["E402"], "items"),
        ("text: =value", "text: =valu", ["E402"], "value"),
        ("text: =value", "txt: =value", ["E402"], "text"),
        ("lines:", "when: true\nlines:", ["E208"], ""),
        ("to: items", "to: items, open: 1", ["E208"], ""),
        ("lines:", "match: [nome]\nlines:", ["E402"], "name"),
    ],
)
def test_foreign_data_is_checked_as_everything(tmp_path, old, new, codes, near):
    body = CARD.replace(old, new, 1) if old else CARD
    made = built(tmp_path, CARDS.format(body=body))
    assert made.codes == codes
    found = list(made.diagnostics)
    assert near in (found[0].help or "") if near else True
    assert all(one.span.file.endswith("mappings/bill.yml") for one in found)
