"""The component macros: every kind of input, tied to its label and error."""

import re

import pytest
from flask import render_template_string

KINDS = (
    *("text", "textarea", "number", "decimal", "money", "date", "datetime", "time"),
    *("checkbox", "switch", "select", "multiselect", "link", "links", "tags", "file"),
    *("color", "rating", "password", "email", "phone", "url", "hidden"),
)
SPEC = {
    "name": "x",
    "label": "Amount",
    "value": "1",
    "title": "One",
    "options": [("1", "one"), ("2", "two")],
    "items": [{"id": 1, "title": "one"}],
    "url": "/lookup",
    "currency": "EUR",
    "error": "Too small.",
    "hint": "Over 0.",
    "required": True,
}


@pytest.fixture
def draw(app):
    """Return a function: source with the macros as `ui` -> text without line breaks."""

    def render(source, **values):
        with app.test_request_context():
            text = render_template_string(
                '{% import "_macros.html" as ui %}' + source, **values
            )
        return re.sub(r"\s+", " ", text)

    return render


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_name_label_and_error(draw, kind):
    text = draw("{{ ui.field(f) }}", f=SPEC | {"kind": kind})
    assert 'name="x"' in text
    assert 'data-field="x"' in text
    assert "Amount" in text
    assert 'id="f-x-error"' in text
    assert "Too small." in text
    assert 'id="f-x"' in text
    if kind not in ("multiselect", "rating"):
        assert 'for="f-x"' in text
        assert 'aria-describedby="f-x-error f-x-hint"' in text
        assert 'aria-invalid="true"' in text
    assert text.count('id="f-x"') == 1
    assert not re.search(r"\sstyle=|\son\w+=", text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_escapes_its_value(draw, kind):
    bad = '"><script>'
    spec = {"kind": kind, "name": "x", "label": bad, "value": bad, "title": bad}
    spec |= {"options": [(bad, bad)], "items": [{"id": bad, "title": bad}], "url": bad}
    spec |= {"help": bad, "hint": bad, "error": bad, "unit": bad, "placeholder": bad}
    assert "<script>" not in draw("{{ ui.field(f) }}", f=spec)


def test_a_password_and_a_file_are_never_filled_in(draw):
    for kind in ("password", "file"):
        assert "secret" not in draw(
            "{{ ui.input(f) }}", f={"kind": kind, "name": "x", "value": "secret"}
        )


def test_zero_is_a_value_and_none_is_not(draw):
    source = "{{ ui.input(f) }}"
    assert 'value="0"' in draw(source, f={"kind": "number", "name": "x", "value": 0})
    empty = draw(source, f={"kind": "number", "name": "x", "value": None})
    assert 'value=""' in empty


def test_an_unticked_box_sends_something(draw):
    text = draw(
        "{{ ui.input(f) }}", f={"kind": "checkbox", "name": "x", "value": False}
    )
    assert '<input type="hidden" name="x" value="" />' in text
    assert "checked" not in text


def test_a_grey_button_stays_in_reach_and_says_why(draw):
    text = draw('{{ ui.button("Confirm", type="submit", why="It has no lines.") }}')
    assert 'type="button"' in text
    assert 'aria-disabled="true"' in text
    assert 'data-why="It has no lines."' in text
    assert " disabled" not in text.replace("aria-disabled", "")


def test_a_line_template_keeps_its_place_holder(draw):
    source = (
        '{% macro row(n) %}{% call ui.line_row("lines", n) %}<td>'
        '{{ ui.input({"name": "lines-" ~ n ~ "-quantity"}) }}</td>'
        "{% endcall %}{% endmacro %}"
        '{% call ui.lines_table("lines", "Lines", [{"label": "Quantity"}],'
        ' row("__n__")) %}{{ row(0) }}{% endcall %}'
    )
    text = draw(source)
    assert 'name="lines-0-quantity"' in text
    template = re.search(r"<template[^>]*>(.*)</template>", text)[1]
    assert 'name="lines-__n__-quantity"' in template
    assert 'name="lines-__n__-id"' in template


def test_a_sorted_column_says_its_order(draw):
    columns = [
        {"label": "Name", "sort_href": "?o=name", "order": "asc", "position": 1},
        {"label": "Size", "sort_href": "?o=size", "order": "desc", "numeric": True},
        {"label": "Kind"},
    ]
    text = draw("{{ ui.grid_head(columns) }}", columns=columns)
    assert text.count("aria-sort") == 2
    assert 'aria-sort="ascending"' in text
    assert 'aria-sort="descending"' in text
