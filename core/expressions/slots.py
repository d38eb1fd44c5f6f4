"""Which parts of the language each place in the YAML may use.

Whoever owns a key of the grammar picks the slot of its expressions; the type checker
refuses with E412 or E415 what exists but not there.
"""

from __future__ import annotations

from core.frozen import frozen


@frozen
class Slot:
    """What one sort of place allows; `name` reads well after "in a".

    `user`: me and company of the actor. `clock`: today() and now(). `memory`: functions
    without an SQL body. `sql`: the expression must have an SQL form. `free_rows`:
    rows() needs no indexed equality. `max_steps`: longest path. `per_measure`: sums
    over the slot's `rows` are worked out per currency and unit, so these may differ.
    """

    name: str
    user: bool = False
    clock: bool = False
    old: bool = False
    rows: bool = False
    memory: bool = False
    settings: bool = False
    sql: bool = False
    free_rows: bool = False
    max_steps: int = 5
    per_measure: bool = False


STORED_FORMULA = Slot("stored formula", sql=True)
COMPUTED_FORMULA = Slot(
    "formula", user=True, clock=True, rows=True, memory=True, settings=True
)
VALUE = Slot(
    "default or set value",
    user=True,
    clock=True,
    old=True,
    rows=True,
    memory=True,
    settings=True,
)
CHECK = Slot(
    "rule or condition",
    user=True,
    clock=True,
    old=True,
    rows=True,
    memory=True,
    settings=True,
)
AFTERWARDS = Slot(
    "effect that runs after the event",
    user=True,
    clock=True,
    rows=True,
    memory=True,
    settings=True,
)
CLOCK = Slot("clock", memory=True, settings=True)
CONSTRAINT = Slot("constraint", sql=True)
INVARIANT = Slot("invariant", rows=True, clock=True, sql=True, free_rows=True)
LINK_WHERE = Slot("link condition", user=True, clock=True, settings=True, sql=True)
GRANT = Slot("grant", user=True, clock=True, settings=True, sql=True)
FILTER = Slot(
    "filter", user=True, clock=True, rows=True, settings=True, sql=True, free_rows=True
)
USER_FILTER = Slot("filter of a user", user=True, clock=True, sql=True, max_steps=3)
MEASURE = Slot(
    "measure", user=True, clock=True, sql=True, max_steps=3, per_measure=True
)
DIMENSION = Slot("dimension", user=True, clock=True, sql=True, max_steps=3)
SCHEDULE = Slot(
    "schedule", clock=True, rows=True, memory=True, settings=True, free_rows=True
)
TEST = Slot(
    "test",
    user=True,
    clock=True,
    rows=True,
    memory=True,
    settings=True,
    free_rows=True,
)
MAPPING = Slot("mapping", user=True, clock=True, rows=True, memory=True, settings=True)
DECISION = Slot("decision", memory=True)
TITLE = Slot("title", sql=True)
NUMBERING = Slot("numbering", clock=True, memory=True, settings=True)
FILLED_TEXT = Slot("filled text", clock=True, memory=True, settings=True)
MESSAGE = Slot("message", user=True, clock=True, memory=True, settings=True)
SLOTS = (
    STORED_FORMULA,
    COMPUTED_FORMULA,
    VALUE,
    CHECK,
    AFTERWARDS,
    CLOCK,
    CONSTRAINT,
    INVARIANT,
    LINK_WHERE,
    GRANT,
    FILTER,
    USER_FILTER,
    MEASURE,
    DIMENSION,
    SCHEDULE,
    TEST,
    MAPPING,
    DECISION,
    TITLE,
    NUMBERING,
    FILLED_TEXT,
    MESSAGE,
)
