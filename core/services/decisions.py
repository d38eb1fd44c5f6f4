"""Runs decisions: which row of a table fits the inputs, and what it gives out.

Asked by expressions through the scene. Rows that users keep are read once per
transaction and indexed by their `equal` columns, so that five hundred lines of a
document cost five hundred look-ups in memory and one statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler.computing import Computing
from core.definitions import BandsDef, DecisionDef
from core.expressions import Env, EvaluationError, Record, Typed, exact, to_python
from core.fieldtypes import FieldTypeCatalog
from core.registry import Registry, ways_of
from core.services.decision_table import (
    Column,
    Run,
    Table,
    numbered,
    rank_of,
    sorted_rows,
)
from core.services.kept_expressions import run_text
from core.source import Values

if TYPE_CHECKING:
    from core.services.scene import Scene

_HUNDRED = Decimal(100)


class Plan:
    """One decision with its expressions ready to run."""

    def __init__(
        self, registry: Registry, definition: DecisionDef, kinds: FieldTypeCatalog
    ) -> None:
        at = f"decision {definition.id}"
        self.definition = definition
        self.entity = definition.entity
        self.where: Typed | None = registry.typed(f"{at}/where")
        self.columns: tuple[Column, ...] = ()
        for name, column in definition.columns.items():
            way = column if isinstance(column, str) else next(ways_of(column))[0]
            typed = registry.typed(f"{at}/columns/{name}/{way}")
            value = _input(name) if typed is None else to_python(typed)
            of = _kept_of(registry, definition, name) if way == "holds" else ""
            self.columns += (Column(name, way, value, of),)
        computing = Computing(registry)

        def values(written: Values, place: str) -> tuple[tuple[str, Run], ...]:
            found: list[tuple[str, Run]] = []
            for name, slot in written.items():
                field = definition.outputs[name]
                made = computing.at(f"{place}/{name}")
                if made is None:
                    made = computing.literal(slot.literal, kinds[field.type], field)
                found.append((name, made.run))
            return tuple(found)

        self.rows = tuple(
            (
                name,
                _run(registry.typed(f"{at}/rows/{name}/when")),
                values(row.then, f"{at}/rows/{name}/then"),
            )
            for name, row in definition.rows.items()
        )
        self.otherwise = values(definition.otherwise, f"{at}/otherwise")


def _kept_of(registry: Registry, definition: DecisionDef, name: str) -> str:
    """The entity that the conditions in a column are about."""
    member = registry.schema.entities[definition.entity or ""].member(name)
    return "" if member is None else member.type.entity


def _run(typed: Typed | None) -> Run | None:
    return None if typed is None else to_python(typed)


def _input(name: str) -> Run:
    return lambda env: _plain(env.names[name])


def _plain(value: Any) -> Any:
    return value.id if isinstance(value, Record) else value


class Decider:
    """The decisions of one scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._runtime = scene.runtime

    def decide(self, id: str, inputs: Mapping[str, Any]) -> Any:
        """The record of outputs (a tuple of them in mode `all`); None: no row fits.

        EvaluationError where the decision refuses to have none.
        """
        plan = self.plan(id)
        env = self._scene.env(names=self.records(id, inputs))
        definition = plan.definition
        if definition.mode == "bands":
            return self._banded(plan, inputs)
        found = self._users(plan, env) if plan.entity else self._written(plan, env)
        if definition.mode == "all":
            return tuple(found)
        first = next(iter(found), None)
        return first if first is not None else self._nothing(plan, env)

    def plan(self, id: str) -> Plan:
        """The decision ready to run."""
        compiled = self._runtime.compiled
        registry = compiled.registry

        def make() -> Plan:
            return Plan(registry, registry.decisions[id], compiled.catalog)

        found: Plan = self._runtime.plans.get(("decision", id), make)
        return found

    def records(self, id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs; records that are read further but came as ids are loaded."""
        schema = self._runtime.compiled.registry.schema.decision(id)
        found = dict(inputs)
        for name, paths in {} if schema is None else schema.reads.items():
            value = found.get(name)
            if isinstance(value, int) and schema is not None:
                entity = schema.inputs[name].entity
                key = ("decision input", id, name, value)
                memory = self._scene.plain_env.memory
                if key not in memory:
                    loaded = self._scene.loader.load(entity, [value], paths)
                    memory[key] = loaded.get(value)
                found[name] = memory[key]
        return found

    def _nothing(self, plan: Plan, env: Env) -> Record | None:
        definition = plan.definition
        if plan.otherwise:
            return _given(definition, None, {n: v(env) for n, v in plan.otherwise})
        if definition.on_none == "refuse":
            raise EvaluationError(f"no row of {definition.label or definition.id} fits")
        return None

    # -- rows in YAML ---------------------------------------------------------------

    def _written(self, plan: Plan, env: Env) -> Iterator[Record]:
        for _, when, then in plan.rows:
            if when is None or when(env) is True:
                yield _given(plan.definition, None, {n: v(env) for n, v in then})

    # -- brackets -------------------------------------------------------------------

    def _banded(self, plan: Plan, inputs: Mapping[str, Any]) -> Record | None:
        definition = plan.definition
        value = next(iter(inputs.values()))
        bands = _valid(definition.bands, inputs.get("date"))
        if value is None or bands is None:
            return self._nothing(plan, self._scene.env(names=dict(inputs)))
        output = next(iter(definition.outputs))
        return _given(definition, None, {output: _cut(value, bands)})

    # -- rows of users --------------------------------------------------------------

    def _users(self, plan: Plan, env: Env) -> Iterator[Record]:
        table = self._table(plan)
        values = {column.name: column.value(env) for column in plan.columns}
        trees = self.trees(plan, plan.columns, values)
        fitting: list[tuple[tuple[int, ...], Record]] = []
        for row in table.candidates(values):
            rank = rank_of(plan.columns, row, values, trees, self.holds)
            if rank is not None:
                fitting.append((rank, row))
        if plan.definition.mode == "best":
            # Rows stand in order already; the sort keeps it among equals.
            fitting.sort(key=lambda pair: pair[0], reverse=True)
        for _, row in fitting:
            outputs = {name: row.get(name) for name in plan.definition.outputs}
            yield _given(plan.definition, row.id, outputs)

    def trees(
        self, plan: Plan, columns: Sequence[Column], values: Mapping[str, Any]
    ) -> dict[str, Mapping[Any, int]]:
        """The places above each input that is looked for in a tree."""
        return {
            column.name: self._above(plan, column.name, values[column.name])
            for column in columns
            if column.way == "within"
        }

    def holds(self, text: str, entity: str, of: Any) -> Any:
        """What an expression kept in a row says about an input."""
        return run_text(self._scene, text, entity, "boolean", of)

    def _table(self, plan: Plan) -> Table:
        memory = self._scene.plain_env.memory
        key = ("decision rows", plan.definition.id)
        if key not in memory:
            memory[key] = Table(plan.columns, self.rows(plan))
        found: Table = memory[key]
        return found

    def rows(self, plan: Plan) -> Sequence[Record]:
        """The rows of users that count, in order."""
        entity = plan.entity or ""
        reads = () if plan.where is None else plan.where.reads
        orders = [order.text for order in plan.definition.order]
        table = self._runtime.compiled.entity(entity).table
        current = sa.not_(table.c.archived) if "archived" in table.c else sa.true()
        names = {*plan.definition.outputs, *(one.lstrip("-") for one in orders)}
        names |= {column.name for column in plan.columns}
        if all(len(path) == 1 for path in reads) and names <= self._stored(entity):
            names |= {path[0] for path in reads}
            rows: Sequence[Record] = self._scene.loader.narrow(entity, current, names)
        else:
            rows = self._scene.loader.where(entity, current, reads)
        if plan.where is not None:
            test = to_python(plan.where)
            rows = [r for r in rows if test(self._scene.env(this=r)) is True]
        return sorted_rows(rows, orders)

    def _stored(self, entity: str) -> set[str]:
        """The fields whose values stand in columns of their own."""
        fields = self._runtime.compiled.entity(entity).fields.items()
        return {name for name, field in fields if field.columns}

    def _above(self, plan: Plan, column: str, start: Any) -> Mapping[Any, int]:
        """A place of a tree and all above it, nearer ones with higher numbers."""
        compiled = self._runtime.compiled
        member = compiled.registry.schema.entities[plan.entity or ""].member(column)
        target = member.target if member is not None else None
        tree = None if target is None else compiled.registry.schema.entities[target]
        if start is None or target is None or tree is None:
            return {}
        if tree.tree is None:
            return {start: 1}
        memory = self._scene.plain_env.memory
        key = ("decision tree", target)
        if key not in memory:
            table = compiled.tables[target]
            pairs = sa.select(table.c.id, table.c[tree.tree])
            rows = self._scene.connection.execute(pairs)
            memory[key] = {row[0]: row[1] for row in rows}
        return numbered(start, memory[key])


def _valid(bands: Sequence[BandsDef], day: date | None) -> BandsDef | None:
    """The brackets of a day: the last ones that are valid by then."""
    found = [b for b in bands if day is None or date.fromisoformat(b.valid) <= day]
    return max(found, key=lambda b: b.valid, default=None)


def _cut(value: exact.Number, bands: BandsDef) -> exact.Number:
    """Each part of the value at the percentage of its bracket, plus fixed amounts."""
    total: exact.Number = Decimal(0)
    lower: exact.Number = Decimal(0)
    for band in bands.rows:
        if value <= lower and lower:
            break
        upper = value if band.upto is None else min(value, Decimal(band.upto))
        part = exact.subtract(upper, lower)
        share = exact.divide(exact.multiply(part, Decimal(band.rate)), _HUNDRED)
        total = exact.add(total, share or Decimal(0))
        total = exact.add(total, Decimal(band.fixed or 0))
        lower = upper if band.upto is None else Decimal(band.upto)
    return total


def _given(definition: DecisionDef, id: int | None, outputs: dict[str, Any]) -> Record:
    values = {name: outputs.get(name) for name in definition.outputs}
    return Record(f"decision {definition.id}", id, values)
