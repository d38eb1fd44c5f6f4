"""Looks whether the world of a test is as a step `expect` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.compiler import Computed
from core.compiler.computing import Computing
from core.definitions.scenario import ExpectDef, StepDef
from core.diagnostics import Span
from core.expressions import Record, Ref
from core.expressions.types import Kind
from core.jobs.simulator.happened import Happened
from core.jobs.simulator.results import NotAsExpected
from core.jobs.simulator.world import World
from core.registry.check_expected import LINKED, READERS
from core.registry.check_scenarios import moment_of
from core.services import BadQuery, NotAllowed, NotFound, Reader
from core.services.reader import reading
from core.services.seed_values import SeedValues
from core.source import Scalar, ValueSlot

Differs = Iterator[tuple[Span, str, str, str]]


class Looker:
    """Compares what is expected with what is there."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._computing = Computing(world.runtime.compiled.registry)
        self._happened = Happened(world)

    def look(self, expect: ExpectDef, index: int) -> None:
        """NotAsExpected with all that differs."""
        at = f"test {self._world.scenario.id}/steps/{index}/expect"
        with self._world.looking() as reader:
            found = [
                *self._values(reader, expect, at),
                *self._counts(reader, expect),
                *self._checks(reader, expect, at),
            ]
            if expect.gave("effects"):
                found += self._happened.compare(reader, expect)
        found += self._seen(expect.sees, True)
        found += self._seen(expect.hides, False)
        if found:
            raise NotAsExpected(found)

    def find(self, step: StepDef, index: int) -> None:
        """Give keys to records that an expression leads to."""
        at = f"test {self._world.scenario.id}/steps/{index}/find"
        with self._world.looking() as reader:
            for key, text in step.find.items():
                computed = self._computing.at(f"{at}/{key}")
                assert computed is not None
                assert computed.typed is not None
                found = _plain(self._run(reader, computed))
                if found is None:
                    raise NotAsExpected([(text.span, key, "a record", "nothing")])
                self._world.keys[key] = (computed.typed.type.entities[0], found)

    def _values(self, reader: Reader, expect: ExpectDef, at: str) -> Differs:
        for path, slot in expect.values.items():
            computed = self._computing.at(f"{at}/{path}")
            assert computed is not None
            assert computed.typed is not None
            found, kind = _plain(self._run(reader, computed)), computed.typed.type.kind
            wanted = self._wanted(reader, slot, kind, f"{at}/{path}/value")
            if found != wanted:
                targets = computed.typed.type.entities
                told = self._shown(wanted, targets), self._shown(found, targets)
                yield slot.span, path, *told

    def _wanted(self, reader: Reader, slot: ValueSlot, kind: Kind, at: str) -> Any:
        """The value that is expected, in the form in which values are compared."""
        if slot.expr is not None:
            computed = self._computing.at(at)
            return None if computed is None else _plain(self._run(reader, computed))
        node = slot.literal
        if not isinstance(node, Scalar) or node.value is None:
            return None
        if kind in LINKED:
            found = self._world.keys.get(node.text)
            if found is None:
                entity = node.text.rpartition(".")[0]
                known = SeedValues.ids(reader.scene.connection, entity)
                return known.get(node.text.rpartition(".")[2])
            return found[1]
        if kind is Kind.BOOLEAN:
            return node.value
        if kind is Kind.DATETIME:
            return moment_of(node.text, self._world.scenario.zone)
        return READERS.get(kind, str)(node.text)

    def _counts(self, reader: Reader, expect: ExpectDef) -> Differs:
        for entity, wanted in expect.count.items():
            found = reader.count(entity)
            if found != wanted:
                span = expect.count.key_span(entity)
                yield span, f"count of {entity}", str(wanted), str(found)

    def _checks(self, reader: Reader, expect: ExpectDef, at: str) -> Differs:
        for index, check in enumerate(expect.check):
            computed = self._computing.at(f"{at}/check/{index}")
            assert computed is not None
            found = self._run(reader, computed)
            if found is not True:
                yield check.span, check.text, "true", self._shown(found)

    def _run(self, reader: Reader, computed: Computed) -> Any:
        names: dict[str, Record | None] = {}
        for key, (entity, id_) in self._world.keys.items():
            names[key] = Record(entity, id_)
            paths = computed.reads.of.get(key)
            if paths is not None:
                loaded = reader.scene.loader.load(entity, [id_], paths)
                names[key] = loaded.get(id_)
        return computed.run(reader.scene.env(computed.reads, names=names))

    def _seen(self, expected: Mapping[str, tuple[str, ...]], sees: bool) -> Differs:
        for person, places in expected.items():
            actor = replace(self._world.people[person])
            for place in places:
                with reading(self._world.runtime, actor) as reader:
                    if self._shows(reader, place) is not sees:
                        span = expected.key_span(person)  # type: ignore[attr-defined]
                        words = ("hidden", "visible")
                        what = f"{place} for {person}"
                        yield span, what, words[sees], words[not sees]

    def _shows(self, reader: Reader, place: str) -> bool:
        key, dot, field = place.partition(".")
        entity, id_ = self._world.keys[key]
        try:
            found = reader.get(entity, id_, (field,) if dot else ("id",))
        except (NotFound, NotAllowed, BadQuery):
            return False
        return not dot or field in found.values or field in found.relations

    def _shown(self, value: Any, targets: tuple[str, ...] = ()) -> str:
        if value is None:
            return "nothing"
        if targets:
            keys = [
                key
                for key, (entity, id_) in self._world.keys.items()
                if id_ == value and entity in targets
            ]
            return keys[0] if keys else f"{targets[0]} {value}"
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        if isinstance(value, bool):
            return str(value).lower()
        return str(value)


def _plain(value: Any) -> Any:
    """Records as their ids; text of a choice and all else as it is."""
    if isinstance(value, Record | Ref):
        return value.id
    return value
