"""Rights of role sets: verbs, rows and fields add up; silence grants nothing."""

from pathlib import Path
from typing import Any

import pytest

from core.compiler import AccessMap, Compiled
from core.expressions import Env, Record
from tests.unit.compiler.world import world

FILES = {
    "entities/ticket.yml": """\
entity: shop.ticket
title: subject
fields:
  subject: {type: text}
  text: {type: longtext}
  state: {type: choice, choices: {open: Open, done: Done}}
  owner: {type: link, to: base.user}
  project: {type: link, to: shop.project}
  cost: {type: decimal, sensitive: true}
  twice: {type: decimal, formula: cost * 2}
  lines: {type: lines, of: shop.step}
actions:
  close: {do: {set: {state: done}}}
""",
    "entities/step.yml": "entity: shop.step\npart_of: {ticket: shop.ticket}\nfields:\n"
    "  text: {type: text}\n  price: {type: decimal}\n",
    "entities/project.yml": "entity: shop.project\nfields:\n  name: {type: text}\n",
    "permissions.yml": """\
permissions: shop
roles:
  reader: {}
  own: {}
  agent: {includes: [reader]}
  boss: {includes: [agent]}
  guest: {kind: portal}
  member: {}
grants:
  reader:
    shop.ticket: [read]
  own:
    shop.ticket:
      can: [read, update]
      where: owner == me
      edit: [text]
  agent:
    shop.ticket:
      can: [read, create, update, close]
      fields:
        state: read
        owner: {read: true, write: state == 'open'}
    shop.step: {fields: {price: none}}
  boss:
    shop.ticket: {can: all, fields: {cost: write, twice: read}}
  guest:
    shop.ticket: {can: [read], via: [project], only: [subject, state]}
    shop.project: {can: [read], where: name == 'public', only: [name]}
  member:
    shop.ticket: {can: [read], where: state == 'open', via: [project]}
limits:
  shop.ticket: {where: state != 'done', verbs: [update]}
""",
}
TICKET = "shop.ticket"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    folder: Path = tmp_path_factory.mktemp("modules")
    return world(folder, FILES).compiled()


def of(compiled: Compiled, *roles: str) -> AccessMap:
    return compiled.access.of(frozenset(f"shop.{role}" for role in roles))


def verbs(rights: AccessMap) -> set[str]:
    known = ("read", "create", "update", "delete", "close", "export")
    return {verb for verb in known if rights.entity(TICKET).can(verb)}


def test_no_role_no_right(compiled: Compiled) -> None:
    for roles in ((), ("unknown",)):
        access = of(compiled, *roles).entity(TICKET)
        assert not access.can("read")
        assert not access.rows("read").unrestricted
        assert access.readable == access.writable == frozenset()


def test_included_roles_count(compiled: Compiled) -> None:
    assert verbs(of(compiled, "agent")) == {"read", "create", "update", "close"}
    everything = {"read", "create", "update", "delete", "close", "export"}
    assert verbs(of(compiled, "boss")) == everything


def test_rows_are_or_ed(compiled: Compiled) -> None:
    own = of(compiled, "own").entity(TICKET)
    assert [where.text for where in own.rows("read").wheres] == ["owner == me"]
    both = of(compiled, "own", "reader").entity(TICKET)
    assert both.rows("read").unrestricted
    assert not both.rows("update").unrestricted


def test_rows_of_linked_records(compiled: Compiled) -> None:
    guest = of(compiled, "guest").entity(TICKET).rows("read")
    assert (guest.via, guest.wheres, guest.both) == (("project",), (), ())
    member = of(compiled, "member").entity(TICKET).rows("read")
    assert (member.via, member.wheres) == ((), ())
    ((where, links),) = member.both
    assert (where.text, links) == ("state == 'open'", ("project",))


def test_only_and_edit_narrow_the_fields(compiled: Compiled) -> None:
    guest = of(compiled, "guest").entity(TICKET)
    assert {"id", "version", "subject", "state"} <= guest.readable
    assert not {"text", "owner", "cost", "lines"} & guest.readable
    assert guest.writable == frozenset()
    assert of(compiled, "own").entity(TICKET).writable == {"text"}


def test_sensitive_fields_need_to_be_named(compiled: Compiled) -> None:
    agent = of(compiled, "agent").entity(TICKET)
    assert not {"cost", "twice"} & agent.readable
    boss = of(compiled, "boss").entity(TICKET)
    assert {"cost", "twice"} <= boss.readable
    assert "cost" in boss.writable
    assert "twice" not in boss.writable


def test_the_wider_right_wins(compiled: Compiled) -> None:
    agent = of(compiled, "agent").entity(TICKET)
    assert "state" in agent.readable
    assert "state" not in agent.writable
    assert "state" in of(compiled, "boss").entity(TICKET).writable


def test_conditions_on_fields(compiled: Compiled) -> None:
    agent = of(compiled, "agent").entity(TICKET)
    assert "owner" in agent.writable
    condition = agent.write_conditions["owner"]

    def holds(**values: Any) -> object:
        return condition.run(Env(this=Record(TICKET, 1, values)))

    assert holds(state="open") is True
    assert holds(state="done") is False
    assert of(compiled, "boss").entity(TICKET).write_conditions == {}


def test_lines_follow_their_parent(compiled: Compiled) -> None:
    reader = of(compiled, "reader").entity("shop.step")
    assert reader.parent is not None
    assert reader.parent.entity == TICKET
    assert reader.can("read")
    assert not reader.can("update")
    assert "price" in reader.readable
    agent = of(compiled, "agent").entity("shop.step")
    assert agent.can("create")
    assert "text" in agent.writable
    assert "price" in agent.readable, "the included role says nothing of lines"
    assert "price" not in agent.writable
    assert not of(compiled).entity("shop.step").can("read")


def test_limits_hold_for_everybody(compiled: Compiled) -> None:
    admin = compiled.access.of((), admin=True).entity(TICKET)
    assert admin.rows("delete").unrestricted
    assert "cost" in admin.writable
    assert [limit.text for limit in admin.limits("update")] == ["state != 'done'"]
    assert admin.limits("read") == ()


def test_maps_are_kept_by_role_set(compiled: Compiled) -> None:
    assert of(compiled, "own", "reader") is of(compiled, "reader", "own")
    assert of(compiled, "own") is not of(compiled, "reader")
