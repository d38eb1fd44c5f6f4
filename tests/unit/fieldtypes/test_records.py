"""Choices, links, rows and groups: keys and ids are taken, anything else refused."""

from types import MappingProxyType

import pytest

from core.expressions.record import Record, Ref
from core.fieldtypes import (
    BadValue,
    Locale,
    TextHints,
    builtin_catalog,
)
from tests.unit.fieldtypes.fields import read_field

CATALOG = builtin_catalog()
ENGLISH = Locale("en_US")
CHOICE = "{type: choice, choices: {open: Still open, done: 'Done, paid'}}"
MULTI = CHOICE.replace("choice,", "multichoice,", 1)


def coerce(text, raw):
    field = read_field(text)
    return CATALOG[field.type].coerce(raw, field)


def refusal(text, raw):
    with pytest.raises(BadValue) as caught:
        coerce(text, raw)
    return caught.value


def from_text(text, cell):
    field = read_field(text)
    return CATALOG[field.type].from_text(cell, field, ENGLISH)


def test_a_key_is_taken_and_an_unknown_one_gets_the_nearest():
    assert coerce(CHOICE, " open ") == "open"
    bad = refusal(CHOICE, "opne")
    assert bad.code == "unknown_choice"
    assert bad.facts["nearest"] == "open"
    assert bad.message == "'opne' is not one of the choices; did you mean 'open'?"
    assert "it is one of open, done" in refusal(CHOICE, "zzzzzzzz").message
    # A label is no key in the API.
    assert refusal(CHOICE, "Still open").code == "unknown_choice"
    assert refusal(CHOICE, 5).code == "wrong_type"


@pytest.mark.parametrize("cell", ["open", "OPEN", "still OPEN", " Still open "])
def test_a_cell_may_hold_the_key_or_the_label(cell):
    assert from_text(CHOICE, cell) == "open"


@pytest.mark.parametrize(
    "cell", ["open, done", "Still open; Done, paid", "done;open", "DONE , OPEN,"]
)
def test_a_cell_may_hold_several_keys_or_labels(cell):
    assert from_text(MULTI, cell) == ("open", "done")


def test_several_keys_are_kept_once_and_in_the_order_of_the_list():
    assert coerce(MULTI, ["done", "open", "done"]) == ("open", "done")
    assert coerce(MULTI, "done,open") == ("open", "done")
    assert coerce(MULTI, []) is None
    assert refusal(MULTI, ["open", "x"]).code == "unknown_choice"
    assert refusal(MULTI, 5).code == "wrong_type"
    assert refusal(MULTI, [5]).code == "wrong_type"
    assert from_text(MULTI, "Done, paid") == ("done",)


def test_choices_are_shown_by_their_label_or_its_translation():
    field, type_ = read_field(CHOICE), CATALOG["choice"]
    german = TextHints(label=MappingProxyType({"open": "Noch offen"}).get)
    assert type_.to_text("open", field, ENGLISH) == "Still open"
    assert type_.to_text("open", field, ENGLISH, german) == "Noch offen"
    # A key that the list lost is still shown.
    assert type_.to_text("gone", field, ENGLISH) == "gone"


LINK = "{type: link, to: base.party}"


@pytest.mark.parametrize(
    "raw", [7, "7", " 7 ", {"id": 7}, Record("base.party", 7), Ref("base.party", 7)]
)
def test_a_link_takes_ids_and_records(raw):
    assert coerce(LINK, raw) == 7


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (0, "wrong_id"),
        (-1, "wrong_id"),
        ("0", "wrong_id"),
        (2**63, "wrong_id"),
        (True, "wrong_type"),
        (7.0, "wrong_type"),
        ([7], "wrong_type"),
        ({"name": "x"}, "wrong_type"),
        ({"id": {"id": 7}}, "wrong_type"),
        ("Miller Ltd", "needs_lookup"),
        ("\u0667", "needs_lookup"),
        (Record("base.unit", 7), "wrong_entity"),
        (Record("base.party", None), "not_saved"),
    ],
)
def test_a_link_refuses_anything_else(raw, code):
    assert refusal(LINK, raw).code == code


def test_a_text_to_look_up_is_handed_out():
    assert refusal(LINK, " Miller Ltd ").facts["text"] == "Miller Ltd"


def test_literal_links_keep_their_external_id():
    field = read_field("{type: link, to: base.party, default: base.party.me}")
    assert CATALOG["link"].literal(field.default.literal, field) == "base.party.me"
    many = read_field("{type: links, to: base.party, default: [base.party.me, 5]}")
    found = CATALOG["links"].literal(many.default.literal, many)
    assert found == (5, "base.party.me")


