"""The reader: slots, defaults, places, what an error leaves behind."""

from dataclasses import FrozenInstanceError, field
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

import pytest

from core.diagnostics import Diagnostics, Span
from core.frozen import frozen
from core.source import (
    MISSING,
    Bool,
    BoolExpr,
    Described,
    Duration,
    Expr,
    ExprText,
    Filled,
    IdMap,
    Int,
    ListOf,
    Map,
    Name,
    Names,
    Number,
    OrderPath,
    Part,
    Path,
    Piece,
    Raw,
    Slot,
    StrictList,
    StructureReader,
    Text,
    TextMap,
    Value,
    Values,
    document_head,
    load_text,
    plain_data,
)


class Doubled(Slot):
    """A slot of its own: a number, doubled."""

    expected = "a small number"

    def accepts(self, node):
        return isinstance(getattr(node, "value", None), int)

    def read(self, node, address, reading):
        return node.value * 2 if self.accepts(node) else reading.wrong(node, "a number")

    def schema(self, schemas):
        return {"type": "integer"}


@frozen(kw_only=True)
class Item(Part):
    """An item that may hold items."""

    size: Int | None = None
    items: Map["Item"] = field(default_factory=Map)


@frozen(kw_only=True)
class Needing(Piece):
    """A piece that needs a key."""

    need: Name


@frozen(kw_only=True)
class Sample(Described):
    """Every slot once."""

    text: Text | None = None
    names: Names = ()
    number: Number | None = None
    flag: Bool = False
    expr: Expr | None = None
    when_: BoolExpr = True
    value: Value | None = None
    values: Values = field(default_factory=Map)
    path: Path | None = None
    order: ListOf[OrderPath] = ()
    filled: Filled | None = None
    wait: Duration | Expr | None = None
    raw: Raw | None = None
    word: Literal["all", "none"] | Names = ()
    items: Map[Item] = field(default_factory=Map)
    ids: IdMap[Text] = field(default_factory=Map)
    texts: TextMap[Text] = field(default_factory=Map)
    either: Name | Needing | Item | None = None
    strict: StrictList[Int] = ()
    needing: ListOf[Needing] = ()
    twice: Annotated[int, Doubled()] = 0


def read(text, cls=Sample, **options):
    found = Diagnostics()
    (node,) = load_text(text, "a.yml", found)
    return StructureReader().read(cls, node, "sample x", found, **options), found


def one(text, attribute):
    sample, found = read(text)
    assert [d.message for d in found] == []
    return getattr(sample, attribute)


def codes(found):
    return [diagnostic.code for diagnostic in found]


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("text: hello", "text", "hello"),
        ("text: 1.10", "text", "1.10"),
        ("names: a", "names", ("a",)),
        ("names: [a, b]", "names", ("a", "b")),
        ("number: 5", "number", Decimal(5)),
        ("number: 5.50", "number", Decimal("5.50")),
        ("flag: true", "flag", True),
        ("expr: a > 1", "expr", ExprText("a > 1")),
        ("expr: = a > 1", "expr", ExprText("a > 1")),
        ("expr: 5", "expr", ExprText("5")),
        ("expr: True", "expr", ExprText("true")),
        ("when: false", "when_", False),
        ("when: a == 'b'", "when_", ExprText("a == 'b'")),
        ("path: a.b.c", "path", None),
        ("wait: 1 hour 30 minutes", "wait", timedelta(minutes=90)),
        ("wait: =a.b", "wait", ExprText("a.b")),
        ("word: all", "word", "all"),
        ("word: [a]", "word", ("a",)),
        ("strict: [1, 2]", "strict", (1, 2)),
        ("either: a", "either", "a"),
        ("twice: 4", "twice", 8),
        ("label: Title", "label", "Title"),
        ("was: old", "was", ("old",)),
    ],
)
def test_slots(text, attribute, value):
    found = one(text, attribute)
    if value is not None:
        assert found == value
        assert type(found) is type(value)


def test_paths_and_orders():
    assert one("path: a.b.c", "path").steps == ("a", "b", "c")
    first, second = one("order: [-a.b, c]", "order")
    assert first.descending
    assert first.path.steps == ("a", "b")
    assert first.path.span == Span("a.yml", 1, 10, 1, 13)
    assert not second.descending


def test_values_are_literals_or_expressions():
    assert one("value: draft", "value").literal.value == "draft"
    assert one("value: =me", "value").expr == ExprText("me")
    assert one("value: \"='=x'\"", "value").expr == ExprText("'=x'")
    assert plain_data(one("value: [1, {a: 2}]", "value").literal) == [1, {"a": 2}]
    values = one("values: {state: open, owner: =me, count: 3}", "values")
    assert list(values) == ["state", "owner", "count"]
    assert values["owner"].expr == ExprText("me")
    assert one("value: null", "value").literal.value is None


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("expr: abc + d", 13),
        ("expr: =abc + d", 14),
        ("expr: 'abc + d'", 14),
        ('expr: "= abc + d"', 16),
        ("{expr:   abc + d}", 16),
    ],
)
def test_a_part_of_an_expression_has_its_exact_place(text, column):
    expr = one(text, "expr")
    assert expr.text == "abc + d"
    assert expr.at(6, 1) == Span("a.yml", 1, column, 1, column + 1)


