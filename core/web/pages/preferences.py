"""What a person chose for a screen and wants to find again: columns of a list.

Kept among the settings under the module name `pages`; lists read and write them.
"""

from typing import Any

import sqlalchemy as sa

from core.storage import Database, tables

MODULE = "pages"
_SCOPE = "user"


def preference(connection: sa.Connection, user: int | None, name: str) -> Any:
    """What somebody chose, None if nothing."""
    if user is None:
        return None
    table = tables.setting
    return connection.execute(
        sa.select(table.c.value).where(*_keys(user, name))
    ).scalar_one_or_none()


def set_preference(database: Database, user: int, name: str, value: Any) -> None:
    """Keep a choice; None forgets it."""
    table = tables.setting
    with database.writing() as connection:
        connection.execute(table.delete().where(*_keys(user, name)))
        if value is not None:
            row = {"scope": _SCOPE, "owner": user, "module": MODULE, "name": name}
            connection.execute(table.insert().values(**row, value=value))


def _keys(user: int, name: str) -> list[sa.ColumnElement[bool]]:
    table = tables.setting
    return [
        table.c.scope == _SCOPE,
        table.c.owner == user,
        table.c.module == MODULE,
        table.c.name == name,
    ]
