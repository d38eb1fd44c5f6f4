"""The entities as expressions see them: implements core.expressions.schema.

Built by core.registry.members; asked by the type checker and the SQL back end. While
the definitions are checked, a formula's member is settled when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from core.expressions.schema import Decision, Member
from core.expressions.tree import Typed
from core.expressions.types import Type

Make = Callable[[str], Member]
MakeTitle = Callable[[], Typed | None]


class EntityMembers:
    """The names of one entity or trait; each is made when it is first asked for."""

    __slots__ = (
        "_make",
        "_members",
        "_title",
        "effective",
        "id",
        "order",
        "tree",
    )

    def __init__(
        self,
        id: str,
        names: Iterable[str],
        order: tuple[str, ...],
        make: Make,
        make_title: MakeTitle,
        tree: str | None = None,
        effective: tuple[str, str] | None = None,
    ) -> None:
        self.id = id
        self.tree = tree
        self.effective = effective
        self.order = order
        self._members: dict[str, Member | None] = dict.fromkeys(names)
        self._make = make
        self._title: Typed | MakeTitle | None = make_title

    @property
    def title(self) -> Typed | None:
        """The expression of a record's name; None: its id as text."""
        if callable(self._title):
            make, self._title = self._title, None
            self._title = make()
        return self._title

    def member(self, name: str) -> Member | None:
        """Return the member of this name, pseudo-fields and inverses included."""
        found = self._members.get(name)
        if found is None and name in self._members:
            found = self._members[name] = self._make(name)
        return found

    def column(self, name: str) -> Member | None:
        """Return a member by the name of its column: `billing_city` in `billing`."""
        found = self.member(name)
        if found is not None:
            return found
        for group_name in self._members:
            if name.startswith(f"{group_name}_"):
                group = self.member(group_name)
                inner = group and group.member(name.removeprefix(f"{group_name}_"))
                if inner:
                    return inner
        return None

    def names(self) -> Iterable[str]:
        """Return all names, for suggestions."""
        return self._members

    def settle(self) -> None:
        """Make what nobody asked for yet; from then on nothing changes any more."""
        for name in self._members:
            self.member(name)
        _ = self.title
        self._make = _nothing


def _nothing(name: str) -> Member:
    raise KeyError(name)


class RegistrySchema:
    """All entities and traits, and what else expressions may name."""

    __slots__ = (
        "acting",
        "currencies",
        "decisions",
        "entities",
        "external_ids",
        "given",
        "roles",
        "settings",
        "settle_decision",
        "traits",
    )

    def __init__(self) -> None:
        self.entities: dict[str, EntityMembers] = {}
        self.traits: dict[str, EntityMembers] = {}
        self.external_ids: dict[str, str] = {}
        self.roles: frozenset[str] = frozenset()
        self.settings: dict[tuple[str, str], Type] = {}
        self.currencies: Mapping[str, int] = {}
        self.acting: dict[str, str] = {}
        self.decisions: dict[str, Decision | None] = {}
        self.given: dict[str, EntityMembers] = {}
        self.settle_decision: Callable[[str], Decision | None] = _no_decision

    def entity(self, id: str) -> EntityMembers | None:
        """Return the entity, or the trait, of this id, or what a decision gives."""
        found = self.entities.get(id) or self.traits.get(id)
        return found or self.given.get(id)

    def entity_ids(self) -> Iterable[str]:
        """Return all entities, for suggestions."""
        return self.entities

    def external(self, external_id: str) -> str | None:
        """Return the entity of a shipped record; None: unknown."""
        return self.external_ids.get(external_id)

    def has_role(self, role: str) -> bool:
        """Return whether there is a role of this id."""
        return role in self.roles

    def setting(self, module: str, name: str) -> Type | None:
        """Return the type of `settings.<module>.<name>`; None: unknown."""
        return self.settings.get((module, name))

    def currency_places(self, code: str) -> int | None:
        """Return the decimal places of a currency named by code; None: unknown."""
        return self.currencies.get(code)

    def acting_as(self, word: str) -> str | None:
        """Return the entity that declares `acts_as: <word>`; None: there is none."""
        return self.acting.get(word)

    def decision(self, id: str) -> Decision | None:
        """Return the decision of this id, checked when it is first asked for."""
        if id not in self.decisions:
            found = self.settle_decision(id)
            if self.decisions.setdefault(id, found) is not None and found is not None:
                self.given[found.id] = _outputs(found)
        return self.decisions[id]


def _outputs(decision: Decision) -> EntityMembers:
    members = decision.outputs
    return EntityMembers(decision.id, members, (), members.__getitem__, lambda: None)


def _no_decision(id: str) -> Decision | None:
    return None
