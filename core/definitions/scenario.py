"""`test:` a story told to the platform with a clock of its own, and what must follow.

Read by core.registry.check_scenarios; run by core.jobs.simulator on a database that is
thrown away afterwards.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import Annotated

from core.definitions.data import DataDef
from core.diagnostics import Span
from core.frozen import frozen
from core.source import (
    MISSING,
    Described,
    Duration,
    Expr,
    IdMap,
    Int,
    JsonSchema,
    ListOf,
    Map,
    Node,
    Piece,
    Reading,
    Refs,
    Schemas,
    Slot,
    Text,
    TextMap,
    Value,
    Values,
    ValueSlot,
    key,
)
from core.source import Mapping as MappingNode
from core.source.part import PLACE


@frozen(kw_only=True)
class NoticeSeenDef(Piece):
    """A notice: whom it told, and with which words."""

    to: Text | None = None
    text: Text | None = None
    level: Text | None = None


@frozen(kw_only=True)
class PlanSeenDef(Piece):
    """An activity that was planned: for whom, what and for which day."""

    to: Text | None = None
    summary: Text | None = None
    type: Text | None = None
    due: Text | None = None


@frozen(kw_only=True)
class MailSeenDef(Piece):
    """A mail: its template, its subject and the addresses, with commas between them."""

    to: Text | None = None
    template: Text | None = None
    subject: Text | None = None


@frozen(kw_only=True)
class HappenedDef(Piece):
    """Exactly one effect; of its details those that are given must be as given."""

    notify: NoticeSeenDef | None = None
    activity: PlanSeenDef | None = None
    mail: MailSeenDef | None = None
    comment: Text | None = None
    event: Text | None = None


@frozen(kw_only=True)
class ExpectDef(Piece):
    """What must be so now; any other key is `record.field` with the value it has.

    `count` counts the records of entities that are not archived. `effects` happened
    since the step before that looked at effects; an empty list says that nobody was
    told anything. `sees` and `hides` name, by user, records or `record.field`. `check`
    are conditions in which the keys of the test stand for its records.
    """

    count: IdMap[Int] = field(default_factory=Map)
    effects: ListOf[HappenedDef] = ()
    sees: TextMap[ListOf[Text]] = field(default_factory=Map)
    hides: TextMap[ListOf[Text]] = field(default_factory=Map)
    check: ListOf[Expr] = ()
    values: Map[ValueSlot] = field(default_factory=Map, metadata=PLACE)


class ExpectSlot(Slot):
    """A map with the keys of `ExpectDef` and any number of `record.field`."""

    expected = "a map"

    def accepts(self, node: Node) -> bool:
        return isinstance(node, MappingNode)

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if not isinstance(node, MappingNode):
            return reading.wrong(node, self.expected)
        own = tuple(one for one in node.entries if "." not in one[0].text)
        found = reading.read(ExpectDef, MappingNode(own, node.span), address)
        values: dict[str, ValueSlot] = {}
        spans: dict[str, Span] = {}
        for name, body in node.entries:
            if "." in name.text:
                value = reading.read(Value, body, f"{address}/{name.text}")
                assert isinstance(value, ValueSlot)
                values[name.text] = value
                spans[name.text] = name.span
        if not isinstance(found, ExpectDef):
            return MISSING
        return replace(found, values=Map(values, spans))

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"anyOf": [schemas.of(ExpectDef), {"type": "object"}]}


@frozen(kw_only=True)
class StepDef(Piece):
    """One step of a test: exactly one of these keys, besides `ask` and `refused`.

    `create` and `set` are rows as in data, `run` presses the button `record.button`
    with the answers `ask`. `find` gives keys to records that came by themselves: key ->
    expression that leads to one. `refused` says that the step must fail: by the name of
    a rule or a field, by `right`, or by some words of the answer. `user` acts from here
    on; `platform` is nobody with all rights. `advance` and `until` move the clock, and
    what is due on the way happens in its order.
    """

    create: IdMap[TextMap[Values]] = field(default_factory=Map)
    set: TextMap[Values] = field(default_factory=Map)
    find: Map[Expr] = field(default_factory=Map)
    run: Text | None = None
    ask: Values = field(default_factory=Map)
    refused: Text | None = None
    user: Text | None = None
    advance: Duration | None = None
    until: Text | None = None
    expect: Annotated[ExpectDef, ExpectSlot()] | None = None


@frozen(kw_only=True)
class ScenarioDef(Described):
    """A test: rows that are given, steps, and what must be so after them.

    `now` is the moment at which it begins, `zone` that of its users. `modules` are on
    with what they depend on; without it the module of the test. `company`, for which
    everybody works, is needed where there are several. `users`: key -> roles; the key
    is the login. `given` are rows as in data, which may tell of any past.
    """

    now: Text
    zone: Text = "UTC"
    company: Text | None = None
    modules: Refs = ()
    users: TextMap[Refs] = field(default_factory=Map)
    settings: TextMap[Values] = field(default_factory=Map)
    given: IdMap[TextMap[Values]] = field(default_factory=Map)
    steps: ListOf[StepDef] = field(
        default=(), metadata=key(doc="what happens, in this order")
    )


@frozen(kw_only=True)
class GivenDef(DataDef):
    """Rows that a test brings along; made of `given` and of the steps `create`."""


#: Keys of a step of which it has exactly one.
STEP_NAMES: tuple[str, ...] = (
    "create",
    "set",
    "find",
    "run",
    "user",
    "advance",
    "until",
    "expect",
)
#: Who acts until a step says otherwise.
PLATFORM = "platform"


def rows_given(scenario: ScenarioDef) -> GivenDef:
    """The rows that are there when a test begins."""
    at = f"test {scenario.id}/given"
    return GivenDef(id=scenario.id, address=at, span=scenario.span, rows=scenario.given)


def rows_created(scenario: ScenarioDef, index: int) -> GivenDef:
    """The rows that a step creates."""
    at, step = f"test {scenario.id}/steps/{index}", scenario.steps[index]
    return GivenDef(id=scenario.id, address=at, span=step.span, rows=step.create)


def keys_of(scenario: ScenarioDef) -> dict[str, str]:
    """Key -> entity of all rows of a test."""
    found: dict[str, str] = {}
    for rows in (scenario.given, *(step.create for step in scenario.steps)):
        for entity, keys in rows.items():
            found |= dict.fromkeys(keys, entity)
    return found


__all__ = [
    "PLATFORM",
    "STEP_NAMES",
    "ExpectDef",
    "GivenDef",
    "HappenedDef",
    "ScenarioDef",
    "StepDef",
    "keys_of",
    "rows_created",
    "rows_given",
]
