"""Compares what the platform answers one actor with what the oracle says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.services import Actor, BadQuery, NotAllowed
from tests.security.oracle import World

PLAIN = ("name", "code", "kind", "amount", "note", "level", "size", "hint", "double")


class Judge:
    """Compares answers with the oracle's for one actor and counts."""

    def __init__(self, world: World, roles: tuple[str, ...], actor: Actor) -> None:
        self.world = world
        self.roles = roles
        self.actor = actor
        self.checks = 0

    def same(self, found: Any, wanted: Any, *about: Any) -> None:
        self.checks += max(1, len(wanted) if isinstance(wanted, set | dict) else 1)
        assert found == wanted, (*about, self.roles, self.actor.companies)

    def every(self, entity: str) -> set[int]:
        return set(self.world.rows[entity])

    def decided(
        self, found: set[int], wanted: set[int], entity: str, *about: Any
    ) -> None:
        """Each record of the entity is one decision: there or not."""
        self.checks += len(self.world.rows[entity])
        assert found == wanted, (*about, entity, self.roles, found ^ wanted)

    def refused(self, ask: Callable[[], Any], *about: Any) -> None:
        self.checks += 1
        try:
            ask()
        except (BadQuery, NotAllowed):
            return
        raise AssertionError((*about, self.roles, "was not refused"))
