"""What extensions and overlays may do, row by row of the grammar's table.

Beside test_extensions: what two modules do to each other, and what an extension breaks
far away.
"""

from __future__ import annotations

import pytest

from tests.unit.registry.test_extensions import extended, thing


def test_an_id_taken_twice_names_both_places(tmp_path):
    field = "fields: {weight: {type: decimal}}"
    made = extended(tmp_path, field, field)
    assert made.codes == ["E302"]
    (found,) = made.diagnostics
    assert [one.span.file.split("/")[-3] for one in found.related] == ["left"]


def test_a_formula_made_circular_by_an_extension_is_shown_as_a_circle(tmp_path):
    """Neither module is wrong by itself."""
    left = "fields: {a: {type: integer, formula: size + 1}}"
    assert extended(tmp_path / "one", left).codes == []
    right = (
        "fields:\n"
        "  b: {type: integer, formula: c + 1}\n"
        "  c: {type: integer, formula: b + 1}"
    )
    made = extended(tmp_path / "two", left, right)
    assert made.codes == ["E416"]
    assert "b" in made.messages[0]
    assert "c" in made.messages[0]


def test_a_derive_made_circular_by_an_extension_is_refused(tmp_path):
    body = "fields: {size: {derive: twin}, twin: {type: integer, derive: size}}"
    assert extended(tmp_path, body).codes == ["E416"]


def test_effects_of_two_modules_on_one_field(tmp_path):
    made = extended(
        tmp_path,
        "actions: {shrink: {do: [{set: {name: left}}]}}",
        "actions: {shrink: {do: [{set: {name: right}}]}}",
    )
    assert made.codes == ["E303"]
    assert "left and right" in made.messages[0]


def test_an_overlay_decides_what_two_modules_disagree_about(tmp_path):
    made = extended(tmp_path, "label: Object", "label: Piece", overlay="label: Gadget")
    assert thing(made).label == "Gadget"


def test_an_overlay_may_loosen_and_show_again(tmp_path):
    made = extended(
        tmp_path,
        "fields: {size: {hidden: true, required: true}}",
        overlay="fields: {size: {hidden: false, required: false}}",
    )
    size = thing(made).fields["size"]
    assert (size.hidden, size.required) == (False, False)


@pytest.mark.parametrize(
    ("body", "code", "near"),
    [
        ("fields: {size: {required: nmae is null}}", "E402", "name"),
        ("fields: {siez: {label: Size}}", "E204", None),
        ("rules: {small: {check: siez < 5}}", "E402", "size"),
        ("labl: Thing", "E202", "label"),
        ("fields: {more: {type: link, to: shop.thign}}", "E301", "shop.thing"),
    ],
)
def test_unknown_names_come_with_the_nearest_one(tmp_path, body, code, near):
    made = extended(tmp_path, body)
    assert code in made.codes
    helped = [one.help for one in made.diagnostics if one.code == code]
    assert near is None or any(near in (text or "") for text in helped)


def test_the_order_of_modules_decides_nothing(tmp_path):
    rule = "fields: {{size: {{max: {0}}}}}\nrules: {{small: {{check: size < {0}}}}}"
    one, two = rule.format(8), rule.format(7)
    found = []
    for place, bodies in (("ab", (one, two)), ("ba", (two, one))):
        made = extended(tmp_path / place, *bodies)
        entity = thing(made)
        found.append((entity.fields["size"].max.literal.value, len(made.codes)))
    assert found[0] == found[1]
    assert found[0][1] == 0
    assert found[0][0] == 7
