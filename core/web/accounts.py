"""Users: found, checked, created and changed, without any web request.

The command line, the sign-in bridge and the administration pages call it with a
database; it hands on frozen `Account` values. Roles live in `roles.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from core.frozen import frozen
from core.storage.engine import Database
from core.web.account_rules import name_problems, taken_problems
from core.web.account_stamps import (
    new_stamp,
    renew_stamp,
    take_stamp,
    write_settings,
)
from core.web.account_tables import (
    roles,
    user_roles,
    user_settings,
    users,
)
from core.web.passwords import hash_password, matches, needs_renewal, weakness
from core.web.roles import ADMIN, assign_roles


class AccountRefused(Exception):
    """A change of an account that is not allowed; carries a sentence per field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@frozen
class Account:
    """One user as the platform sees it; `roles` are ids such as `crm.user`."""

    id: int
    username: str
    first_name: str
    last_name: str
    email: str
    active: bool
    roles: frozenset[str]
    language: str
    time_zone: str
    stamp: str
    last_login: datetime | None

    @property
    def display_name(self) -> str:
        """First and last name, or the user name when both are empty."""
        return f"{self.first_name} {self.last_name}".strip() or self.username

    @property
    def is_admin(self) -> bool:
        """Whether the user administers the platform."""
        return ADMIN in self.roles


ACCOUNT_COLUMNS = (
    users.c.id,
    users.c.username,
    users.c.first_name,
    users.c.last_name,
    users.c.email,
    users.c.active,
    users.c.last_login,
    user_settings.c.language,
    user_settings.c.time_zone,
    user_settings.c.stamp,
    roles.c.name.label("role"),
)
ACCOUNT_SOURCE = (
    users.outerjoin(user_settings, user_settings.c.user_id == users.c.id)
    .outerjoin(user_roles, user_roles.c.user_id == users.c.id)
    .outerjoin(roles, roles.c.id == user_roles.c.role_id)
)
_SELECT = sa.select(*ACCOUNT_COLUMNS).select_from(ACCOUNT_SOURCE)
_BY_ID = _SELECT.where(users.c.id == sa.bindparam("user_id"))


def load_account(database: Database, user_id: int) -> Account | None:
    """The account with this id, active or not, or None; one query."""
    with database.reading() as connection:
        rows = connection.execute(_BY_ID, {"user_id": user_id}).mappings().all()
    return account_of(rows) if rows else None


def list_accounts(database: Database) -> list[Account]:
    """All accounts by name, the inactive ones as well."""
    statement = _SELECT.order_by(users.c.first_name, users.c.last_name, users.c.id)
    with database.reading() as connection:
        rows = connection.execute(statement).mappings().all()
    grouped: dict[int, list[sa.RowMapping]] = {}
    for row in rows:
        grouped.setdefault(row["id"], []).append(row)
    return [account_of(group) for group in grouped.values()]


def find_account(database: Database, login: str) -> Account | None:
    """The account with this user name, else this e-mail address, in any case."""
    with database.reading() as connection:
        found = _find(connection, login)
    return load_account(database, found["id"]) if found is not None else None


def identify(database: Database, login: str) -> tuple[int | None, bool]:
    """Whose name or address this is, and whether that user is active; for the journal.

    One statement for everybody, so that it takes as long for an unknown name.
    """
    with database.reading() as connection:
        found = _find(connection, login)
    return (found["id"], bool(found["active"])) if found is not None else (None, False)


def verify_password(database: Database, login: str, password: str) -> Account | None:
    """The active account whose user name or e-mail and password these are, or None.

    Takes as long for an unknown or inactive user as for a wrong password. Renews an
    old hash on success. Counts nothing: `sign_in.check` adds the lock-out.
    """
    with database.reading() as connection:
        found = _find(connection, login)
    usable = found is not None and bool(found["active"])
    stored = (found["password"] or None) if found is not None and usable else None
    if not matches(stored, password) or found is None or stored is None:
        return None
    if needs_renewal(stored):
        renewed = {"password": hash_password(password)}
        with database.writing() as connection:
            connection.execute(
                sa.update(users).where(users.c.id == found["id"]).values(renewed)
            )
    return load_account(database, found["id"])


