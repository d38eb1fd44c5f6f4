"""What a user name and an address must be, and that nobody else has them.

Accounts ask before they write; each answer is a sentence per field, or nothing.
"""

import sqlalchemy as sa

from core.web.account_tables import users


def name_problems(username: str, email: str) -> dict[str, str]:
    """What is wrong with a user name and an address, by field."""
    problems = {}
    if not username or len(username) > 128 or any(c.isspace() for c in username):
        problems["username"] = "A user name has 1 to 128 characters and no spaces."
    name, at, host = email.partition("@")
    if not (name and at and "." in host) or len(email) > 320 or " " in email:
        problems["email"] = f"“{email}” is no e-mail address; write name@host.example."
    return problems


def taken_problems(
    connection: sa.Connection, username: str, email: str, except_id: int = 0
) -> dict[str, str]:
    """Whether somebody else has the name or the address, by field."""
    taken = sa.select(users.c.username, users.c.email).where(
        sa.or_(
            sa.func.lower(users.c.username) == username.lower(),
            sa.func.lower(users.c.email) == email.lower(),
        ),
        users.c.id != except_id,
    )
    problems = {}
    for row in connection.execute(taken):
        if row.username.lower() == username.lower():
            problems["username"] = f"There is already a user called “{row.username}”."
        if row.email.lower() == email.lower():
            problems["email"] = "Another user already has this address."
    return problems
