"""Steps of flows that are gone while instances rest at them stand in the way of a plan.

Called by `make_plan`; nothing is changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from core.frozen import frozen
from core.migrations.ddl import Ddl
from core.migrations.measure import Step
from core.migrations.operations import Operation
from core.registry import Registry
from core.storage import flow as table

_OPEN = ("running", "held", "waiting", "failed")


@frozen
class DropStep(Operation):
    """A step of a flow that the definitions do not know any more."""

    table: str
    flow: str
    step: str

    def text(self) -> str:
        return f"step '{self.step}' of the flow {self.flow} goes"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        return iter(())


def resting_steps(connection: sa.Connection, registry: Registry) -> tuple[Step, ...]:
    """A step that is blocked for each place that is gone with instances at it."""
    if not registry.flows or not sa.inspect(connection).has_table(table.name):
        return ()
    query = (
        sa.select(table.c.flow, table.c.step, sa.func.count())
        .where(table.c.state.in_(_OPEN), table.c.step.is_not(None))
        .where(table.c.flow.in_(list(registry.flows)))
        .group_by(table.c.flow, table.c.step)
        .order_by(table.c.flow, table.c.step)
    )
    return tuple(
        _blocked(flow, step, count)
        for flow, step, count in connection.execute(query)
        if not _is_known(registry, flow, step)
    )


def _is_known(registry: Registry, flow: str, step: str) -> bool:
    steps = registry.flows[flow].steps
    return step in steps or any(step in one.was for one in steps.values())


def _blocked(flow: str, step: str, count: int) -> Step:
    rest = "1 instance rests" if count == 1 else f"{count:,} instances rest"
    why = (
        f"{rest} at the step '{step}' of the flow {flow}, which is gone. Say "
        f"'was: {step}' on the step where they go on, keep it with 'enabled: false', "
        "or cancel them first."
    )
    return Step(DropStep(table.name, flow, step), "loses_data", count, why)
