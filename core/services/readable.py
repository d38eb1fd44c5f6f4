"""The schema as one actor sees it: fields without a read right do not exist.

Handed to the type checker for everything a user types (filters, orders, field lists),
so that a forbidden name and an unknown one give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.expressions.schema import EntitySchema, Member, Schema
from core.expressions.tree import Typed
from core.expressions.types import Type
from core.services.access import Access

PSEUDO = frozenset(
    {
        "id",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "archived",
        "archived_at",
    }
)


class ReadableEntity:
    """One entity without its forbidden members."""

    def __init__(self, whole: EntitySchema, access: Access) -> None:
        self._whole = whole
        self._access = access

    @property
    def id(self) -> str:
        """The entity's id."""
        return self._whole.id

    @property
    def title(self) -> Typed | None:
        """The expression of a record's name."""
        return self._whole.title

    @property
    def order(self) -> tuple[str, ...]:
        """The entity's default order."""
        return self._whole.order

    @property
    def tree(self) -> str | None:
        """The tree's link, if the actor may read where a record stands in it."""
        name = self._whole.tree
        return None if name is None or self.member(name) is None else name

    @property
    def effective(self) -> tuple[str, str] | None:
        """The dates between which a row counts, if the actor may read both."""
        dates = self._whole.effective
        if dates is None or None in (self.member(dates[0]), self.member(dates[1])):
            return None
        return dates

    def member(self, name: str) -> Member | None:
        """The member, if the actor may read it on every row that he may see."""
        member = self._whole.member(name)
        return member if member is not None and self._open(name, member) else None

    def names(self) -> Iterable[str]:
        """The names the actor may read."""
        return [name for name in self._whole.names() if self.member(name) is not None]

    def _open(self, name: str, member: Member) -> bool:
        if name in PSEUDO:
            return True
        access = self._access.of(self.id)
        if member.to_many and member.target is not None:
            if not self._access.can(member.target, "read"):
                return False
            compiled = self._access.compiled.entity(self.id)
            if name in compiled.inverses:
                other = self._access.of(member.target)
                return member.back in other.readable
        if member.members:
            flat = {f"{name}_{inner.name}" for inner in member.members}
            return name in access.readable or flat <= access.readable
        return name in access.readable and name not in access.read_conditions


class ReadableSchema:
    """All entities as one actor sees them."""

    def __init__(self, whole: Schema, access: Access) -> None:
        self._whole = whole
        self._access = access

    def entity(self, id: str) -> EntitySchema | None:
        """The entity, if the actor may read any of its rows."""
        found = self._whole.entity(id)
        if found is None or not self._access.can(id, "read"):
            return None
        return ReadableEntity(found, self._access)

    def entity_ids(self) -> Iterable[str]:
        """The ids of the readable entities."""
        ids = self._whole.entity_ids()
        return [one for one in ids if self._access.can(one, "read")]

    def external(self, external_id: str) -> str | None:
        """The entity of a shipped record, or of any record as `entity:id`."""
        entity, _, id_ = external_id.rpartition(":")
        if entity and id_.isdecimal():
            return entity if self.entity(entity) is not None else None
        return self._whole.external(external_id)

    def has_role(self, role: str) -> bool:
        """Whether the role exists."""
        return self._whole.has_role(role)

    def setting(self, module: str, name: str) -> Type | None:
        """Settings are not for users' filters."""
        return None

    def currency_places(self, code: str) -> int | None:
        """Decimal places of a currency."""
        return self._whole.currency_places(code)

    def acting_as(self, word: str) -> str | None:
        """The entity of currencies, units or countries."""
        return self._whole.acting_as(word)

    def decision(self, id: str) -> None:
        """Decisions are not for users' filters."""
