"""`assignment:` who gets a record, by rules, pools, load and capacity.

Read by core.registry.check_assignments, which makes an automation of its event; run by
core.services.assigning.
"""

from __future__ import annotations

from typing import Literal

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
)


@frozen(kw_only=True)
class AssignRuleDef(Part):
    """One rule, if its `when` is true: the user `to`, or one of the users of `pool`.

    Of a pool `by` picks one: in turn, who has the least load, by lot, or who has the
    highest score. `skill` sees each of them as `it`: for `by: score` it is the score,
    else a condition. `say` is the reason that is kept.
    """

    when: Expr | None = None
    to: Expr | None = None
    pool: Expr | None = None
    by: Literal["round_robin", "least_load", "random", "score"] = "round_robin"
    skill: Expr | None = None
    say: Filled | None = None


@frozen(kw_only=True)
class CapacityDef(Piece):
    """How much one person gets at most.

    `load` sees the person as `it`, for instance the number of open records. With `per`
    it is not the load that counts against `most`, but what was given in this period.
    """

    per: Literal["day", "week", "month", "quarter", "year"] | None = None
    load: Expr | None = None
    most: Int | Expr


@frozen(kw_only=True)
class ReassignDef(Piece):
    """Gives it to somebody else `after` a while, in working time of a `calendar`.

    Not if `unless` is true then; `most` times, never to who had it before.
    """

    after: Duration | Expr
    calendar: Expr | None = None
    unless: Expr | None = None
    most: Int = 1


@frozen(kw_only=True)
class AssignmentDef(Described):
    """Fills `field`, a link to a user, of records of `entity`.

    It happens at `event` if `when` is true, and by the effect `assign`. The first rule
    whose `when` holds and which finds somebody active below capacity decides; else it
    is `fallback`. The rule and what it says go to the field `reason`.
    """

    entity: Id
    field: Name
    event: ListOf[Path] = ()
    when: Expr | None = None
    rules: Map[AssignRuleDef]
    capacity: CapacityDef | None = None
    reason: Name | None = None
    fallback: Expr | None = None
    retry: ReassignDef | None = None
    enabled: Bool = True
