"""A plan: what a change of the definitions does to the tables, measured and saved.

Made from the compiled application and the database, shown as text or JSON, saved under
its id, and applied later exactly as it was shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.compiler.compiled import Compiled
from core.frozen import frozen
from core.migrations.diff import ORDER, diff
from core.migrations.measure import Step, measure
from core.migrations.operations import Operation, Recompute
from core.migrations.plain import as_data, from_data
from core.migrations.resting import DropStep, resting_steps
from core.migrations.snapshot import (
    Snapshot,
    snapshot_from,
    snapshot_of,
    stored_snapshot,
)
from core.storage import Database

_ALL: tuple[type[Operation], ...] = (*ORDER, DropStep)
_KINDS: Mapping[str, type[Operation]] = MappingProxyType(
    {kind.__name__: kind for kind in _ALL}
)
_SIGNS: Mapping[str, str] = MappingProxyType(
    {"safe": "+", "slow": "~", "loses_data": "!"}
)


@frozen
class Plan:
    """Steps from the snapshot with fingerprint `base` to the snapshot `target`.

    `modules`: name -> version of those that are on afterwards.
    """

    id: str
    made_at: str
    base: str
    target: Snapshot
    steps: tuple[Step, ...]
    modules: tuple[tuple[str, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the tables are as the definitions want them."""
        return not self.steps

    @property
    def blocked(self) -> tuple[str, ...]:
        """Why the plan cannot be applied; empty if it can."""
        return tuple(step.blocked for step in self.steps if step.blocked)

    @property
    def recompute(self) -> tuple[tuple[str, str], ...]:
        """Entity and field of stored formulas whose rows must be computed again."""
        operations = (step.operation for step in self.steps)
        return tuple(
            (one.entity, one.field) for one in operations if isinstance(one, Recompute)
        )

    def text(self) -> str:
        """The plan for people: one line per step, then what stands in the way."""
        if self.is_empty:
            return "The tables are as the definitions want them: nothing to do."
        lines = [f"Plan {self.id}: {len(self.steps)} steps", ""]
        lines += [_line(step) for step in self.steps]
        if self.blocked:
            lines += ["", "This plan cannot be applied:"]
            lines += [f"  - {reason}" for reason in self.blocked]
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """The whole plan as JSON data."""
        return {
            "id": self.id,
            "made_at": self.made_at,
            "base": self.base,
            "modules": dict(self.modules),
            "blocked": list(self.blocked),
            "steps": [_step_data(step) for step in self.steps],
            "target": self.target.document(),
        }

    def save(self, home: Path) -> Path:
        """Write the plan to `plans/<id>.json` below the home folder."""
        path = plan_path(home, self.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.document(), indent=1), "utf-8")
        return path


def make_plan(
    compiled: Compiled, database: Database, now: datetime | None = None
) -> Plan:
    """Compare definitions and database; nothing is changed."""
    moment = now or datetime.now(UTC)
    with database.reading() as connection:
        old = stored_snapshot(connection)
        operations, target = diff(old, snapshot_of(compiled), compiled.catalog)
        steps = measure(connection, operations, old, compiled.catalog)
        steps += resting_steps(connection, compiled.registry)
    stamp = moment.strftime("%Y%m%d-%H%M%S")
    modules = compiled.registry.modules
    return Plan(
        id=f"{stamp}-{target.fingerprint[:8]}",
        made_at=moment.isoformat(timespec="seconds"),
        base=old.fingerprint,
        target=target,
        steps=steps,
        modules=tuple((n, m.definition.version) for n, m in modules.items()),
    )


def plan_path(home: Path, id: str) -> Path:
    """Where a plan is kept; ValueError for an id that is no plan's."""
    if not id.replace("-", "").isalnum():
        raise ValueError(f"'{id}' is not the id of a plan")
    return home / "plans" / f"{id}.json"


def load_plan(path: Path) -> Plan:
    """A saved plan; ValueError where the file is no plan of this version."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Plan(
            id=data["id"],
            made_at=data["made_at"],
            base=data["base"],
            target=snapshot_from(data["target"]),
            steps=tuple(_step(item) for item in data["steps"]),
            modules=tuple(data["modules"].items()),
        )
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name} is not a plan: {error}") from error


def _line(step: Step) -> str:
    count = f"  ({step.rows:,} rows)" if step.rows else ""
    word = "" if step.risk == "safe" else f"  [{step.risk.replace('_', ' ')}]"
    return f"  {_SIGNS[step.risk]} {step.operation.text()}{count}{word}"


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "operation": type(step.operation).__name__,
        "text": step.operation.text(),
        "risk": step.risk,
        "rows": step.rows,
        "blocked": step.blocked,
        "data": as_data(step.operation),
    }


def _step(data: Mapping[str, Any]) -> Step:
    operation = from_data(_KINDS[data["operation"]], data["data"])
    return Step(operation, data["risk"], data["rows"], data["blocked"])
