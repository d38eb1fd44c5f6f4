"""What random roles may see and do, worked out in plain Python over dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.services import Actor
from core.testing.installation import Installation
from tests.security.zone import COMPUTED, LINKS, Row

Condition = Callable[["World", Actor, Row], Any]


@dataclass
class Grant:
    """One grant as the oracle reads it."""

    can: set[str]
    where: Condition | None = None
    via: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    only: list[str] = field(default_factory=list)
    edit: list[str] | None = None


@dataclass
class World:
    """One installation with random rights, its rows, and the answers of the oracle."""

    at: Installation = None  # type: ignore[assignment]
    includes: dict[str, set[str]] = field(default_factory=dict)
    grants: dict[str, dict[str, Grant]] = field(default_factory=dict)
    limits: dict[str, list[tuple[set[str], Condition]]] = field(default_factory=dict)
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)
    companies: list[int] = field(default_factory=list)
    actors: list[tuple[tuple[str, ...], Actor]] = field(default_factory=list)
    #: deal -> its attachment; view -> its owner and roles.
    files: dict[int, int] = field(default_factory=dict)
    views: dict[int, tuple[int, list[str] | None]] = field(default_factory=dict)

    def value(self, entity: str, id_: int | None, name: str) -> Any:
        return None if id_ is None else self.rows[entity][id_][name]

    # -- the oracle -----------------------------------------------------------------

    def granted(self, actor: Actor, entity: str) -> list[Grant]:
        roles: set[str] = set()
        for role in actor.roles:
            roles |= self.includes[role]
        given = (self.grants[role].get(entity) for role in sorted(roles))
        return [grant for grant in given if grant is not None]

    def can(self, actor: Actor, entity: str, verb: str) -> bool:
        return any(verb in grant.can for grant in self.granted(actor, entity))

    def may(self, actor: Actor, entity: str, verb: str, row: Row) -> bool:
        grants = self.granted(actor, entity)
        if not any(self._opens(actor, entity, one, verb, row) for one in grants):
            return False
        for verbs, limit in self.limits.get(entity, ()):
            if (not verbs or verb in verbs) and limit(self, actor, row) is not True:
                return False
        if entity != "zone.deal":
            return True
        return row["company"] is None or row["company"] in actor.companies

    def _opens(
        self, actor: Actor, entity: str, grant: Grant, verb: str, row: Row
    ) -> bool:
        if verb not in grant.can:
            return False
        if grant.where is not None and grant.where(self, actor, row) is not True:
            return False
        if not grant.via:
            return True
        for link in grant.via:
            target, id_ = LINKS[entity][link], row[link]
            other = self.rows[target].get(id_)
            if other is not None and self.may(actor, target, "read", other):
                return True
        return False

    def seen(self, actor: Actor, entity: str) -> set[int]:
        rows = self.rows[entity].values()
        return {row["id"] for row in rows if self.may(actor, entity, "read", row)}

    def right(self, actor: Actor, entity: str, name: str, row: Row | None) -> Any:
        """(reads, writes) of a field: on a row, or unconditionally with row=None."""
        reads = writes = False
        for grant in self.granted(actor, entity):
            one = self._right(actor, grant, name, row)
            reads, writes = reads or one[0], writes or one[1]
        return reads, writes and name not in COMPUTED

    def _right(
        self, actor: Actor, grant: Grant, name: str, row: Row | None
    ) -> tuple[bool, bool]:
        writing = bool(grant.can & {"create", "update"})
        said = grant.fields.get(name)
        if said is not None:
            if isinstance(said, str):
                return said != "none", said == "write" and writing
            read, write = (self._holds(actor, one, row) for one in said)
            return read, write and writing
        if name == "secret" or (grant.only and name not in grant.only):
            return False, False
        edits = writing and (grant.edit is None or name in grant.edit)
        return "read" in grant.can, edits

    def _holds(self, actor: Actor, said: Any, row: Row | None) -> bool:
        if isinstance(said, bool):
            return said
        return row is not None and said(self, actor, row) is True

    def conditional(self, actor: Actor, entity: str, name: str) -> bool:
        """Whether some rows may show the field and others not."""
        if self.right(actor, entity, name, None)[0]:
            return False
        return any(
            isinstance(one := grant.fields.get(name), tuple) and one[0] is not False
            for grant in self.granted(actor, entity)
        )

    def open_field(self, actor: Actor, entity: str, name: str) -> bool:
        """Whether the field may be used in filters and orders."""
        return bool(self.right(actor, entity, name, None)[0])

    def shown(self, actor: Actor, entity: str, name: str, row: Row) -> Any:
        return row[name] if self.right(actor, entity, name, row)[0] else None
