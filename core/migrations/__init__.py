"""From one snapshot of the tables to the next: diff, plan, apply, drift."""

from core.migrations.apply import Applied, PlanRefused, apply_plan
from core.migrations.backup import copy_sqlite
from core.migrations.diff import diff
from core.migrations.drift import Difference, find_drift
from core.migrations.measure import Step
from core.migrations.operations import Operation
from core.migrations.plan import Plan, load_plan, make_plan, plan_path
from core.migrations.snapshot import Snapshot, snapshot_of, stored_snapshot

__all__ = [
    "Applied",
    "Difference",
    "Operation",
    "Plan",
    "PlanRefused",
    "Snapshot",
    "Step",
    "apply_plan",
    "copy_sqlite",
    "diff",
    "find_drift",
    "load_plan",
    "make_plan",
    "plan_path",
    "snapshot_of",
    "stored_snapshot",
]
