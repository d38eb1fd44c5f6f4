"""Keeps a record per account: who signs in is somebody that records can lead to.

Called by the web layer after an account changed and when the platform is set up; also
tells which companies an actor works for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.frozen import frozen
from core.services.runtime import Runtime

if TYPE_CHECKING:
    from core.services.request import Outcome
    from core.services.transactions import Transaction

USER = "base.user"
COMPANY = "base.company"


@frozen
class Person:
    """What the record of an account takes over from it; `id` is the account's."""

    id: int
    login: str
    name: str
    email: str | None
    language: str
    zone: str
    active: bool


def mirror(tx: Transaction, people: Iterable[Person]) -> list[Outcome]:
    """Create missing user records under the accounts' ids and update changed ones."""
    wanted = {person.id: person for person in people}
    stored = tx.scene.loader.load(USER, wanted)
    fresh = [
        (person.id, _values(person), None)
        for person in wanted.values()
        if person.id not in stored
    ]
    changed = [
        (id_, _values(wanted[id_]), None)
        for id_, record in stored.items()
        if any(record.values.get(k) != v for k, v in _values(wanted[id_]).items())
    ]
    outcomes: list[Outcome] = []
    if fresh:
        outcomes += tx.create_with_ids(USER, fresh)
    if changed:
        outcomes += tx.update_many(USER, changed)
    return outcomes


def _values(person: Person) -> dict[str, object]:
    return {
        "login": person.login,
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "zone": person.zone,
        "active": person.active,
    }


def only_company(connection: sa.Connection, runtime: Runtime) -> int | None:
    """The company of an installation that has just one; else None."""
    companies = runtime.compiled.tables.get(COMPANY)
    if companies is None:
        return None
    found = connection.execute(sa.select(companies.c.id).limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def company_of(
    connection: sa.Connection, runtime: Runtime, entity: str, record: int
) -> int | None:
    """The company of a record; None if it has none."""
    table = runtime.compiled.tables.get(entity)
    if table is None or "company" not in table.c:
        return None
    query = sa.select(table.c.company).where(table.c.id == record)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def companies_of(
    connection: sa.Connection, runtime: Runtime, user_id: int
) -> tuple[tuple[int, ...], int | None]:
    """Return the companies a user works for and the current one.

    Somebody without companies of his own works for the only one there is.
    """
    compiled = runtime.compiled
    if USER not in compiled.tables or COMPANY not in compiled.tables:
        return (), None
    own, users = compiled.association_tables[USER, "companies"], compiled.tables[USER]
    companies = compiled.tables[COMPANY]
    one = sa.select(sa.func.min(companies.c.id)).having(sa.func.count() == 1)
    statement = (
        sa.select(users.c.current_company, own.c.target, one.scalar_subquery())
        .select_from(users.outerjoin(own, own.c.source == users.c.id))
        .where(users.c.id == user_id)
        .order_by(own.c.target)
    )
    rows = connection.execute(statement).all()
    if not rows:
        return (), None
    current, only = rows[0][0], rows[0][2]
    found = tuple(row[1] for row in rows if row[1] is not None)
    if not found:
        found = () if only is None else (only,)
    if not found or current in found:
        return found, current
    return found, found[0]
