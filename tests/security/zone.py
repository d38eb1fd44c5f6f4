"""The entities that random rights are about, as YAML and as plain lists."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


ENTITIES = {
    "zone.area": """
entity: zone.area
title: name
order: [name]
fields:
  name:  {type: text, required: true, search: true}
  size:  {type: integer}
  owner: {type: link, to: base.user}
  hint:  {type: text, search: true}
""",
    "zone.deal": """
entity: zone.deal
title: name
subtitle: note
key: code
order: [-amount, name]
company: optional
archive: true
timeline: true
duplicates: {match: [{exact: name}]}
fields:
  name:   {type: text, required: true, search: true}
  code:   {type: text, unique: true}
  kind:   {type: choice, choices: {a: A, b: B, c: C}}
  amount: {type: integer}
  note:   {type: text, search: true}
  secret: {type: text, sensitive: true}
  owner:  {type: link, to: base.user}
  area:   {type: link, to: zone.area, inverse: deals}
  mate:   {type: link, to: zone.deal, inverse: mates}
  double: {type: integer, formula: amount * 2}
  place:  {type: text, formula: area.hint}
  items:  {type: lines, of: zone.item}
actions:
  close: {label: Close, do: [set: {kind: c}]}
""",
    "zone.case": """
entity: zone.case
title: "concat('Case ', name)"
fields:
  name:  {type: text, required: true, search: true}
  level: {type: integer}
  deal:  {type: link, to: zone.deal, inverse: cases}
""",
    "zone.item": """
entity: zone.item
part_of: {deal: zone.deal}
title: mark
fields:
  mark: {type: text, required: true}
  cost: {type: integer}
""",
}


BOARD = """
dashboard: zone.all
label: All
tiles:
  count: {label: Deals, number: zone.deal}
  sum:   {label: Amount, number: zone.deal, value: sum(rows.amount)}
  some:  {label: Some, list: zone.deal, columns: [name, note]}
"""


FIELDS = {
    "zone.area": ("name", "size", "owner", "hint"),
    "zone.deal": (
        *("name", "code", "kind", "amount", "note", "secret", "owner", "area"),
        *("mate", "double", "place", "items"),
    ),
    "zone.case": ("name", "level", "deal"),
}


LINKS = {
    "zone.area": {},
    "zone.deal": {"area": "zone.area", "mate": "zone.deal"},
    "zone.case": {"deal": "zone.deal"},
}


SEARCHED = {
    "zone.area": ("name", "hint"),
    "zone.deal": ("name", "note"),
    "zone.case": ("name",),
}


COMPUTED = ("double", "place")


VERBS = (
    *("read", "create", "update", "delete", "archive", "export", "import", "print"),
    *("share", "comment", "bulk", "merge"),
)
