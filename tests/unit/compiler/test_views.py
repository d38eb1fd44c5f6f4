"""View models: columns, sections and items with their fields, made or written."""

import pytest

from core.compiler import Compiled, Computed
from core.expressions import Env, Record
from tests.unit.compiler.world import world

FILES = {
    "entities/order.yml": """\
entity: shop.order
label: Order
title: number
fields:
  number: {type: text, required: true}
  by: {type: link, to: base.user, label: Placed by, help: Who placed it.}
  state: {type: choice, choices: {open: Open, done: Done}}
  address: {type: group, of: shop.address}
  secret: {type: text, hidden: true}
  note: {type: longtext}
  lines: {type: lines, of: shop.order_line}
filters:
  open: {where: state == 'open'}
""",
    "entities/order_line.yml": "entity: shop.order_line\npart_of: {order: shop.order}\n"
    "fields:\n  text: {type: text}\n",
    "traits/address.yml": "trait: shop.address\nfields:\n  city: {type: text}\n",
    "views/order_list.yml": """\
view: shop.order_list
entity: shop.order
type: list
default: false
columns: [number, by.name, address.city, {field: created_at, label: Made, width: 90}]
order: [-number]
filters:
  done: {label: Done ones, where: state == 'done'}
row_style:
  - {when: state == 'done', style: quiet}
""",
    "views/order_form.yml": """\
view: shop.order_form
entity: shop.order
type: form
default: false
header: [state]
sections:
  main: {label: What, fields: [number, {field: by, readonly: state == 'done', span: 2}]}
  items: {fields: [lines], visible: state == 'open'}
tabs:
  more: {label: More, sections: {text: {fields: [note]}}}
""",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return world(tmp_path_factory.mktemp("modules"), FILES).compiled()


def test_a_written_list(compiled: Compiled) -> None:
    view = compiled.views.list_of("shop.order", "shop.order_list")
    columns = [(column.path, column.label) for column in view.columns]
    assert columns == [
        ("number", "Number"),
        ("by.name", "Name"),
        ("address.city", "Address city"),
        ("created_at", "Made"),
    ]
    city = view.columns[2].field
    assert city is not None
    assert city.name == "address_city"
    assert view.columns[3].field is None
    assert view.columns[3].width == 90
    assert view.order == ("-number",)
    assert [(f.id, f.named) for f in view.filters] == [("open", True), ("done", False)]
    (style,) = view.row_styles
    assert style.style == "quiet"
    done = Record("shop.order", 1, {"state": "done"})
    assert style.when.run(Env(this=done)) is True


def test_a_written_form(compiled: Compiled) -> None:
    view = compiled.views.form_of("shop.order", "shop.order_form")
    assert [item.path for item in view.header] == ["state"]
    main, rows = view.sections
    assert [item.path for item in main.items] == ["number", "by"]
    by = main.items[1]
    assert (by.label, by.help, by.span) == ("Placed by", "Who placed it.", 2)
    assert isinstance(by.readonly, Computed)
    assert by.readonly.run(Env(this=Record("shop.order", 1, {"state": "done"})))
    assert rows.wide
    assert not main.wide
    assert isinstance(rows.visible, Computed)
    assert [tab.label for tab in view.tabs] == ["More"]
    assert view.tabs[0].sections[0].items[0].path == "note"


def test_generated_views_show_what_is_not_hidden(compiled: Compiled) -> None:
    found = compiled.views.list_of("shop.order")
    assert found.columns[0].path == "number"
    assert "secret" not in [column.path for column in found.columns]
    assert found.label == "Orders"
    form = compiled.views.form_of("shop.order")
    paths = [item.path for section in form.sections for item in section.items]
    assert {"number", "note", "lines"} <= set(paths)
    assert "secret" not in paths
    assert [s.wide for s in form.sections if s.items[0].path == "lines"] == [True]


def test_views_are_made_once(compiled: Compiled) -> None:
    assert compiled.views.list_of("shop.order") is compiled.views.list_of("shop.order")
    assert [view.id for view in compiled.views.of("shop.order")] == [
        "shop.order_form",
        "shop.order_list",
    ]


def test_a_view_of_something_else_is_unknown(compiled: Compiled) -> None:
    with pytest.raises(KeyError):
        compiled.views.list_of("shop.order", "shop.order_form")
    with pytest.raises(KeyError):
        compiled.views.list_of("shop.order_line", "shop.order_list")
