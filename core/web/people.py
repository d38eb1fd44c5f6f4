"""Accounts as records: after a change of accounts the user records follow.

Called by the command line, the administration pages and the profile.
"""

from typing import Any

from core.services import Actor
from core.services.people import USER, Person, mirror
from core.web.accounts import Account, list_accounts

_INVENTED = "@users.invalid"


def mirror_people(application: Any) -> None:
    """Create or update the user record of every account; needs module base."""
    compiled = getattr(application, "compiled", None)
    if compiled is None or USER not in compiled.tables:
        return
    people = [_person(account) for account in list_accounts(application.database)]
    with application.transaction(Actor.system(), via="seed") as tx:
        mirror(tx, people)


def _person(account: Account) -> Person:
    invented = account.email.endswith(_INVENTED)
    return Person(
        id=account.id,
        login=account.username,
        name=account.display_name,
        email=None if invented else account.email,
        language=account.language,
        zone=account.time_zone,
        active=account.active,
    )
