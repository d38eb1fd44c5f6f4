"""Boards, calendars, trees and grouped lists: what their keys may name."""

import pytest

from tests.unit.registry.making import built

WORLD = """== shop/entities/thing.yml
entity: shop.thing
fields:
  name: {type: text}
  kind: {type: choice, choices: {a: A, b: B}}
  price: {type: decimal}
  on: {type: date}
  at: {type: datetime}
  shelf: {type: link, to: shop.shelf}
  above: {type: link, to: shop.thing}
  lines: {type: lines, of: shop.line}
== shop/entities/shelf.yml
entity: shop.shelf
fields: {name: {type: text}}
== shop/entities/line.yml
entity: shop.line
part_of: {thing: shop.thing}
fields: {text: {type: text}}
== shop/data/rows.yml
data: shop.rows
rows:
  shop.shelf: {first: {name: First}}
== shop/views/v.yml
view: shop.v
entity: shop.thing
"""

GOOD = [
    "type: kanban\ncolumn_by: kind\nsums: [price]\nlimits: {a: 3}\nstale: price > 3",
    "type: kanban\ncolumn_by: shelf\nlimits: {shop.shelf.first: 3}",
    "type: kanban\ncolumn_by: kind\ncard: {title: name, lines: [shelf.name, price]}",
    "type: calendar\nstart: on",
    "type: calendar\nstart: at\nend: at\ntitle: name\ncolor: kind",
    "type: tree\nparent: above\ncolumns: [name]",
    "type: list\ncolumns: [name, price]\ngroup: [kind, shelf, on]\ntotals: [price]",
]
BAD = [
    ("type: kanban", "E204", "a kanban needs 'column_by'"),
    ("type: kanban\ncolumn_by: kinds", "E402", "'shop.thing' has no field 'kinds'"),
    (
        "type: kanban\ncolumn_by: price",
        "E406",
        "'price' is decimal, but a choice or a link for columns is needed",
    ),
    (
        "type: kanban\ncolumn_by: kind\nsums: name",
        "E406",
        "'name' is text, but a number for 'sums' is needed",
    ),
    (
        "type: kanban\ncolumn_by: kind\nlimits: {c: 1}",
        "E408",
        "'kind' has no choice 'c'",
    ),
    (
        "type: kanban\ncolumn_by: kind\nlimits: {a: 0}",
        "E205",
        "a limit is at least 1",
    ),
    (
        "type: kanban\ncolumn_by: shelf\nlimits: {shop.shelf.second: 1}",
        "E418",
        "there is no shipped record 'shop.shelf.second' of shop.shelf",
    ),
    (
        "type: kanban\ncolumn_by: kind\nstale: price",
        "E419",
        None,
    ),
    (
        "type: kanban\ncolumn_by: kind\ncard: {lines: [nam]}",
        "E402",
        "'shop.thing' has no field 'nam'",
    ),
    (
        "type: kanban\ncolumn_by: kind\ncolumns: [name]",
        "E202",
        "'columns' is no key of a kanban",
    ),
    ("type: calendar", "E204", "a calendar needs 'start'"),
    (
        "type: calendar\nstart: name",
        "E406",
        "'name' is text, but a date or datetime for 'start' is needed",
    ),
    (
        "type: calendar\nstart: on\nend: at",
        "E406",
        "'start' and 'end' are both dates or both datetimes",
    ),
    (
        "type: list\nas_of: true",
        "E205",
        "shop.thing has no dates between which a row counts",
    ),
    ("type: form\nas_of: true", "E208", "a form shows one record, whatever the day"),
    ("type: tree", "E204", "a tree needs 'parent'"),
    (
        "type: tree\nparent: shelf",
        "E406",
        "'shelf' is no link from shop.thing to itself",
    ),
    (
        "type: list\ngroup: [kind, shelf, on, above]",
        "E205",
        "a list is grouped by up to 3 fields, not 4",
    ),
    (
        "type: list\ngroup: name",
        "E406",
        "'name' is text, but a choice, link, boolean or date for 'group' is needed",
    ),
    (
        "type: list\ngroup: lines",
        "E411",
        "rows cannot be grouped by 'lines': it is no single value",
    ),
]


@pytest.mark.parametrize("keys", GOOD)
def test_views_that_fit(tmp_path, keys):
    assert built(tmp_path, WORLD + keys + "\n").codes == []


@pytest.mark.parametrize(("keys", "code", "message"), BAD)
def test_views_that_do_not(tmp_path, keys, code, message):
    made = built(tmp_path, WORLD + keys + "\n")
    assert made.codes == [code]
    assert message is None or made.messages == [message]
