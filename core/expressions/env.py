"""The surroundings of one evaluation in Python.

The services make one per save, view or message, so that all parts of it see the same
moment and user; compiled expressions read from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from core.expressions.record import Record
from core.expressions.types import Type

RowSource = Callable[[str, Mapping[str, Any]], tuple[Record, ...]]
RefResolver = Callable[[str], Record | None]
RoleTest = Callable[[int, str], bool]
Decider = Callable[[str, Mapping[str, Any]], Any]
TextRunner = Callable[[str, str, str, Any], Any]
TextMaker = Callable[[Any, Type, str | None], str]


@dataclass(slots=True)
class Env:
    """What an expression may read while it runs.

    `this`, `old`, `me`, `company`: records. `settings`: `module.field` -> value.
    `names`: values and records of the slot's extra names. `now`: aware; `today`: the
    day in `zone`. `rows(entity, {field: value})` returns records in the entity's order.
    `ref(external_id)` returns the record. `has_role(user_id, role)` and `to_text(value,
    type, format)` (in the reader's language) serve the functions of these names.
    `locals` holds loop variables while an evaluation runs.
    """

    this: Record | None = None
    old: Record | None = None
    me: Record | None = None
    company: Record | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    now: datetime | None = None
    today: date | None = None
    zone: tzinfo = UTC
    rows: RowSource | None = None
    ref: RefResolver | None = None
    has_role: RoleTest | None = None
    to_text: TextMaker | None = None
    decide: Decider | None = None
    run_text: TextRunner | None = None
    memory: dict[Any, Any] = field(default_factory=dict)
    locals: dict[str, Any] = field(default_factory=dict)