def test_links_are_shown_by_their_titles():
    hints = TextHints(title=lambda entity, id: f"{entity} {id}" if id == 7 else None)
    for name, value, text in (
        ("link", 7, "base.party 7"),
        ("link", 8, "8"),
        ("links", (7, 8), "base.party 7; 8"),
    ):
        field = read_field(f"{{type: {name}, to: base.party}}")
        assert CATALOG[name].to_text(value, field, ENGLISH, hints) == text


def test_links_are_kept_once():
    links = "{type: links, to: base.party}"
    assert coerce(links, [7, "8", {"id": 7}, None]) == (7, 8)
    assert coerce(links, "7,8") == (7, 8)
    assert refusal(links, {"id": 7}).code == "wrong_type"
    assert refusal(links, range(10_001)).code == "too_many"


def test_tags_take_new_names_as_well():
    assert coerce("{type: tags}", [7, " Important ", "8", ""]) == (7, "Important", 8)
    assert from_text("{type: tags}", "red, big one") == ("red", "big one")


REFERENCE = "{type: reference, to: [base.party, test.thing]}"


@pytest.mark.parametrize(
    "raw",
    [
        {"entity": "base.party", "id": "7"},
        "base.party/7",
        Ref("base.party", 7),
        Record("base.party", 7),
    ],
)
def test_a_reference_names_entity_and_id(raw):
    assert coerce(REFERENCE, raw) == Ref("base.party", 7)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("base.unit/7", "wrong_entity"),
        ({"entity": "base.unit", "id": 7}, "wrong_entity"),
        ({"id": 7}, "wrong_entity"),
        ({"entity": "base.party"}, "wrong_type"),
        ("Miller Ltd", "needs_lookup"),
        (7, "wrong_type"),
    ],
)
def test_a_reference_refuses_anything_else(raw, code):
    assert refusal(REFERENCE, raw).code == code


LINES = "{type: lines, of: test.part, min: 1, max: 2}"


def test_rows_are_maps_with_or_without_an_id():
    rows = [{"id": "3", "quantity": "5"}, {"id": None, "name": "x"}]
    assert coerce(LINES, rows) == ({"quantity": "5", "id": 3}, {"name": "x"})
    # The caller's own maps are left as they are.
    assert rows[0]["id"] == "3"
    record = Record("test.part", 3, {"name": "x"})
    assert coerce(LINES, [record]) == ({"name": "x", "id": 3},)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ([5], "wrong_type"),
        ([{5: 6}], "wrong_type"),
        ({"id": 5}, "wrong_type"),
        ([{"id": "x"}], "needs_lookup"),
        ([{}, {}, {}], "too_many"),
    ],
)
def test_rows_of_another_form_are_refused(raw, code):
    assert refusal(LINES, raw).code == code


def test_a_group_takes_a_map_or_a_record_that_uses_the_trait(context):
    parts = {
        "street": read_field("{type: text}"),
        "country": read_field("{type: link, to: base.party}"),
    }
    type_ = CATALOG["group"]
    ctx = context(trait=lambda id: parts)
    field = type_.resolve(read_field("{type: group, of: base.address}"), ctx)
    whole = {"street": "Main Street 1", "country": 7}
    assert type_.coerce({"street": " Main Street 1", "country": "7"}, field) == whole
    record = Record("base.party", 1, {**whole, "name": "x"})
    assert type_.coerce(record, field) == whole
    assert type_.coerce({"street": ""}, field) is None
    assert type_.store(whole, "billing", field) == {
        "billing_street": "Main Street 1",
        "billing_country": 7,
    }
    assert type_.to_text(whole, field, ENGLISH) == "Main Street 1, 7"
    with pytest.raises(BadValue, match="the group has no 'town'"):
        type_.coerce({"town": "x"}, field)
    with pytest.raises(BadValue, match=r"^country: "):
        type_.coerce({"country": "x"}, field)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (None, False),
        ("", False),
        ("on", True),
        (" TRUE ", True),
        ("0", False),
        (1, True),
        (0, False),
        (False, False),
    ],
)
def test_a_boolean_without_an_answer_is_false(raw, value):
    assert coerce("{type: boolean}", raw) is value


@pytest.mark.parametrize("raw", ["maybe", 2, 1.0, [], "ja"])
def test_what_is_neither_true_nor_false_is_refused(raw):
    assert refusal("{type: boolean}", raw).code == "not_a_boolean"


def test_yes_and_no_are_words_of_the_language():
    field, type_ = read_field("{type: boolean}"), CATALOG["boolean"]
    german = Locale("de_DE")
    assert type_.to_text(True, field, german) == "ja"
    assert type_.from_text("Nein", field, german) is False
    assert type_.from_text("x", field, german) is True
