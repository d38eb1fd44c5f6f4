"""Tasks that go through flows, and a worker whose clock the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.jobs import Dispatcher
from core.jobs.automations import AutomationConsumer
from core.jobs.flows import FlowConsumer
from core.services import Actor, Runtime, reading, transaction
from core.services.context import Clock
from core.services.jobs import list_jobs
from core.storage import flow, flow_step

WORK = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/task.yml
entity: work.task
title: name
timeline: true
fields:
  name: {type: text, required: true}
  paid: {type: boolean, default: false}
  gone: {type: boolean, default: false}
  stock: {type: integer, default: 0}
  tries: {type: integer, default: 0, max: 3}
  note: {type: text}
  due: {type: date}
actions:
  care: {do: [{start: {flow: work.care, input: {reason: pressed, extra: 2}}}]}
  end_care: {do: [{stop: {flow: work.care}}]}
  round: {do: [{start: {flow: work.round}}]}
== work/entities/box.yml
entity: work.box
title: name
fields:
  name: {type: text, required: true}
  state: {type: choice}
  size: {type: integer, default: 0}
  share: {type: text}
== work/workflows/box.yml
workflow: work.box
entity: work.box
state: state
states: {open: {}, sent: {}, dropped: {kind: closed}}
transitions:
  send: {from: open, to: sent}
  drop: {from: any, to: dropped}
== work/flows/flows.yml
flow: work.hand_over
subject: work.task
event: work.task.created
when: name not in ['none', 'round']
key: this
steps:
  payment:
    check: paid
    hold:
      code: unpaid
      say: "{name} is not paid"
      wake_on: [work.task.updated]
      wake_every: 1 day
      give_up: 30 days
      do: [{set: {note: asked}}]
  box:
    do: [{create: {entity: work.box, values: {name: =name}}, as: box}]
    undo: [{transition: {record: box, name: drop}}]
  stock:
    do: [{set: {tries: "=tries + 1"}}]
    check: stock > 0
    hold: {code: shortage, say: Short, wake_every: 2 days}
    undo: [{set: {stock: 0}}]
  sent: {wait: {event: work.box.sent, most: 10 days}}
  last:
    when: steps.sent.state == 'done'
    do: [{set: {note: "=concat(box.name, ' sent')"}}]
exit_when: gone
---
flow: work.care
subject: work.task
input: {reason: {type: text, required: true}, extra: {type: integer}}
zone: Europe/Berlin
steps:
  day: {wait: {until: due}}
  two: {wait: 2 days}
  again:
    do: [{update: {in: this, set: {stock: "=it.stock + input.extra"}}}]
    branch: [{when: stock < 5, goto: two, most: 2}, {else: named}]
  never: {do: [{set: {note: never}}]}
  named: {do: [{set: {note: =input.reason}}], end: true}
  behind: {do: [{set: {note: behind}}]}
---
flow: work.fill
subject: work.box
event: work.box.saved
when: size > 0
key: concat(name, '!')
steps:
  less:
    do: [{set: {size: "=size - 1"}}]
    check: size < 0
    retry: {most: 3, after: 1 minute}
---
flow: work.round
subject: work.task
event: work.task.updated
when: name == 'round'
steps:
  turn: {do: [{set: {stock: "=stock + 1"}}]}
---
flow: work.shares
subject: work.box
event: work.box.sent
steps:
  draw: {split: {a: 25, b: 75}}
  a: {do: [{set: {share: a}}], end: true}
  b: {do: [{set: {share: b}}]}
"""


class Work:
    """Tasks in flows; it begins on 1 March 2026 at noon."""

    def __init__(self, runtime: Runtime) -> None:
        self.at = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled, runtime.database, clock=Clock(lambda: self.at)
        )
        self.consumer = FlowConsumer(self.runtime)
        self.worker = Dispatcher(
            runtime.database,
            lambda: [AutomationConsumer(self.runtime), self.consumer],
            lambda: self.at,
        )
        self.worker.drain()

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)
        self.worker.drain()

    def make(self, name: str, entity: str = "work.task", **values: Any) -> int:
        with transaction(self.runtime, Actor.system()) as tx:
            made = tx.create(entity, {"name": name, **values}).id or 0
        self.worker.drain()
        return made

    def change(self, id_: int, entity: str = "work.task", **values: Any) -> None:
        with transaction(self.runtime, Actor.system()) as tx:
            tx.update(entity, id_, values)
        self.worker.drain()

    def press(self, id_: int, action: str, entity: str = "work.task") -> None:
        with transaction(self.runtime, Actor.system()) as tx:
            tx.run_action(entity, id_, action)
        self.worker.drain()

    def record(self, id_: int, entity: str = "work.task") -> dict[str, Any]:
        with reading(self.runtime, Actor.system()) as reader:
            return dict(reader.get(entity, id_).values)

    def boxes(self) -> list[tuple[str, str]]:
        with reading(self.runtime, Actor.system()) as reader:
            found = reader.search("work.box").items
        return [(one["name"], one["state"]) for one in found]

    def flows(self, name: str = "work.hand_over") -> list[Any]:
        query = sa.select(flow).where(flow.c.flow == name).order_by(flow.c.id)
        with self.runtime.database.reading() as connection:
            return list(connection.execute(query))

    def rests(self, name: str = "work.hand_over") -> list[tuple[str, str | None]]:
        return [(one.state, one.step) for one in self.flows(name)]

    def notes(self, instance: int) -> list[tuple[str, str | None, str | None]]:
        query = sa.select(flow_step).where(flow_step.c.instance == instance)
        with self.runtime.database.reading() as connection:
            rows = connection.execute(query.order_by(flow_step.c.id))
            return [(one.state, one.step, one.said) for one in rows]

    def jobs(self) -> list[tuple[str, str | None]]:
        with reading(self.runtime, Actor.system()) as reader:
            found = list_jobs(reader, kind="flow")
        return [(one.state, one.said) for one in reversed(found)]
