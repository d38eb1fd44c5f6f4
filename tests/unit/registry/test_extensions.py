"""Extensions add and tighten, overlays decide; the order of modules never matters."""

import pytest

from tests.unit.registry.making import built

BASE = """== shop/entities/thing.yml
entity: shop.thing
label: Thing
order: [name]
fields:
  name: {type: text}
  size: {type: integer, min: 1, max: 9}
  kind: {type: choice, choices: {a: A, b: B}, required: size > 5}
  other: {type: link, to: shop.thing, where: it.size > 1}
  about: {type: reference, to: [shop.thing]}
rules:
  small: {check: size < 100, message: Too large.}
filters:
  all: {where: size is not null}
actions:
  shrink: {when: size > 1, do: [{set: {size: =size - 1}}]}
== shop/views/thing.yml
view: shop.thing_form
entity: shop.thing
type: form
sections:
  main: {fields: [name, size]}
== shop/choices/shape.yml
choices: shop.shape
values: {round: Round}
"""
MANIFEST = """== {name}/module.yml
module: {name}
title: T
version: 1.0.0
depends: {{shop: ">=1"}}
"""


def extended(folder, *bodies, overlay=None):
    """Build shop with one module per body extending shop.thing, and an overlay."""
    text = BASE
    for name, body in zip(("left", "right"), bodies, strict=False):
        text += MANIFEST.format(name=name)
        text += f"== {name}/extensions/shop.thing.yml\n"
        text += f"extend: {{entity: shop.thing}}\n{body}\n"
    if overlay:
        text += f"== overlay/thing.yml\noverlay: {{entity: shop.thing}}\n{overlay}\n"
    return built(folder, text)


def thing(made):
    assert made.codes == []
    return made.registry.entity("shop.thing")


def test_fields_are_added_where_they_ask_to_stand(tmp_path):
    made = extended(
        tmp_path,
        "fields:\n  code: {type: text, after: name}\n  tail: {type: text}",
        "fields: {head: {type: text, before: name}}",
    )
    names = ["head", "name", "code", "size", "kind", "other", "about", "tail"]
    assert list(thing(made).fields) == names
    assert made.registry.set_by("entity shop.thing/fields/code") == "left"
    assert made.registry.set_by("entity shop.thing/fields/name") == "shop"


def test_conditions_become_stricter(tmp_path):
    made = extended(
        tmp_path,
        "fields:\n  kind: {required: name is null}\n  other: {where: it.size > 2}\n"
        "rules: {small: {check: size < 50}}\nactions: {shrink: {when: size > 3}}",
        "fields: {size: {required: true}}\nrules: {small: {check: size < 20}}",
    )
    entity = thing(made)
    assert str(entity.fields["kind"].required) == "(size > 5) or (name is null)"
    assert str(entity.fields["other"].where) == "(it.size > 1) and (it.size > 2)"
    assert entity.fields["size"].required is True
    check = str(entity.rules["small"].check)
    assert check == "((size < 100) and (size < 50)) and (size < 20)"
    assert str(entity.actions["shrink"].when) == "(size > 1) and (size > 3)"
    assert made.registry.typed("entity shop.thing/rules/small/check") is not None


def test_bounds_become_tighter(tmp_path):
    made = extended(tmp_path, "fields: {size: {min: 3, max: =2 + 3}}")
    size = thing(made).fields["size"]
    assert size.min.literal.value == 3
    assert size.max.expr.text == "least(9, 2 + 3)"


def test_lists_and_choices_grow(tmp_path):
    made = extended(
        tmp_path,
        "fields:\n  kind: {choices: {c: C}}\n"
        "  about: {to: [left.item]}\nindexes: [[name, size]]",
    )
    assert "E301" in made.codes  # left.item does not exist
    made = extended(tmp_path, "fields: {kind: {choices: {c: C}}}\nindexes: [[name]]")
    assert list(thing(made).fields["kind"].choices) == ["a", "b", "c"]
    assert thing(made).indexes == (("name",),)


def test_choices_are_coloured_and_relabelled(tmp_path):
    made = extended(
        tmp_path,
        "fields: {kind: {choices: {a: {color: red}}}}",
        "fields: {kind: {choices: {b: Bee}}}",
    )
    choices = thing(made).fields["kind"].choices
    assert (choices["a"].label, choices["a"].color) == ("A", "red")
    assert choices["b"].label == "Bee"


def test_actions_get_further_effects_behind_their_own(tmp_path):
    made = extended(tmp_path, "actions: {shrink: {do: [{set: {name: small}}]}}")
    effects = thing(made).actions["shrink"].do
    assert [list(effect.set) for effect in effects] == [["size"], ["name"]]
    assert made.registry.typed("entity shop.thing/actions/shrink/do/0/set/size")


