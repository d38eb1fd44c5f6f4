"""Buttons of a list and menu entries that run them: what they may name."""

import pytest

from tests.unit.registry.making import built

WORLD = """== shop/entities/thing.yml
entity: shop.thing
fields:
  name: {{type: text, required: true}}
actions:
  sweep:
    place: list
    {ask}
    do: [{{create: {{entity: shop.thing, values: {{name: x}}}}}}]
  mark: {{place: selection, do: [{{set: {{name: y}}}}]}}
== shop/menu.yml
menu: shop
items:
  sweep: {{{entry}}}
"""
GOOD = "entity: shop.thing, action: sweep"


def test_an_entry_runs_a_button_of_the_list(tmp_path) -> None:
    made = built(tmp_path, WORLD.format(entry=GOOD, ask="ask: {day: {type: date}}"))
    assert made.codes == []
    assert made.registry.menus["shop"].items["sweep"].action == "sweep"


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        ("entity: shop.thing, action: swep", "E402", "has no action 'swep'"),
        ("entity: shop.thing, action: mark", "E205", "needs a record"),
        ("url: /x, action: sweep", "E204", "entity of the action is missing"),
        (f"{GOOD}, count: true", "E208", "shows no records"),
        (f"{GOOD}, filter: name == 'a'", "E208", "shows no records"),
    ],
)
def test_what_a_menu_cannot_run_is_told(
    tmp_path, entry: str, code: str, said: str
) -> None:
    made = built(tmp_path, WORLD.format(entry=entry, ask=""))
    assert made.codes == [code]
    assert said in made.messages[0]


def test_questions_of_a_list_read_no_record(tmp_path) -> None:
    ask = "ask: {title: {type: text, default: =name}}"
    made = built(tmp_path, WORLD.format(entry=GOOD, ask=ask))
    assert made.codes == ["E402"]
