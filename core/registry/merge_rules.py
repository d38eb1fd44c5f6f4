"""What an extension may do to each key of an existing part.

Read by core.registry.merge. Keys that no table names may not be changed from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from core.definitions import (
    ActionDef,
    ApprovalDef,
    AssignmentDef,
    AssignRuleDef,
    AutomationDef,
    ButtonDef,
    ClockDef,
    ConstraintDef,
    FilterDef,
    FlowDef,
    FlowStepDef,
    RuleDef,
    ScheduleDef,
    StateDef,
    TimerDef,
    TransitionDef,
    ViewDef,
)
from core.source import Described


class Policy(Enum):
    """How an extension's value and the present one become one."""

    FIXED = "fixed"
    ONCE = "at most one module sets it"
    FILL = "only where nothing is said"
    PARTS = "parts are added or changed"
    APPEND = "items are added"
    AND = "both must hold"
    OR = "one of them suffices"
    ON = "may be switched on"
    OFF = "may be switched off"
    LARGEST = "the larger one"
    SMALLEST = "the smaller one"
    STRICTER = "warn may become error"


def _table(keys: Mapping[Policy, str]) -> Mapping[str, Policy]:
    return MappingProxyType(
        {key: policy for policy, names in keys.items() for key in names.split()}
    )


#: Key -> policy, where the same word means the same everywhere.
BY_KEY: Mapping[str, Policy] = _table(
    {
        Policy.ONCE: (
            "label help description was deprecated plural icon title subtitle image "
            "key order default derive placeholder zone color message say confirm "
            "format start date reset copy convert values_was widget collapsed width "
            "span rank retention duplicates feeds"
        ),
        Policy.FILL: "pattern accept size",
        Policy.PARTS: (
            "fields rules constraints filters actions sections tabs buttons items "
            "values choices ask tiles lines missing external value_maps reject "
            "states transitions approvals timers steps"
        ),
        Policy.APPEND: (
            "uses indexes search do header columns quick row_style to enter leave guard"
        ),
        Policy.AND: "where check visible when",
        Policy.OR: "required readonly frozen",
        Policy.ON: "hidden once timeline archive unique index track sensitive gapless",
        Policy.OFF: "api create delegable enabled",
        Policy.LARGEST: "min",
        Policy.SMALLEST: "max length",
        Policy.STRICTER: "level",
    }
)

#: Where a word means something else in one kind of part.
BY_CLASS: Mapping[tuple[type[Described], str], Policy] = MappingProxyType(
    {
        # A further condition would let more records pass, or more rows repeat.
        (RuleDef, "when"): Policy.FIXED,
        (RuleDef, "field"): Policy.ONCE,
        (ConstraintDef, "where"): Policy.FIXED,
        (ConstraintDef, "unique"): Policy.FIXED,
        (FilterDef, "default"): Policy.ONCE,
        (ActionDef, "when"): Policy.AND,
        (TimerDef, "after"): Policy.ONCE,
        (TimerDef, "at"): Policy.ONCE,
        (ScheduleDef, "at"): Policy.ONCE,
        (ScheduleDef, "every"): Policy.ONCE,
        (ScheduleDef, "days"): Policy.ONCE,
        (AutomationDef, "event"): Policy.APPEND,
        (AutomationDef, "changes"): Policy.APPEND,
        (AssignmentDef, "event"): Policy.APPEND,
        (AssignmentDef, "capacity"): Policy.ONCE,
        (AssignmentDef, "fallback"): Policy.ONCE,
        (AssignmentDef, "retry"): Policy.ONCE,
        (AssignRuleDef, "to"): Policy.ONCE,
        (AssignRuleDef, "pool"): Policy.ONCE,
        (AssignRuleDef, "by"): Policy.ONCE,
        (ClockDef, "target"): Policy.ONCE,
        (ClockDef, "calendar"): Policy.ONCE,
        (ClockDef, "warn"): Policy.APPEND,
        (ClockDef, "breach"): Policy.APPEND,
        (FlowDef, "event"): Policy.APPEND,
        (FlowDef, "input"): Policy.PARTS,
        (FlowDef, "exit_when"): Policy.ONCE,
        (FlowDef, "roles"): Policy.APPEND,
        (FlowStepDef, "undo"): Policy.APPEND,
        (FlowStepDef, "hold"): Policy.ONCE,
        (FlowStepDef, "wait"): Policy.ONCE,
        (FlowStepDef, "goto"): Policy.ONCE,
        (FlowStepDef, "retry"): Policy.ONCE,
        (StateDef, "delete"): Policy.OFF,
        (StateDef, "readonly"): Policy.APPEND,
        (StateDef, "required"): Policy.APPEND,
        (StateDef, "hidden"): Policy.APPEND,
        (TransitionDef, "to"): Policy.FIXED,
        (TransitionDef, "reason"): Policy.ON,
        (ApprovalDef, "reject"): Policy.FIXED,
        (ButtonDef, "action"): Policy.FIXED,
        (ViewDef, "default"): Policy.ONCE,
    }
)


def policy_of(part: type[Described], key: str) -> Policy:
    """Return what an extension may do to a key of this kind of part."""
    return BY_CLASS.get((part, key)) or BY_KEY.get(key, Policy.FIXED)