def create_user(
    database: Database,
    username: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    roles: Iterable[str] = (),
    language: str = "en",
    time_zone: str = "UTC",
) -> Account:
    """Create an active user and return it; raises AccountRefused with what is wrong.

    Roles must have been mirrored before. Without an address one is made from the user
    name, because the framework's table needs a unique one.
    """
    reason = weakness(password, username.strip(), first_name, last_name)
    names = (username, first_name, last_name, email)
    return _create(database, names, password, reason, roles, (language, time_zone))


def create_provider_user(
    database: Database,
    username: str,
    first_name: str,
    last_name: str,
    email: str,
    roles: Iterable[str],
) -> Account:
    """Create an active user without a password, who comes in through a provider.

    AccountRefused for a name or address that is taken, LookupError for unknown roles.
    """
    names = (username, first_name, last_name, email)
    return _create(database, names, None, None, roles, ("en", "UTC"))


def _create(
    database: Database,
    names: tuple[str, str, str, str],
    password: str | None,
    weak: str | None,
    roles: Iterable[str],
    locale: tuple[str, str],
) -> Account:
    username, first_name, last_name, email = (name.strip() for name in names)
    email = email or f"{username}@users.invalid"
    problems = name_problems(username, email)
    if weak:
        problems["password"] = weak
    if problems:
        raise AccountRefused(problems)
    values: dict[str, str | None] = {
        "first_name": first_name,
        "last_name": last_name,
        "username": username,
        "email": email,
        # An empty one fits nothing: there is no hash to compare with.
        "password": hash_password(password) if password is not None else None,
    }
    settings = {"language": locale[0], "time_zone": locale[1], "stamp": new_stamp()}
    with database.writing() as connection:
        _refuse(taken_problems(connection, username, email))
        user_id = _insert_user(connection, values)
        connection.execute(sa.insert(user_settings).values(user_id=user_id, **settings))
        assign_roles(connection, user_id, roles)
    return _must_load(database, user_id)


def _insert_user(connection: sa.Connection, values: Mapping[str, str | None]) -> int:
    now = _framework_time()
    statement = sa.insert(users).values(
        **values,
        active=True,
        login_count=0,
        fail_login_count=0,
        created_on=now,
        changed_on=now,
    )
    inserted: int = connection.execute(statement.returning(users.c.id)).scalar_one()
    return inserted


def set_password(
    database: Database, user_id: int, password: str, stamp: str | None = None
) -> Account:
    """Give the user a new password and end every open session and token.

    With a `stamp` only if the user still has it, so that a link opens once.
    """
    account = _must_load(database, user_id)
    reason = weakness(password, account.username, account.first_name, account.last_name)
    if reason:
        raise AccountRefused({"password": reason})
    values = {"password": hash_password(password), "changed_on": _framework_time()}
    with database.writing() as connection:
        if stamp is not None and not take_stamp(connection, user_id, stamp):
            raise AccountRefused({"": "This link was used before."})
        connection.execute(sa.update(users).where(users.c.id == user_id).values(values))
        renew_stamp(connection, user_id)
    return _must_load(database, user_id)


def update_user(
    database: Database,
    user_id: int,
    first_name: str,
    last_name: str,
    email: str,
    roles: Iterable[str] | None = None,
) -> Account:
    """Change name, address and, if given, the whole set of roles of a user.

    Other roles end the user's sessions and tokens: none goes on with old rights.
    """
    account = _must_load(database, user_id)
    email = email.strip() or f"{account.username}@users.invalid"
    wanted = None if roles is None else frozenset(roles)
    if wanted is not None and account.is_admin and ADMIN not in wanted:
        _refuse_last_admin(database, user_id)
    if problems := name_problems(account.username, email):
        raise AccountRefused(problems)
    with database.writing() as connection:
        _refuse(taken_problems(connection, account.username, email, user_id))
        values = {
            "first_name": first_name.strip(),
            "last_name": last_name.strip(),
            "email": email,
            "changed_on": _framework_time(),
        }
        connection.execute(sa.update(users).where(users.c.id == user_id).values(values))
        if wanted is not None:
            assign_roles(connection, user_id, wanted)
            if wanted != account.roles:
                renew_stamp(connection, user_id)
    return _must_load(database, user_id)


