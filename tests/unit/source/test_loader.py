"""The loader: values of YAML 1.2, places, several documents, refusals."""

import tracemalloc
from decimal import Decimal

import pytest

from core.diagnostics import Diagnostics, Span
from core.source import Mapping, Scalar, Sequence, load_file, load_text, plain_data


def loaded(text, file="a.yml"):
    found = Diagnostics()
    return load_text(text, file, found), found


def codes(found):
    return [diagnostic.code for diagnostic in found]


@pytest.mark.parametrize(
    "text",
    [
        "NO", "yes", "on", "off", "y", "n", "01234", "12:30:00", "1_000", "0o17",
        "0x1F", "2026-12-31", "2026-12-31T10:00Z", "1.2.3", "08:00", "5 kg",
        "100.00 EUR", "inf", "nan", "+", "-5e", "1e", "a: 'b'"[3:],
    ],
)  # fmt: skip
def test_what_other_tools_convert_stays_a_text(text):
    (node,), found = loaded(f"a: {text}")
    value = node.get("a")
    assert value.value == (text if value.plain else text[1:-1])
    assert not found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("True", True), ("FALSE", False), ("null", None), ("~", None),
        ("", None), ("0", 0), ("-17", -17), ("+5", 5), ("1.10", Decimal("1.10")),
        ("-.5", Decimal("-0.5")), ("1e3", Decimal("1e3")), ("0.0", Decimal("0.0")),
    ],
)  # fmt: skip
def test_values_of_yaml_1_2(text, value):
    (node,), found = loaded(f"a: {text}")
    scalar = node.get("a")
    assert (scalar.value, scalar.text) == (value, text)
    assert type(scalar.value) is type(value)
    assert not found


def test_a_quoted_number_is_a_text():
    (node,), _ = loaded("a: '1'\nb: \"true\"")
    assert plain_data(node) == {"a": "1", "b": "true"}
    assert not node.get("a").plain


def test_every_value_knows_its_place():
    (node,), _ = loaded("a:\n  - x\n  - {b: 'yz'}\nc: |\n  long\n  text\n", "p.yml")
    assert node.key("a").span == Span("p.yml", 1, 1, 1, 2)
    items = node.get("a")
    assert isinstance(items, Sequence)
    assert items.items[0].span == Span("p.yml", 2, 5, 2, 6)
    assert items.items[1].span == Span("p.yml", 3, 5, 3, 14)
    assert items.items[1].get("b").span == Span("p.yml", 3, 9, 3, 13)
    assert items.span == Span("p.yml", 2, 3, 3, 14)
    assert node.get("c").value == "long\ntext\n"


def test_columns_count_characters_and_a_mark_of_order_does_not_count():
    (node,), _ = loaded("\ufeffä: ∅x\n".encode())
    assert node.get("ä").span == Span("a.yml", 1, 4, 1, 6)


def test_several_documents_and_empty_ones():
    nodes, found = loaded("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")
    assert [plain_data(node) for node in nodes] == [{"a": 1}, {"b": 2}]
    assert not found
    assert loaded("")[0] == ()
    assert loaded("# only a comment\n")[0] == ()


def test_documents_around_a_broken_one_are_read_with_their_lines():
    text = "a: 1\n---\nb: [1\n---\nc: 3\n---\nd: }\n---\ne: 5\n"
    nodes, found = loaded(text)
    assert [plain_data(node) for node in nodes] == [{"a": 1}, {"c": 3}, {"e": 5}]
    assert codes(found) == ["E101", "E101"]
    assert nodes[1].span.line == 5
    assert nodes[2].span.line == 9


def test_a_broken_document_is_marked_by_its_head():
    _, found = loaded("entity: library.book\nfields: {a: [\n")
    assert found.is_broken("entity library.book")
    _, found = loaded("entity: library.book\na: &x 1\nb: *x\n")
    assert found.is_broken("entity library.book")