def test_a_folded_expression_is_placed_as_a_whole():
    expr = one("expr: >\n  a and\n  b\n", "expr")
    assert expr.text == "a and b"
    assert expr.at(6, 1) == expr.span


def test_parts_know_id_address_and_places():
    sample, found = read("items:\n  a: {size: 1}\n  b:\n    items: {c: {label: C}}\n")
    assert not found
    part = sample.items["b"].items["c"]
    assert (part.id, part.address) == ("c", "sample x/items/b/items/c")
    assert part.at("label") == Span("a.yml", 4, 24, 4, 25)
    assert part.at("size") == part.span
    assert part.gave("label")
    assert not part.gave("size")
    assert sample.items.key_span("b") == Span("a.yml", 3, 3, 3, 4)
    assert sample.needing == ()


def test_an_empty_body_is_a_part_without_keys():
    assert one("items: {a: , b: {}}", "items")["a"].size is None


def test_equal_parts_are_equal_wherever_they_stand():
    first, second = read("items: {a: {size: 1}}")[0], read("\nitems: {a: {size: 1}}")[0]
    assert first == second
    assert hash(first.items["a"]) == hash(second.items["a"])
    with pytest.raises(FrozenInstanceError):
        first.text = "x"


def test_alternatives_of_maps_are_chosen_by_their_keys():
    assert isinstance(one("either: {need: a}", "either"), Needing)
    assert isinstance(one("either: {size: 1}", "either"), Item)


def test_one_alone_is_a_list_of_one():
    (only,) = one("needing: {need: a}", "needing")
    assert only.need == "a"
    sample, found = read("strict: 1")
    assert codes(found) == ["E205"]
    assert sample.strict == ()


def test_a_wrong_optional_value_leaves_the_part_without_it():
    sample, found = read("text: [a]\nitems: {a: {size: big}, b: {size: 2}}")
    assert codes(found) == ["E205", "E205"]
    assert sample.text is None
    assert sample.items["a"].size is None
    assert found.is_broken("sample x/items/a")
    assert not found.is_broken("sample x/items/b") or found.is_broken("sample x")


def test_a_missing_required_key_leaves_the_part_out():
    sample, found = read("needing: [{need: a}, {}]\neither: {}")
    assert codes(found) == ["E204"]
    assert [piece.need for piece in sample.needing] == ["a"]
    assert found.is_broken("sample x/needing/1")
    nothing, found = read("{need: 5x}", Needing)
    assert nothing is None
    assert codes(found) == ["E206"]
    assert found.is_broken("sample x")


def test_extensions_need_no_required_keys():
    part, found = read("{}", Needing, partial=True)
    assert not found
    assert part.need is None
    assert not part.gave("need")


def test_bad_keys_of_maps():
    sample, found = read(
        "items: {Bad: {}, class: {}, a: {}}\nids: {a: x, b.c: y}\ntexts: {A b: c}\n"
        "values: {id: 1, Not: 2}"
    )
    assert codes(found) == ["E206", "E207", "E206", "E206"]
    assert list(sample.items) == ["a"]
    assert list(sample.ids) == ["b.c"]
    assert list(sample.texts) == ["A b"]
    assert list(sample.values) == ["id"]


def test_all_problems_of_a_document_are_found_in_one_go():
    _, found = read(
        "txt: a\nflag: 5\nnumber: x\nwait: []\nword: {a: b}\npath: a b\ntwice: x\n"
        "expr: []\nlabel: true\nhidden: maybe"
    )
    assert len(found) == 10


def test_documents_begin_with_kind_and_id():
    found = Diagnostics()
    text = "sample: a.b\ntext: x\n---\nextend: {sample: a.b}\n---\noverlay: {sample: a}"
    nodes = load_text(text, "a.yml", found)
    heads = [document_head(node, ("sample",), found) for node in nodes]
    assert [(head.kind, head.id, head.mode) for head in heads] == [
        ("sample", "a.b", "define"),
        ("sample", "a.b", "extend"),
        ("sample", "a", "overlay"),
    ]
    assert heads[0].address == "sample a.b"
    document = StructureReader().read(
        Sample, nodes[0], heads[0].address, found, id=heads[0].id, head=True
    )
    assert (document.id, document.text) == ("a.b", "x")
    assert not found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("smple: a.b", "E201"),
        ("extend: {smple: a.b}", "E201"),
        ("extend: a.b", "E205"),
        ("extend: {}", "E205"),
        ("sample: {a: b}", "E205"),
        ("sample: 5", "E205"),
        ("sample: a.b.c", "E206"),
        ("sample: A", "E206"),
        ("sample: class", "E207"),
        ("[a]", "E205"),
        ("just a text", "E205"),
        ("{}", "E205"),
    ],
)
def test_bad_heads(text, code):
    found = Diagnostics()
    (node,) = load_text(text, "a.yml", found)
    assert document_head(node, ("sample",), found) is None
    assert codes(found) == [code]


def test_an_annotation_without_a_slot_is_a_mistake_of_the_author_of_the_kind():
    with pytest.raises(TypeError, match="no slot"):
        StructureReader().slot_for(float)
    assert MISSING is not None
