"""Unique values that only warn, and rules that are asked when a button is pressed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.services import Actor, RuleBroken, Runtime, ValidationFailed, transaction
from tests.unit.registry.making import built
from tests.unit.services.base_world import base_world

YARD = """\
== yard/module.yml
module: yard
title: Yard
version: 1.0.0
depends: {base: ">=0.1"}
== yard/entities/slot.yml
entity: yard.slot
title: name
fields:
  name: {type: text}
  code: {type: text}
  weight: {type: integer}
  state:
    type: choice
    default: open
    choices: {open: Open, shut: Shut}
constraints:
  same_code:
    {unique: [code], where: state == 'open', level: warn, message: Seen before.}
  same_name: {unique: [name]}
rules:
  heavy: {check: weight > 3, at: shut, message: Too light to be shut.}
  was_open: {check: old.state == 'open', at: [shut], message: It was shut before.}
actions:
  shut: {label: Shut, do: [{set: {state: shut}}]}
  open: {label: Open, do: [{set: {state: open}}]}
"""


@pytest.fixture
def yard(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, YARD, "yard") as runtime:
        yield runtime


def _made(yard: Runtime, accept: bool = False, **values: Any) -> int:
    with transaction(yard, Actor.system(), "python") as tx:
        return tx.create("yard.slot", values, accept_warnings=accept).id or 0


def test_a_unique_value_may_only_warn(yard: Runtime) -> None:
    _made(yard, name="A", code="1")
    with pytest.raises(RuleBroken, match="Seen before") as broken:
        _made(yard, name="B", code="1")
    assert broken.value.only_warnings
    two = _made(yard, True, name="B", code="1")
    with transaction(yard, Actor.system(), "python") as tx:
        (entry,) = tx.history("yard.slot", two)
        assert entry.accepted == ("same_code",)
        # Nothing that it reads has changed: it is not asked again.
        tx.update("yard.slot", two, {"weight": 1})
    _made(yard, name="C", code="1", state="shut")
    with pytest.raises(ValidationFailed):
        _made(yard, True, name="A", code="2")
    with transaction(yard, Actor.system(), "import") as tx:
        rows = [{"name": "D", "code": "9"}, {"name": "E", "code": "9"}]
        found = tx.create_many("yard.slot", rows, partial=True)
    assert [one.action for one in found] == ["created", "refused"]


def test_a_rule_of_a_button_is_asked_there_only(yard: Runtime) -> None:
    one = _made(yard, name="A", weight=1)
    with transaction(yard, Actor.system(), "python") as tx:
        tx.update("yard.slot", one, {"weight": 2})
    with (
        pytest.raises(RuleBroken, match="Too light"),
        transaction(yard, Actor.system(), "python") as tx,
    ):
        tx.run_action("yard.slot", one, "shut")
    with transaction(yard, Actor.system(), "python") as tx:
        assert tx.get("yard.slot", one)["state"] == "open"
        tx.update("yard.slot", one, {"weight": 9})
        assert tx.run_action("yard.slot", one, "shut")["state"] == "shut"
    with (
        pytest.raises(RuleBroken, match="shut before"),
        transaction(yard, Actor.system(), "python") as tx,
    ):
        tx.run_action("yard.slot", one, "shut")


@pytest.mark.parametrize(
    ("more", "codes"),
    [("at: go", []), ("at: went", ["E402"]), ("at: go, level: warn", ["E412"])],
)
def test_what_fits(tmp_path: Path, more: str, codes: list[str]) -> None:
    text = f"""\
== a/entities/b.yml
entity: a.b
fields:
  name: {{type: text}}
rules:
  one: {{check: name is not null, {more}}}
actions:
  go: {{label: Go, do: [{{set: {{name: x}}}}]}}
"""
    assert built(tmp_path, text).codes == codes
