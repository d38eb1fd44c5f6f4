"""The stamp of a user, and the settings beside it.

Accounts renew the stamp with every change of password, rights or access: sessions,
tokens and links carry it and are void with another one.
"""

import secrets
from collections.abc import Mapping

import sqlalchemy as sa

from core.web.account_tables import user_settings

_STAMP_BYTES = 12


def new_stamp() -> str:
    """A stamp that nobody had before."""
    return secrets.token_hex(_STAMP_BYTES)


def renew_stamp(connection: sa.Connection, user_id: int) -> None:
    """Give the user a new stamp, which ends every session, token and link."""
    write_settings(connection, user_id, {"stamp": new_stamp()})


def take_stamp(connection: sa.Connection, user_id: int, stamp: str) -> bool:
    """Replace this very stamp; of several who try at once only one does."""
    mine = user_settings.c.user_id == user_id
    taken = sa.update(user_settings).where(mine, user_settings.c.stamp == stamp)
    return connection.execute(taken.values(stamp=new_stamp())).rowcount == 1


def write_settings(
    connection: sa.Connection, user_id: int, values: Mapping[str, str]
) -> None:
    """Keep these settings of a user; what is missing of them is made."""
    changed = connection.execute(
        sa.update(user_settings).where(user_settings.c.user_id == user_id), values
    )
    if changed.rowcount == 0:
        fresh = {"language": "en", "time_zone": "UTC", "stamp": new_stamp(), **values}
        connection.execute(sa.insert(user_settings).values(user_id=user_id, **fresh))
