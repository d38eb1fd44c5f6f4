"""Takes an instance of a flow from one rest to the next, in one transaction.

Called by core.jobs.flows. A step that fails leaves everything as it was at the last
rest, with the reason; it is tried again as its `retry` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledFlow, CompiledStep
from core.definitions import RetryDef, WaitDef
from core.expressions import Record
from core.services.effects import Stage, reload, run_effects
from core.services.errors import AppError, TransitionRefused
from core.services.flows.instances import (
    OPEN,
    Instance,
    cut,
    end,
    flow_of,
    keep,
    last_heard,
    locked,
    note,
    rest,
)

if TYPE_CHECKING:
    from core.services.transactions import Transaction

#: A pause grows no longer than this.
_LONGEST_PAUSE = timedelta(days=7)
#: Behind the last step.
_END = ""


def advance(tx: Transaction, id: int, turn: int, woken: str = "") -> str:
    """Take an instance to its next rest, or its end; returns how it went.

    turn: which of its rests is ended; of two that end one the second does nothing.
    woken: event, leave (only look whether it is left), hand; empty: by the clock.
    """
    instance = locked(tx, id)
    if instance is None or instance.state not in OPEN:
        return "It has ended before."
    if instance.turn != turn:
        return "It has gone on since."
    if instance.flow not in tx.runtime.compiled.registry.flows:
        return f"There is no flow '{instance.flow}' any more."
    heard = last_heard(tx)
    run = Run.of(tx, instance)
    if run is None:
        end(tx, instance, "cancelled", "The record is gone.")
        keep(tx, instance)
        return "The record is gone."
    tx.origins[:] = instance.chain
    try:
        with tx.scene.atomic(), tx.in_flow(instance.id), tx.acting_for(instance.origin):
            run.go(woken)
    except AppError as error:
        again = locked(tx, id)
        assert again is not None
        _fail(tx, again, run, error)
        instance = again
    instance.heard = heard
    keep(tx, instance)
    return f"{instance.state}: {instance.said or ''}".rstrip(": ")


def _fail(tx: Transaction, instance: Instance, run: Run, error: AppError) -> None:
    """Let an instance rest where it rested, until the step is tried again."""
    step, said = run.position, error.message
    definition = run.flow.steps.get(step)
    retry = None if definition is None else definition.definition.retry
    tries = instance.counts.get(f"try {step}", 0) + 1
    instance.counts = {**instance.counts, f"try {step}": tries}
    instance.states = {**instance.states, step: "failed"}
    due = None
    if retry is not None and tries <= retry.most and "chain" not in error.facts:
        due = tx.scene.moment.now + pause_of(retry, tries)
    rest(tx, instance, "failed", due, said, step)
    note(tx, instance, "failed", step, said)


def pause_of(retry: RetryDef, tries: int) -> timedelta:
    """How long to wait after so many tries; each pause is twice the one before."""
    doubled: timedelta = retry.after * 2 ** min(tries - 1, 30)
    return max(retry.after, min(doubled, _LONGEST_PAUSE))


class Run:
    """An instance on its way from one rest to the next."""

    def __init__(
        self, tx: Transaction, flow: CompiledFlow, instance: Instance, record: Record
    ) -> None:
        self.tx = tx
        self.flow = flow
        self.instance = instance
        entity = tx.runtime.compiled.entity(flow.entity)
        self.stage = Stage(entity, record, {}, flow.action)
        self._order = tuple(flow.steps)
        step = instance.step
        if step is not None and step not in flow.steps:
            # It goes on at the step that took the place of its own.
            step = instance.step = flow.former.get(step, step)
        first = self._order[0] if self._order else _END
        self.position = first if step is None else step

    @classmethod
    def of(cls, tx: Transaction, instance: Instance) -> Run | None:
        """The run of an instance; None if its record is gone."""
        flow = flow_of(tx.runtime, instance.flow)
        paths = flow.action.reads.this
        found = tx.scene.loader.load(flow.entity, [instance.record], paths)
        record = found.get(instance.record)
        return None if record is None else cls(tx, flow, instance, record)

    def go(self, woken: str) -> None:
        """Do steps until one rests or the flow ends."""
        instance = self.instance
        while True:
            self.know(instance.results)
            if self._holds(self.flow.leaves, False):
                end(self.tx, instance, "left")
                note(self.tx, instance, "left")
                return
            if woken == "leave":
                rest_on(instance)
                return
            if self.position == _END:
                end(self.tx, instance, "done")
                instance.step = None
                note(self.tx, instance, "done")
                return
            step = self.flow.steps.get(self.position)
            if step is None:
                text = "The step '{step}' is no longer part of the flow."
                raise TransitionRefused(text.format(step=self.position))
            if self._rests(step, woken):
                return
            woken = "through"

    def know(self, results: Mapping[str, Any]) -> None:
        """Let expressions see the record and what was made, as they are now."""
        instance, reads = self.instance, self.flow.action.reads
        names: dict[str, Any] = dict.fromkeys(self.flow.names)
        for name, found in results.items():
            entity, id_ = found
            paths = reads.of.get(name, frozenset())
            names[name] = self._load(entity, id_, paths)
        for name, field in self.flow.input.items():
            value = instance.input.get(name)
            if value is not None:
                value = field.type.coerce(value, field.definition)
            if value is not None and field.kind == "link":
                paths = reads.of.get(f"input.{name}", frozenset())
                value = self._load(field.targets[0], value, paths)
            names[f"input.{name}"] = value
        for name in self.flow.steps:
            names[f"steps.{name}.state"] = instance.states.get(name)
        self.stage.names.clear()
        self.stage.names.update(names)
        reload(self.tx, self.stage)

    # -- one step ------------------------------------------------------------------

    def _rests(self, step: CompiledStep, woken: str) -> bool:
        """Do a step; True if the instance rests there."""
        definition = step.definition
        if not definition.enabled or not self._holds(step.when):
            self._skip(step)
            return False
        if definition.wait is not None:
            return self._waits(step, woken)
        run_effects(self.tx, self.stage, step.effects)
        self._remember()
        if not self._holds(step.check):
            return self._is_held(step)
        self._pass(step, woken)
        return False

    def _is_held(self, step: CompiledStep) -> bool:
        instance, hold, now = self.instance, step.definition.hold, self._now
        if hold is None:
            text = "The step '{step}' did not come out as it should."
            raise TransitionRefused(text.format(step=step.label))
        said = step.say.run(self.stage.env(self.tx)) if step.say else ""
        first = instance.state != "held" or instance.step != step.id
        if instance.give_up_at is None:
            instance.give_up_at = _after(now, hold.give_up)
        if first:
            run_effects(self.tx, self.stage, step.resting)
            self._remember()
        elif instance.give_up_at is not None and now >= instance.give_up_at:
            from core.services.flows.ending import undo

            undo(self)
            end(self.tx, instance, "cancelled", said)
            instance.code = hold.code
            note(self.tx, instance, "cancelled", step.id, said)
            return True
        if first or instance.said != cut(said):
            note(self.tx, instance, "held", step.id, said)
        instance.step = step.id
        instance.states = {**instance.states, step.id: "held"}
        until = _soonest(_after(now, hold.wake_every), instance.give_up_at)
        rest(
            self.tx, instance, "held", until, said, hold.code, fresh=bool(hold.wake_on)
        )
        return True

    def _waits(self, step: CompiledStep, woken: str) -> bool:
        instance, wait = self.instance, step.definition.wait
        here = instance.step == step.id and woken != "through"
        if here and instance.state in ("waiting", "failed"):
            until = instance.rest_until
            over = until is not None and until <= self._now
            if instance.state == "failed" or woken in ("event", "hand") or over:
                self._pass(step, woken)
                return False
            rest_on(instance)
            return True
        until = self._until(step)
        events = wait.event if isinstance(wait, WaitDef) else ()
        if (until is None and not events) or (until is not None and until <= self._now):
            self._pass(step, "")
            return False
        instance.step = step.id
        instance.states = {**instance.states, step.id: "waiting"}
        note(self.tx, instance, "waiting", step.id)
        rest(self.tx, instance, "waiting", until, fresh=bool(events))
        return True

    def _until(self, step: CompiledStep) -> datetime | None:
        wait = step.definition.wait
        if not isinstance(wait, WaitDef):
            return _after(self._now, wait)
        until = None if step.until is None else step.until.run(self.stage.env(self.tx))
        if until is not None and not isinstance(until, datetime):
            zone = self.tx.scene.moment.zone
            until = datetime.combine(until, time(0), tzinfo=zone).astimezone(UTC)
        return _soonest(until, _after(self._now, wait.most))

    # -- on to the next ------------------------------------------------------------

    def _skip(self, step: CompiledStep) -> None:
        instance = self.instance
        instance.states = {**instance.states, step.id: "skipped"}
        note(self.tx, instance, "skipped", step.id)
        self.position = self._behind(step)

    def _pass(self, step: CompiledStep, woken: str) -> None:
        instance = self.instance
        rested = instance.step == step.id and instance.state in ("held", "waiting")
        said = (woken or "clock") if rested and woken != "through" else None
        instance.states = {**instance.states, step.id: "done"}
        tries = f"try {step.id}"
        instance.counts = {k: n for k, n in instance.counts.items() if k != tries}
        instance.give_up_at = None
        note(self.tx, instance, "done", step.id, said, instance.results)
        self.position = self._next(step)
        # From here on it is on its way and rests nowhere.
        instance.state = "running"

    def _next(self, step: CompiledStep) -> str:
        if step.definition.end:
            return _END
        if step.definition.split:
            return drawn(self.instance.id, step.id, step.definition.split)
        self.know(self.instance.results)
        for way in step.ways:
            if not self._holds(way.when):
                continue
            if way.most is not None:
                name = f"{step.id} > {way.step}"
                gone = self.instance.counts.get(name, 0)
                if gone >= way.most:
                    continue
                self.instance.counts = {**self.instance.counts, name: gone + 1}
            return way.step
        return self._behind(step)

    def _behind(self, step: CompiledStep) -> str:
        place = self._order.index(step.id) + 1
        return self._order[place] if place < len(self._order) else _END

    # -- what expressions see --------------------------------------------------------

    @property
    def _now(self) -> datetime:
        return self.tx.scene.moment.now

    def _holds(self, condition: Any, otherwise: bool = True) -> bool:
        if condition is None:
            return otherwise
        return condition.run(self.stage.env(self.tx)) is True

    def _remember(self) -> None:
        """Keep the results of effects."""
        found = {}
        for name in self.flow.names:
            value = self.stage.names.get(name)
            if isinstance(value, Record) and value.id is not None:
                found[name] = [value.entity, value.id]
        self.instance.results = found
        self.know(found)

    def _load(self, entity: str, id_: int, paths: frozenset[Any]) -> Record | None:
        if entity not in self.tx.runtime.compiled.tables:
            return None
        return self.tx.scene.loader.load(entity, [id_], paths).get(id_)


def drawn(instance: int, step: str, shares: Mapping[str, int]) -> str:
    """A step by its share in percent; always the same for one instance."""
    digest = hashlib.sha256(f"{instance} {step}".encode()).digest()
    number = int.from_bytes(digest[:8], "big") % 100
    for name, share in shares.items():
        number -= share
        if number < 0:
            return name
    return list(shares)[-1]


def rest_on(instance: Instance) -> None:
    """Let an instance rest as before: nothing has happened that it waits for."""
    instance.due_at, instance.woken = instance.rest_until, None
    instance.turn += 1


def _after(now: datetime, length: Any) -> datetime | None:
    return now + length if isinstance(length, timedelta) else None


def _soonest(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)
