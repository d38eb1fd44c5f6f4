"""`flow:` a series of steps about one record that rests, is woken, and goes on.

Read by core.registry.check_flows; run by core.services.flows from one rest to the next
in one transaction each, however long it takes in between.
"""

from __future__ import annotations

from dataclasses import field

from core.definitions.effect import EffectDef
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.source import (
    Bool,
    Described,
    Duration,
    Expr,
    Filled,
    Id,
    Int,
    ListOf,
    Map,
    Name,
    Part,
    Path,
    Piece,
    Refs,
    Text,
    key,
)


@frozen(kw_only=True)
class HoldDef(Piece):
    """Where a step rests whose `check` does not hold; `say` is the reason shown.

    The step is repeated when one of the events `wake_on` happens and after each
    `wake_every`. An event of the subject's entity is about that record, one of an
    entity that the flow made a record of about that one, any other about all. After
    `give_up` the flow is cancelled. `do` happens once, when the rest begins.
    """

    code: Name
    say: Filled
    wake_on: ListOf[Path] = ()
    wake_every: Duration | None = None
    give_up: Duration | None = None
    do: ListOf[EffectDef] = ()


@frozen(kw_only=True)
class WaitDef(Piece):
    """Rests until a day or moment, until an event, and `most` so long.

    The event is one of the subject, or of a record that the flow made.
    """

    until: Expr | None = None
    event: ListOf[Path] = ()
    most: Duration | None = None


@frozen(kw_only=True)
class BranchDef(Piece):
    """One way on: the first whose `when` holds is gone, `else` otherwise.

    `most` allows a way back, so many times.
    """

    when: Expr | None = None
    goto: Name | None = None
    most: Int | None = None
    else_: Name | None = None


@frozen(kw_only=True)
class GotoDef(Piece):
    """A way to a step; back only `most` times, after which the flow goes on."""

    step: Name
    most: Int | None = None


@frozen(kw_only=True)
class RetryDef(Piece):
    """How often a step that failed is tried again: `after` a pause that doubles."""

    most: Int = 5
    after: Duration = field(metadata=key(doc="the first pause"))


@frozen(kw_only=True)
class FlowStepDef(Part):
    """One step; it is skipped unless `when` is true.

    `do` runs, then `check` must hold; else the flow rests as `hold` says. `wait` is a
    step of its own. Then the flow goes to the next step, or as `branch`, `split` (the
    percentage of each step) or `goto` say, or ends. `undo` takes back what `do` did
    when the flow is cancelled, the last step first.
    """

    when: Expr | None = None
    check: Expr | None = None
    do: ListOf[EffectDef] = ()
    hold: HoldDef | None = None
    wait: Duration | WaitDef | None = None
    branch: ListOf[BranchDef] = ()
    split: Map[Int] = field(default_factory=Map)
    goto: Name | GotoDef | None = None
    undo: ListOf[EffectDef] = ()
    retry: RetryDef | None = None
    end: Bool = False
    enabled: Bool = True


@frozen(kw_only=True)
class FlowDef(Described):
    """What happens step by step about a record of the entity `subject`.

    It is started by `event`, if `when` holds, or by the effect `start`. Of one `key`
    there is one instance, whatever happens at once, until it is cancelled. `input` are
    facts handed over by `start`, known as `input.x`. Results of effects named with `as`
    are known to all later steps, and `steps.x.state` says how a step went. The flow is
    left as soon as `exit_when` holds. Days are those of `zone`; who has one of `roles`
    may wake and cancel instances.
    """

    subject: Id
    event: ListOf[Path] = ()
    when: Expr | None = None
    key: Expr | None = None
    input: Map[FieldDef] = field(default_factory=Map)
    steps: Map[FlowStepDef]
    exit_when: Expr | None = None
    zone: Text = "UTC"
    roles: Refs = ()
    enabled: Bool = True
