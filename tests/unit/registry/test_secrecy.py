"""Sensitive values come out nowhere: every place that would show one is E417."""

import pytest

from tests.unit.registry.making import built

PAY = """== pay/entities/person.yml
entity: pay.person
title: name
{head}
fields:
  name: {{type: text}}
  salary: {{type: decimal, sensitive: true}}
  face: {{type: image, sensitive: true}}
  boss: {{type: link, to: pay.person, inverse: staff}}
  lines: {{type: lines, of: pay.line}}
  test: {{type: expression, of: pay.person}}
{fields}
== pay/entities/line.yml
entity: pay.line
part_of: {{person: pay.person}}
fields:
  weight: {{type: decimal}}
  share: {{type: decimal}}
== pay/mappings/m.yml
mapping: pay.m
from: pay.person
to: pay.person
ask: {{amount: {{type: decimal}}}}
fields: {{name: =name{mapped}}}
== pay/decisions/d.yml
decision: pay.d
inputs: {{boss: {{type: link, to: pay.person}}}}
entity: pay.person
columns: {{boss: equal}}
outputs: {{salary: {{type: decimal{output}}}}}
== pay/views/list.yml
view: pay.list
entity: pay.person
type: list
columns: [name]
{view}
== pay/menu.yml
menu: pay
items:
  all: {{entity: pay.person{menu}}}
"""
EMPTY = {
    "head": "",
    "fields": "",
    "mapped": "",
    "output": ", sensitive: true",
    "view": "",
    "menu": "",
}
OPEN = (
    {"head": "subtitle: text(salary)"},
    {"head": "image: face"},
    {"head": "key: salary"},
    {"head": "filters: {rich: {where: salary > 9}}"},
    {"head": "rules: {r: {check: salary > 1, message: '{salary} is low.'}}"},
    {"head": "actions: {a: {label: A, do: [{set: {name: =text(salary)}}]}}"},
    {"head": "actions: {a: {label: A, do: [{refuse: 'It is {salary}.'}]}}"},
    {
        "head": "actions:\n  a: {label: A, do: [{map: {mapping: pay.m, "
        "ask: {amount: =salary}}}]}"
    },
    {"head": "spreads: {s: {amount: salary, over: lines, by: weight, into: share}}"},
    {"fields": "  x: {type: decimal, default: =boss.salary}"},
    {"fields": "  x: {type: decimal, derive: salary}"},
    {"fields": "  x: {type: link, to: pay.person, where: it.salary > 9}"},
    {"fields": '  x: {type: decimal, derive: "decide(pay.d, boss=boss).salary"}'},
    {"output": ""},
    {"mapped": ", boss: =boss, x: =salary", "fields": "  x: {type: decimal}"},
    {"view": "where: salary > 9"},
    {"view": "row_style: [{when: salary > 9, style: bad}]"},
    {"view": "filters: {rich: {where: salary > 9}}"},
    {"menu": ", filter: salary > 9"},
)
CLOSED = (
    {},
    {"fields": "  x: {type: decimal, formula: salary * 2}"},
    {"fields": "  x: {type: decimal, derive: salary, sensitive: true}"},
    {"fields": '  x: {type: decimal, formula: "decide(pay.d, boss=boss).salary"}'},
    {"head": "rules: {r: {check: salary > 1, message: It is low.}}"},
)


@pytest.mark.parametrize("parts", OPEN, ids=str)
def test_a_leak_is_found(tmp_path, parts):
    given = {**EMPTY, **parts}
    assert built(tmp_path, PAY.format(**given)).codes == ["E417"]


@pytest.mark.parametrize("parts", CLOSED, ids=str)
def test_what_stays_secret_is_fine(tmp_path, parts):
    made = built(tmp_path, PAY.format(**{**EMPTY, **parts}))
    assert made.codes == [], made.messages
    member = made.registry.schema.entity("pay.person").member("x")
    assert member is None or member.sensitive
