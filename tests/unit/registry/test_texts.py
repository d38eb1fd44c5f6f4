"""Filled texts: split, checked, filled."""

import pytest

from core.diagnostics import Diagnostics
from core.expressions import Env, to_python
from core.expressions.record import Record
from core.registry import filler
from core.registry.filled_text import Gap, split_text
from core.source import FilledText
from tests.unit.registry.making import built


def split(text):
    found = Diagnostics()
    parts = split_text(FilledText(text), found)
    if parts is None:
        return [item.code for item in found]
    return [
        (part.expr.text, part.format) if isinstance(part, Gap) else part
        for part in parts
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain", ["plain"]),
        ("", [""]),
        ("{a}", [("a", None)]),
        ("x {a} y {b:money}", ["x ", ("a", None), " y ", ("b", "money")]),
        ("{{a}} {b}", ["{a} ", ("b", None)]),
        ("{seq:5}", [("seq", "5")]),
        ("{concat(a, ': }')}", [("concat(a, ': }')", None)]),
        ("{ a }", [("a", None)]),
        ("{a", ["E401"]),
        ("a}", ["E401"]),
        ("{'a", ["E401"]),
    ],
)
def test_splitting(text, parts):
    assert split(text) == parts


def test_filling(tmp_path):
    made = built(
        tmp_path,
        """== shop/entities/thing.yml
entity: shop.thing
fields:
  name: {type: text}
  number: {type: number, numbering: shop.thing}
rules:
  named: {check: name is not null, message: "{{{name}}} is not {upper(name)}."}
== shop/numbering.yml
numbering: shop.thing
format: "T-{year}-{seq:4}"
reset: year
""",
    )
    assert made.codes == []
    message = made.registry.text("entity shop.thing/rules/named/message")
    env = Env(this=Record("shop.thing", 1, {"name": "a"}))
    assert filler(message, to_python)(env) == "{a} is not A."
    assert not message.is_constant
    number = made.registry.text("numbering shop.thing/format")
    env = Env(names={"year": 2026, "seq": 7})
    assert filler(number, to_python)(env) == "T-2026-0007"
