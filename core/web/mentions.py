"""People as actors, by their login: for mentions, and for who is to do something.

Pages and the API hand it to the timeline; only active accounts count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.services import Actor, Reader
from core.services.timeline.about import sees_people
from core.web.accounts import Account, find_account, list_accounts
from core.web.auth import actor_of, scoped

_MOST_NAMED = 50
_TRIED = 40
_OFFERED = 8


def people_of(application: Any, logins: Iterable[str]) -> dict[str, Actor]:
    """The actors of the logins that somebody has."""
    found = {}
    for login in sorted(logins)[:_MOST_NAMED]:
        account = find_account(application.database, login)
        if account and account.active and account.username.lower() == login.lower():
            found[login] = scoped(actor_of(account), application)
    return found


def offered(
    application: Any, reader: Reader, entity: str, record: int, text: str
) -> list[Account]:
    """Accounts whose name or login holds the text and who may read the record."""
    if not sees_people(reader):
        return []
    text = text.casefold()
    named = [
        one
        for one in list_accounts(application.database)
        if one.active and text in f"{one.username} {one.display_name}".casefold()
    ]
    found = []
    for account in named[:_TRIED]:
        person = scoped(actor_of(account), application)
        asking = Reader(reader.runtime, reader.scene.connection, person)
        if record in asking.permitted(entity, "read", [record]):
            found.append(account)
        if len(found) == _OFFERED:
            break
    return found