def test_keys_twice_keep_the_first():
    (node,), found = loaded("a: 1\nb: 2\na: 3\n")
    assert plain_data(node) == {"a": 1, "b": 2}
    assert codes(found) == ["E102"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1", "E104"),
        ("a: *x", "E104"),
        ("a: &x 1\nb: *x", "E104"),
        ("a: {<<: {b: 1}}", "E104"),
        ("a: !!python/object:os.system x", "E104"),
        ("a: !secret x", "E104"),
        ("%TAG ! tag:x,2000:\n---\na: 1", "E104"),
        ("%YAML 1.1\n---\na: 1", "E103"),
        ("%YAML 3.0\n---\na: 1", "E103"),
        ("a: -.inf", "E103"),
        ("a: .nan", "E103"),
        ("a: " + "9" * 5000, "E104"),
        ("a: 1e999999999", "E104"),
        ("a: " + "[" * 70 + "]" * 70, "E104"),
        ("a: " + "[" * 100_000, "E104"),
        ("- " * 100_000, "E104"),
        ("a" * (1024 * 1024 + 1), "E104"),
        ("a: b: c", "E101"),
        ("a:\n\t- b", "E101"),
        ("a: 'b", "E101"),
        ("? [a]\n: b", "E101"),
        (": b", "E101"),
        (b"a: \xff", "E106"),
        (b"\xff\xfea\x00", "E106"),
        ("a: \x00", "E106"),
        ("a: \x07", "E106"),
        ("a: \ud800", "E106"),
    ],
)
def test_refusals(text, code):
    _, found = loaded(text)
    assert code in codes(found)
    assert len(found) <= 2


def test_version_1_2_may_be_declared():
    nodes, found = loaded("%YAML 1.2\n---\na: 1\n")
    assert len(nodes) == 1
    assert not found


def test_a_bomb_of_aliases_costs_nothing():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join(['*' + before] * 9)}]")
    tracemalloc.start()
    nodes, found = loaded("\n".join(lines))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert nodes == ()
    assert codes(found) == ["E104", "E104"]
    assert peak < 5_000_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{f: round(a, 2)}", "round(a, 2)"),
        ("{f: round(a, 2), g: 1}", "round(a, 2)"),
        ("{g: 1, f: left(join(a, b), 3), h: x}", "left(join(a, b), 3)"),
        ("{f: round(a,\n  2)}", "round(a, 2)"),
        ("{f: decide(t.x, a=b, c=d).e}", "decide(t.x, a=b, c=d).e"),
    ],
)
def test_a_cut_expression_is_named_and_mended(text, value):
    (node,), found = loaded(text)
    assert codes(found) == ["E105"]
    assert node.get("f").text == value


def test_a_cut_item_is_named_and_mended():
    (node,), found = loaded("[left(a, 2), b]")
    assert codes(found) == ["E105"]
    assert plain_data(node) == ["left(a, 2)", "b"]


@pytest.mark.parametrize(
    "text", ["{f: a in ['x', 'y']}", "{f: join(a, ', ')}", "[a in [b]]", "{f: a['b']}"]
)
def test_an_expression_cut_at_a_bracket_is_named(text):
    assert codes(loaded(text)[1]) == ["E105"]


@pytest.mark.parametrize(
    "text",
    [
        "{f: 'round(a, 2)'}",
        "f: round(a, 2)",
        "{f: count(a), g: sum(b)}",
        "{f: smile (, g: x}",
        "[(a), b]",
        "{f: 'x(', g: y}",
    ],
)
def test_what_is_whole_is_left_alone(text):
    assert codes(loaded(text)[1]) == []


def test_files(tmp_path):
    found = Diagnostics()
    path = tmp_path / "a.yml"
    path.write_text("a: 1\n")
    (node,) = load_file(path, found, shown_as="modules/x/a.yml")
    assert isinstance(node, Mapping)
    assert node.span.file == "modules/x/a.yml"
    assert load_file(tmp_path / "missing.yml", found) == ()
    assert load_file(tmp_path, found) == ()
    assert codes(found) == ["E106", "E106"]


def test_nodes_cannot_be_changed():
    (node,), _ = loaded("a: 1")
    with pytest.raises(AttributeError):
        node.entries = ()
    assert isinstance(node.get("a"), Scalar)
    with pytest.raises(AttributeError):
        node.get("a").value = 2
