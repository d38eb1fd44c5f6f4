"""Roles: mirrored from the definitions, listed, given to users.

`apply` calls `mirror_roles` with the ids that the modules define; accounts call
`assign_roles` inside their own transaction. What a role may do is not decided here.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from core.storage.engine import Database
from core.web.account_tables import roles, user_roles, users

ADMIN = "Admin"
PUBLIC = "Public"
# PostgreSQL advisory lock, so that two starting processes do not insert a role twice.
_LOCK = 0x1A7A
_NAME_LENGTH = 64


def mirror_roles(database: Database, role_ids: Iterable[str]) -> tuple[str, ...]:
    """Make sure that these roles exist, with the two of the platform; returns new ones.

    Roles that no definition names any more stay, so that turning a module off and on
    again keeps who had them; they grant nothing meanwhile. Costs one statement when
    nothing is new.
    """
    wanted = {ADMIN, PUBLIC, *role_ids}
    if too_long := sorted(name for name in wanted if len(name) > _NAME_LENGTH):
        raise ValueError(f"role ids over {_NAME_LENGTH} characters: {too_long}")
    with database.reading() as connection:
        if wanted <= set(connection.scalars(sa.select(roles.c.name))):
            return ()
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        known = set(connection.scalars(sa.select(roles.c.name)))
        missing = sorted(wanted - known)
        if missing:
            connection.execute(sa.insert(roles), [{"name": name} for name in missing])
    return tuple(missing)


def list_roles(database: Database) -> Mapping[str, tuple[str, ...]]:
    """Every role id with the display names of the active users who have it."""
    name = sa.func.trim(users.c.first_name + " " + users.c.last_name)
    shown = sa.case((name == "", users.c.username), else_=name).label("shown")
    statement = (
        sa.select(roles.c.name, shown)
        .select_from(
            roles.outerjoin(user_roles, user_roles.c.role_id == roles.c.id).outerjoin(
                users,
                sa.and_(users.c.id == user_roles.c.user_id, users.c.active.is_(True)),
            )
        )
        .order_by(roles.c.name, shown)
    )
    with database.reading() as connection:
        rows = connection.execute(statement).all()
    holders: dict[str, list[str]] = {}
    for role, holder in rows:
        names = holders.setdefault(role, [])
        if holder is not None:
            names.append(holder)
    return {role: tuple(names) for role, names in holders.items()}


def assign_roles(
    connection: sa.Connection, user_id: int, role_ids: Iterable[str]
) -> None:
    """Make these the roles of the user; raises LookupError for an unknown role."""
    wanted = set(role_ids)
    known = {
        row.name: row.id
        for row in connection.execute(
            sa.select(roles.c.name, roles.c.id).where(roles.c.name.in_(wanted))
        )
    }
    if unknown := sorted(wanted - set(known)):
        raise LookupError(f"there is no role {', '.join(unknown)}")
    connection.execute(sa.delete(user_roles).where(user_roles.c.user_id == user_id))
    rows = [{"user_id": user_id, "role_id": known[name]} for name in sorted(wanted)]
    if rows:
        connection.execute(sa.insert(user_roles), rows)