def set_active(database: Database, user_id: int, active: bool) -> Account:
    """Let a user sign in again, or end all sessions and let nobody in any more."""
    account = _must_load(database, user_id)
    if not active and account.is_admin:
        _refuse_last_admin(database, user_id)
    values = {"active": active, "changed_on": _framework_time()}
    with database.writing() as connection:
        connection.execute(sa.update(users).where(users.c.id == user_id).values(values))
        renew_stamp(connection, user_id)
    return _must_load(database, user_id)


def end_everything(database: Database, user_id: int) -> Account:
    """End every open session, token and link of the user, with no other change."""
    with database.writing() as connection:
        renew_stamp(connection, user_id)
    return _must_load(database, user_id)


def set_locale(
    database: Database, user_id: int, language: str, time_zone: str
) -> Account:
    """Keep the user's language and time zone (a name such as `Europe/Berlin`)."""
    with database.writing() as connection:
        write_settings(
            connection, user_id, {"language": language, "time_zone": time_zone}
        )
    return _must_load(database, user_id)


def record_sign_in(database: Database, user_id: int) -> None:
    """Keep when the user signed in, in the framework's own columns."""
    values = {
        "last_login": _framework_time(),
        "login_count": sa.func.coalesce(users.c.login_count, 0) + 1,
        "fail_login_count": 0,
    }
    with database.writing() as connection:
        connection.execute(sa.update(users).where(users.c.id == user_id).values(values))


def ensure_admin(database: Database, password: str, username: str = "admin") -> Account:
    """The administrator with this user name: made, or given back the role and access.

    An existing user keeps the password; `set_password` changes it.
    """
    existing = find_account(database, username)
    if existing is None:
        return create_user(
            database, username, password, "Administrator", roles=(ADMIN,)
        )
    with database.writing() as connection:
        assign_roles(connection, existing.id, existing.roles | {ADMIN})
    return set_active(database, existing.id, True)


def _find(connection: sa.Connection, login: str) -> sa.RowMapping | None:
    lowered = login.strip().lower()
    by_name = sa.func.lower(users.c.username) == lowered
    statement = (
        sa.select(users.c.id, users.c.password, users.c.active)
        .where(sa.or_(by_name, sa.func.lower(users.c.email) == lowered))
        # A user name wins over somebody else's address of the same text.
        .order_by(sa.case((by_name, 0), else_=1), users.c.id)
        .limit(1)
    )
    return connection.execute(statement).mappings().first()


def account_of(rows: Sequence[sa.RowMapping]) -> Account:
    """The account that rows of ACCOUNT_COLUMNS describe, one row per role."""
    first = rows[0]
    last_login = first["last_login"]
    return Account(
        id=first["id"],
        username=first["username"],
        first_name=first["first_name"],
        last_name=first["last_name"],
        email=first["email"],
        active=bool(first["active"]),
        roles=frozenset(row["role"] for row in rows if row["role"] is not None),
        language=first["language"] or "en",
        time_zone=first["time_zone"] or "UTC",
        stamp=first["stamp"] or "",
        last_login=last_login.replace(tzinfo=UTC) if last_login else None,
    )


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        raise AccountRefused(problems)


def _must_load(database: Database, user_id: int) -> Account:
    account = load_account(database, user_id)
    if account is None:
        raise AccountRefused({"": f"There is no user with the number {user_id}."})
    return account


def _refuse_last_admin(database: Database, user_id: int) -> None:
    others = (
        account
        for account in list_accounts(database)
        if account.is_admin and account.active and account.id != user_id
    )
    if not any(others):
        reason = "This is the last administrator; give the role to another user first."
        raise AccountRefused({"roles": reason})


def _framework_time() -> datetime:
    """Now in UTC as the framework's columns store it, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
