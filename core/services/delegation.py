"""Delegations: roles that somebody lends to a deputy for some days.

Asked by the web layer when it makes an actor; the rows are those of `base.delegation`.
What is lent is never more than the giver has, and no role with `delegable: false`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa

from core.frozen import frozen
from core.registry import Registry
from core.services.context import Actor
from core.services.runtime import Runtime

DELEGATION = "base.delegation"


@frozen
class Lent:
    """What one giver lends today; no roles: all that may be delegated."""

    giver: int
    roles: frozenset[str]


def lent_to(connection: sa.Connection, runtime: Runtime, actor: Actor) -> list[Lent]:
    """The delegations that make the actor a deputy today, in his zone."""
    if DELEGATION not in runtime.compiled.tables or actor.user_id is None:
        return []
    table = runtime.compiled.tables[DELEGATION]
    today = runtime.clock.moment(actor.zone).today
    statement = sa.select(table.c.giver, table.c.roles).where(
        table.c.deputy == actor.user_id,
        table.c.begins <= today,
        table.c.ends >= today,
        table.c.archived.is_(False),
    )
    return [
        Lent(row.giver, frozenset((row.roles or "").replace(",", " ").split()))
        for row in connection.execute(statement.order_by(table.c.id))
    ]


def as_deputy(
    actor: Actor, registry: Registry, lent: Iterable[tuple[Lent, frozenset[str]]]
) -> Actor:
    """The actor with the roles that others lend; `lent` has what each giver holds."""
    roles, givers = set(actor.roles), set(actor.deputy_for)
    for one, held in lent:
        wanted = held if not one.roles else held & one.roles
        given = {role for role in wanted if _may_be_lent(registry, role)} - actor.roles
        if given:
            roles |= given
            givers.add(one.giver)
    return replace(
        actor,
        roles=frozenset(roles),
        deputy_for=tuple(sorted(givers)),
        lent=actor.lent | (roles - actor.roles),
    )


def _may_be_lent(registry: Registry, role: str) -> bool:
    """Whether the role and all that it includes may be delegated."""
    known = registry.rights.roles
    found = known.get(role)
    if found is None:
        return False
    return all(known[one].definition.delegable for one in found.includes)
