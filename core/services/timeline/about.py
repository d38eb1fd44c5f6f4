"""What every part of a timeline asks first: is there one, and may the actor do it.

Used by all files of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.services.context import Actor
from core.services.errors import NotAllowed, NotFound, Problem, ValidationFailed
from core.services.people import USER

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: The actors that people are, by their login; who is not there is left out.
People = Callable[[frozenset[str]], Mapping[str, Actor]]


def require_timeline(reader: Reader, entity: str, record: int) -> None:
    """NotFound unless the entity has a timeline and the actor may read the record."""
    compiled = reader.runtime.compiled.entity(entity)
    reader.get(entity, record, ("id",))
    if not compiled.definition.timeline:
        raise NotFound(f"{compiled.plural} have no timeline.", entity=entity)


def require_verb(reader: Reader, entity: str, record: int, *verbs: str) -> None:
    """NotAllowed unless the actor holds one of the verbs on the record."""
    require_timeline(reader, entity, record)
    if any(record in reader.permitted(entity, verb, [record]) for verb in verbs):
        return
    label = reader.runtime.compiled.entity(entity).label
    raise NotAllowed(
        f"You may read this {label}, but you may not {verbs[0]} on it.",
        entity=entity,
        verb=verbs[0],
    )


def may_read(reader: Reader, person: Actor, entity: str, record: int) -> bool:
    """Whether somebody else may read a record."""
    from core.services.reader import Reader as Asking

    asking = Asking(reader.runtime, reader.scene.connection, person)
    return record in asking.permitted(entity, "read", [record])


def sees_people(reader: Reader) -> bool:
    """Whether the actor may know who has an account here; visitors of a portal may not.

    To them a login of somebody is a word like any other, so that none can be guessed.
    """
    known = USER in reader.runtime.compiled.tables
    return not known or reader.access.can(USER, "read")


def wrong(field: str, code: str, message: str) -> ValidationFailed:
    """One thing wrong with one value."""
    return ValidationFailed([Problem(field, code, message)])


def insert(tx: Transaction, table: sa.Table, **values: Any) -> int:
    """Write one row with its moment and its author; returns its id."""
    tx.scene.begin_writing()
    stamps = {"at": tx.scene.moment.now, "author": tx.actor.user_id}
    done = tx.scene.connection.execute(sa.insert(table).values(**stamps, **values))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])
