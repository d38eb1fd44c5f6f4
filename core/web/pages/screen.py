"""What every page about an entity begins with: who asks, about what, in which language.

Views call `open_screen`; it hands on a frozen Screen with labels, addresses and the two
ways into the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import abort

from core.compiler import AccessMap, Compiled, CompiledEntity
from core.fieldtypes import Locale
from core.frozen import frozen
from core.registry import full_roles
from core.services.context import Actor
from core.web.auth import current_actor
from core.web.pages.labels import Labels
from core.web.state import application
from core.web.wording import language

if TYPE_CHECKING:
    from core.services import Reader, Transaction


@frozen
class Screen:
    """One entity as one person sees it."""

    compiled: Compiled
    entity: CompiledEntity
    actor: Actor
    labels: Labels
    locale: Locale

    @property
    def id(self) -> str:
        """The id of the entity."""
        return self.entity.id

    @property
    def rights(self) -> AccessMap:
        """What the person may do, includes of roles resolved."""
        return self.compiled.access.of(self.actor.roles, admin=self.actor.is_admin)

    @property
    def base(self) -> str:
        """The address of the entity's list."""
        return address_of(self.id)

    def href(self, id_: int | None, tail: str = "") -> str:
        """The address of a record, or of something below it."""
        return f"{self.base}/{id_}{tail}"

    def other(self, entity: str) -> Screen:
        """The same person in front of another entity."""
        return replace(self, entity=self.compiled.entity(entity))

    def can(self, verb: str) -> bool:
        """Whether the verb is granted on at least some records."""
        return may(self.compiled, self.actor, self.id, verb)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Lend a Reader."""
        with application().reader(self.actor) as reader:
            yield reader

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Lend a Transaction; it commits at the end."""
        with application().transaction(self.actor, via="ui") as tx:
            yield tx


def may(compiled: Compiled, actor: Actor, entity: str, verb: str) -> bool:
    """Whether somebody holds a verb on some records of an entity."""
    rights = compiled.access.of(actor.roles, admin=actor.is_admin)
    access = rights.entity(entity)
    if access.parent is not None:
        below = "read" if verb in ("read", "export") else "update"
        return may(compiled, actor, access.parent.entity, below)
    return access.can(verb)


def is_for(compiled: Compiled, actor: Actor, owner: str, roles: Iterable[str]) -> bool:
    """Whether something that names roles is for somebody; none named: for everybody.

    Short names are roles of the module of `owner`; roles that others include count.
    """
    wanted = set(full_roles(owner, roles))
    if not wanted or actor.is_admin:
        return True
    return bool(compiled.access.of(actor.roles).roles & wanted)


def acting() -> Actor:
    """Who asks, speaking the language of the page."""
    return replace(current_actor(), language=language())


def open_screen(module: str, name: str, verb: str = "read") -> Screen:
    """The screen of `module/name`; 404 for no such entity, 403 without the right."""
    compiled: Compiled = application().compiled
    id_ = f"{module}.{name}"
    if id_ not in compiled.registry.entities:
        abort(404)
    found = screen_of(id_)
    if not found.can(verb):
        abort(403)
    return found


def screen_of(entity: str) -> Screen:
    """The screen of an entity that exists, whatever the person may do."""
    compiled: Compiled = application().compiled
    actor = acting()
    return Screen(
        compiled=compiled,
        entity=compiled.entity(entity),
        actor=actor,
        labels=Labels(compiled.registry, actor.language),
        locale=Locale(code=actor.language, zone=actor.zone),
    )


def address_of(entity: str) -> str:
    """The address of the list of an entity."""
    module, _, name = entity.partition(".")
    return f"/{module}/{name}"


def known_screen(entity: Any) -> bool:
    """Whether there is an entity of this id."""
    return entity in application().compiled.registry.entities
