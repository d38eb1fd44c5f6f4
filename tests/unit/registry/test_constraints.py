"""Mistakes in constraints, trees and dates of effect are told where they are made."""

import pytest

from tests.unit.registry.making import built

BOOK = """== shop/entities/book.yml
entity: shop.book
{head}
fields:
  name: {{type: text}}
  day: {{type: date}}
  last: {{type: date}}
  other: {{type: link, to: shop.book}}
  found: {{type: text, stored: false, formula: {formula}}}
"""


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("constraints: {a: {no_overlap: [day, last], per: name}}", None),
        ("constraints: {a: {no_overlap: [day]}}", "E419"),
        ("constraints: {a: {no_overlap: [day, name]}}", "E419"),
        ("constraints: {a: {no_overlap: [day, gone]}}", "E402"),
        ("constraints: {a: {where: name is null}}", "E204"),
        ("constraints: {a: {unique: [name], acyclic: other}}", "E208"),
        ("constraints: {a: {acyclic: other}}", None),
        ("constraints: {a: {acyclic: name}}", "E419"),
        ("constraints: {a: {at_most_one: name}}", "E419"),
        ("constraints: {a: {group_check: count(rows) < 5, per: name}}", None),
        ("constraints: {a: {group_check: name == 'x'}}", "E402"),
        ("tree: other", None),
        ("tree: name", "E419"),
        ("effective: {from: day, to: last}", None),
        ("effective: {from: name, to: last}", "E419"),
        ("effective: {from: day, to: last, per: gone}", "E402"),
    ],
)
def test_heads(tmp_path, head, code):
    codes = built(tmp_path, BOOK.format(head=head, formula="name")).codes
    assert codes == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("nearest(name)", None),
        ("nearest(other.name)", None),
        ("nearest(name, day)", "E405"),
        ("name if within(this, other) else null", None),
        ("name if within(other.other, this) else null", None),
        ("name if within(name, this) else null", "E426"),
        ("name if within(this) else null", "E405"),
        ("at(children, day).name", None),
        ("at(other, day).name", "E406"),
        ("at(children, name).name", "E406"),
    ],
)
def test_questions(tmp_path, formula, code):
    head = "tree: other\neffective: {from: day, to: last}"
    text = BOOK.format(head=head, formula=f'"{formula}"')
    text = text.replace("to: shop.book}", "to: shop.book, inverse: children}")
    codes = built(tmp_path, text).codes
    assert codes == ([] if code is None else [code])


def test_questions_to_what_is_no_tree(tmp_path):
    for formula in ("nearest(name)", "name if within(this, other) else null"):
        text = BOOK.format(head="", formula=f'"{formula}"')
        assert built(tmp_path, text).codes == ["E426"]