def test_hiding_and_relabelling(tmp_path):
    made = extended(tmp_path, "label: Object\nfields: {size: {hidden: true}}")
    assert thing(made).label == "Object"
    assert thing(made).fields["size"].hidden
    assert made.registry.set_by("entity shop.thing/label") == "left"


@pytest.mark.parametrize(
    "body",
    [
        "fields: {name: {type: longtext}}",
        "fields: {name: {formula: \"'x'\"}}",
        "fields: {other: {to: shop.item}}",
        "fields: {size: {min: 0}}",
        "fields: {size: {max: 10}}",
        "company: required",
        "rules: {small: {when: size > 3}}",
        "rules: {small: {roles: [user]}}",
        "fields: {kind: {once: false}}\nfilters: {all: {roles: [user]}}",
    ],
)
def test_what_others_rely_on_stays(tmp_path, body):
    assert "E304" in extended(tmp_path, body).codes


def test_the_same_value_twice_is_no_conflict(tmp_path):
    made = extended(tmp_path, "label: Object", "label: Object")
    assert thing(made).label == "Object"


def test_two_modules_and_one_attribute(tmp_path):
    made = extended(tmp_path, "order: [size]", "order: [-size]")
    assert made.codes == ["E303"]
    assert "left and right" in made.messages[0]


def test_an_overlay_changes_and_adds_with_its_own_names(tmp_path):
    made = extended(
        tmp_path,
        "label: Object",
        overlay=(
            "label: Gadget\nfields:\n  x_card: {type: text}\n"
            "  size: {min: 0, required: false}\n  kind: {required: false}"
        ),
    )
    entity = thing(made)
    assert entity.label == "Gadget"
    assert entity.fields["kind"].required is False
    assert entity.fields["size"].min.literal.value == 0
    assert "x_card" in entity.fields
    assert made.registry.set_by("entity shop.thing/fields/x_card") == "overlay"


def test_an_overlay_names_what_it_adds(tmp_path):
    made = extended(tmp_path, overlay="fields: {card: {type: text}}")
    assert made.codes == ["E206"]


def test_an_overlay_cannot_change_a_type(tmp_path):
    made = extended(tmp_path, overlay="fields: {size: {type: text}}")
    assert "E304" in made.codes


def test_an_overlay_without_target_waits(tmp_path):
    text = BASE + "== overlay/gone.yml\noverlay: {entity: gone.thing}\nlabel: X\n"
    assert built(tmp_path, text).codes == ["W424"]


def test_views_and_lists_are_extended_too(tmp_path):
    text = (
        BASE
        + MANIFEST.format(name="left")
        + """== left/extensions/shop.thing_form.yml
extend: {view: shop.thing_form}
sections:
  main: {fields: [{field: kind, after: name}]}
  more: {fields: [other]}
== left/extensions/shop.shape.yml
extend: {choices: shop.shape}
values: {square: Square}
== left/extensions/shop.thing.yml
extend: {entity: shop.thing}
fields:
  shape: {type: choice, choices: shop.shape}
"""
    )
    made = built(tmp_path, text)
    assert made.codes == []
    view = made.registry.views_of["shop.thing", "form"]
    assert list(view.sections) == ["main", "more"]
    fields = view.sections["main"].fields
    assert [getattr(item, "field", item).text for item in fields] == [
        "name",
        "kind",
        "size",
    ]
    shape = made.registry.entity("shop.thing").fields["shape"]
    assert list(shape.choices) == ["round", "square"]


def test_an_extension_for_an_optional_module_that_is_off_rests(tmp_path):
    text = """== left/module.yml
module: left
title: T
version: 1.0.0
optional: {shop: ">=1"}
== left/extensions/shop.thing.yml
extend: {entity: shop.thing}
label: X
== left/menu.yml
menu: left
items:
  things: {entity: shop.thing}
  notes: {entity: left.note}
== left/entities/note.yml
entity: left.note
fields: {text: {type: text}}
"""
    made = built(tmp_path, text)
    assert made.codes == []
    assert list(made.registry.menus["left"].items) == ["notes"]


def test_new_parts_are_whole(tmp_path):
    made = extended(
        tmp_path,
        "fields:\n  nmae: {label: Heading}\n  name: {derive: {watch: [size]}}\n"
        "actions: {grow: {ask: {much: {label: Much}}}}",
    )
    assert made.codes == ["E204", "E204", "E204"]
