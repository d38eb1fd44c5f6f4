"""Mistakes in the definition of a field are found and say how to mend them."""

import pytest

from core.fieldtypes import ChoiceList, choices_of
from tests.unit.fieldtypes.fields import read_field

WRONG = (
    (
        "{type: text, currency: currency}",
        "E202",
        "'currency' belongs to the type money",
    ),
    ("{type: lines, of: test.part, unique: true}", "E202", "leave out 'unique'"),
    ("{type: money}", "E204", "add 'currency:' to the field 'f'"),
    ("{type: quantity}", "E204", "add 'unit:' to the field 'f'"),
    ("{type: choice}", "E204", "add 'choices:' to the field 'f'"),
    ("{type: link}", "E204", "add 'to:' to the field 'f'"),
    ("{type: link, to: base.partie}", "E301", "did you mean 'base.party'?"),
    ("{type: link, to: [base.party, base.unit]}", "E219", "take the type reference"),
    ("{type: link, to: base.unit, required: true, on_delete: clear}", "E219", "take"),
    ("{type: text, length: 0}", "E209", None),
    ("{type: text, length: 5000}", "E209", "take the type longtext for more"),
    (r"{type: text, pattern: '(?=a)b'}", "E210", None),
    (r"{type: text, pattern: '(a)\1'}", "E210", None),
    ("{type: decimal, digits: 40}", "E209", None),
    ("{type: decimal, digits: 4, places: 6}", "E208", "allow more 'digits'"),
    ("{type: decimal, places: 13}", "E209", None),
    ("{type: integer, min: 5, max: 3}", "E216", "swap them"),
    ("{type: integer, min: five}", "E214", None),
    ("{type: integer, default: 1.5}", "E214", None),
    ("{type: date, default: 2026-02-30}", "E214", None),
    ("{type: choice, choices: {a: A, b: B}, default: c}", "E408", None),
    (
        "{type: choice, choices: {open: A}, default: opn}",
        "E408",
        "did you mean 'open'?",
    ),
    ("{type: choice, choices: {}}", "E205", "write 'key: Label'"),
    ("{type: money, currency: curency}", "E402", "did you mean 'currency'?"),
    ("{type: money, currency: party}", "E406", "a currency has an integer field"),
    ("{type: money, currency: title}", "E406", None),
    ("{type: money, currency: title.currency}", "E410", None),
    ("{type: boolean, required: true}", "E208", "add 'three_state: true'"),
    ("{type: datetime, zone: Europe/Berln}", "E211", "did you mean 'Europe/Berlin'?"),
    ("{type: file, size: big}", "E212", "write it like 10 MB"),
    ("{type: file, accept: pictures}", "E212", "write it like image/*"),
    ("{type: json, schema: {type: nothing}}", "E205", None),
    ("{type: rating, max: 1000}", "E209", None),
    ("{type: expression, of: test.thing, result: bolean}", "E205", "did you mean"),
    ("{type: properties, defined_by: party}", "E406", None),
    ("{type: properties, defined_by: parts}", "E402", "kind is a choice of text"),
    ("{type: properties, defined_by: odd}", "E406", "kind is a choice of text"),
    ("{type: group, of: test.nothing}", "E301", None),
    ("{type: choice, choices: test.nothing}", "E301", None),
    ("{type: lines, of: test.part, min: a}", "E205", None),
    ("{type: number, default: '1'}", "E202", "leave out 'default'"),
)
RIGHT = (
    "{type: money, currency: currency, per: unit, default: 100.00 EUR}",
    "{type: money, currency: party.currency}",
    "{type: money, currency: company.currency}",
    "{type: quantity, unit: base.unit.kg, default: 5 kg}",
    "{type: quantity, unit: unit, min: 0, max: 10.5}",
    "{type: link, to: base.party, default: base.party.me, on_delete: cascade}",
    "{type: lines, of: test.part, min: 1, max: 5}",
    "{type: choice, choices: {a: A, b: {label: B, color: red}}, default: b}",
    "{type: boolean, default: true}",
    "{type: datetime, zone: company, default: 2026-12-31T10:00Z}",
    "{type: duration, default: 1 hour 30 minutes}",
    "{type: text, pattern: '[A-Z]{2}\\d+', default: AB1}",
    "{type: tags}",
    "{type: reference, to: [base.party, test.thing]}",
    "{type: properties, defined_by: asked}",
    "{type: json, schema: {type: object, required: [a]}}",
    "{type: rating, max: 10}",
)


@pytest.mark.parametrize(("text", "code", "help_"), WRONG)
def test_a_mistake_is_found_once(complaints, text, code, help_):
    found = complaints(text)
    assert [c for c, _, _ in found] == [code], found
    if help_ is not None:
        assert (found[0][2] or "").startswith(help_)


@pytest.mark.parametrize("text", RIGHT)
def test_a_good_definition_has_none(complaints, text):
    assert complaints(text) == []


def test_what_is_broken_elsewhere_is_not_complained_about(context, catalog):
    ctx = context()
    ctx.diagnostics.mark_broken("entity base.partie")
    catalog["link"].check(read_field("{type: link, to: base.partie}"), ctx)
    assert len(ctx.diagnostics) == 0


def test_ranks_of_an_ordered_choice_differ(complaints):
    text = "{type: choice, ordered: true, choices: {a: {rank: 1}, b: {rank: 1}}}"
    assert [code for code, _, _ in complaints(text)] == ["E208"]


def test_a_shared_list_of_choices_is_filled_in(context, catalog):
    shared = read_field("{type: choice, choices: {low: Low, high: {rank: 9}}}").choices
    ctx = context(choices=lambda id: ChoiceList(shared, True) if id == "a.b" else None)
    type_ = catalog["choice"]
    field = type_.resolve(read_field("{type: choice, choices: a.b}"), ctx)
    assert [(c.key, c.label, c.rank) for c in choices_of(field)] == [
        ("low", "Low", 0),
        ("high", "High", 9),
    ]
    assert type_.expression_type(field, ctx).choices == ("low", "high")
    assert type_.expression_type(field, ctx).ordered


def test_a_group_cannot_embed_what_has_no_column(complaints):
    trait = {"parts": read_field("{type: lines, of: test.part}")}
    found = complaints("{type: group, of: a.b}", trait=lambda id: trait)
    assert [code for code, _, _ in found] == ["E208"]


@pytest.mark.parametrize(
    ("text", "digits", "places"),
    [
        ("{type: decimal}", 18, 4),
        ("{type: percent}", 9, 4),
        ("{type: money, currency: currency}", 18, 4),
        ("{type: money, currency: currency, per: unit}", 18, 6),
        ("{type: money, currency: currency, places: 2}", 18, 2),
        ("{type: quantity, unit: unit}", 18, 6),
        ("{type: integer}", None, None),
        ("{type: integer, min: 1, max: 9999}", 4, 0),
        ("{type: rating}", 1, 0),
    ],
)
def test_the_type_in_expressions_is_as_wide_as_the_column(
    context, catalog, text, digits, places
):
    field = read_field(text)
    type_ = catalog[field.type]
    found = type_.expression_type(field, context())
    assert (found.digits, found.places) == (digits, places)
    column = type_.columns("f", field)[0].type
    assert getattr(column, "digits", digits) == digits
    assert getattr(column, "places", places) == places


def test_a_fixed_unit_is_known_by_its_key(context, catalog):
    field = read_field("{type: quantity, unit: base.unit.kg}")
    assert catalog["quantity"].expression_type(field, context()).unit == "kg"
