"""Comments on records, with mentions of people who may read them.

Called by pages and the API; every text is kept as it was typed and escaped when shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.services.timeline.about import (
    People,
    insert,
    may_read,
    require_verb,
    sees_people,
    wrong,
)
from core.services.timeline.notices import follow, notify
from core.storage.timeline_tables import comment

if TYPE_CHECKING:
    from core.services.transactions import Transaction

LONGEST = 10_000
_MENTION = re.compile(r"(?<![^\s(])@([A-Za-z0-9][A-Za-z0-9._-]{0,63})")


def mentioned_logins(body: str) -> frozenset[str]:
    """The logins that a text names: `@mara`, but not an address such as `a@b.c`."""
    return frozenset(one.rstrip("._-") for one in _MENTION.findall(body))


def add_comment(
    tx: Transaction, entity: str, record: int, body: str, people: People
) -> int:
    """Keep a comment, tell who is mentioned and who follows; returns its id.

    ValidationFailed for an empty or too long text, and for a person who may not read
    the record. A word after `@` that is nobody's login is a word.
    """
    require_verb(tx, entity, record, "comment")
    body = body.replace("\r\n", "\n").replace("\x00", "").strip()
    if not body:
        raise wrong("body", "required", "Write something first.")
    if len(body) > LONGEST:
        message = f"A comment has at most {LONGEST:,} characters, not {len(body):,}."
        raise wrong("body", "too_long", message)
    named = mentioned_logins(body)
    found = dict(people(named)) if named else {}
    for login, person in sorted(found.items()):
        if may_read(tx, person, entity, record):
            continue
        del found[login]
        if sees_people(tx):
            message = f"@{login} may not read this record, so no mention reaches them."
            raise wrong("body", "mention", message)
    id_ = insert(tx, comment, entity=entity, record=record, body=body)
    mentioned = {person.user_id for person in found.values() if person.user_id}
    notify(tx, entity, record, "comment", mentioned)
    if tx.actor.user_id is not None:
        follow(tx, entity, record)
    return id_
