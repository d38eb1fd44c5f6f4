"""The tables of accounts, seen as plain SQLAlchemy Core.

`ab_*` are created by Flask-AppBuilder's own metadata; here stand only the columns that
accounts use, so that the command line needs no web framework to read them. The
`platform_*` tables are ours. Accounts, tokens and the lock-out read these.
"""

import sqlalchemy as sa

metadata = sa.MetaData()
_foreign = sa.MetaData()


def _key(table: str) -> "sa.Column[int]":
    return sa.Column("id", sa.Integer, sa.Sequence(f"{table}_id_seq"), primary_key=True)


users = sa.Table(
    "ab_user",
    _foreign,
    _key("ab_user"),
    sa.Column("first_name", sa.String(64), nullable=False),
    sa.Column("last_name", sa.String(64), nullable=False),
    sa.Column("username", sa.String(128), unique=True, nullable=False),
    sa.Column("password", sa.String(256)),
    sa.Column("active", sa.Boolean),
    sa.Column("email", sa.String(320), unique=True, nullable=False),
    sa.Column("last_login", sa.DateTime),
    sa.Column("login_count", sa.Integer),
    sa.Column("fail_login_count", sa.Integer),
    sa.Column("created_on", sa.DateTime),
    sa.Column("changed_on", sa.DateTime),
)
roles = sa.Table(
    "ab_role",
    _foreign,
    _key("ab_role"),
    sa.Column("name", sa.String(64), unique=True, nullable=False),
)
user_roles = sa.Table(
    "ab_user_role",
    _foreign,
    _key("ab_user_role"),
    sa.Column("user_id", sa.Integer),
    sa.Column("role_id", sa.Integer),
)
user_settings = sa.Table(
    "platform_user_setting",
    metadata,
    sa.Column("user_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("language", sa.String(16), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    # Changes with the password or a deactivation and ends every open session.
    sa.Column("stamp", sa.String(32), nullable=False),
)
sign_in_failures = sa.Table(
    "platform_sign_in_failure",
    metadata,
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("blocked_until", sa.BigInteger, nullable=False),
)
api_keys = sa.Table(
    "platform_api_key",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user", sa.Integer, nullable=False, index=True),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("prefix", sa.String(16), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.String(255), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("last_used_at", sa.BigInteger),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
)

kept_sessions = sa.Table(
    "platform_session",
    metadata,
    # The hash of what the cookie holds: who reads this table can use none of them.
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("user", sa.Integer, nullable=False, index=True),
    # The user's stamp when it began; another stamp means that it is over.
    sa.Column("stamp", sa.String(32), nullable=False),
    sa.Column("way", sa.String(64), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("agent", sa.String(255), nullable=False),
    sa.Column("began_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.BigInteger, nullable=False, index=True),
)
sign_ins = sa.Table(
    "platform_sign_in",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    # Null where nobody has the name; the name itself may be a password typed there.
    sa.Column("user", sa.Integer),
    sa.Column("act", sa.String(24), nullable=False),
    sa.Column("way", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("agent", sa.String(255), nullable=False),
    # Who did it, where that is not the user himself.
    sa.Column("by", sa.Integer),
    sa.Index("platform_sign_in_user", "user", "id"),
)
second_factors = sa.Table(
    "platform_second_factor",
    metadata,
    sa.Column("user", sa.Integer, primary_key=True, autoincrement=False),
    # Encrypted with a key of the installation.
    sa.Column("secret", sa.String(255), nullable=False),
    # Null until the first code was right.
    sa.Column("confirmed_at", sa.BigInteger),
    # The last time step that was used: no code opens twice.
    sa.Column("last_step", sa.BigInteger, nullable=False),
)
recovery_codes = sa.Table(
    "platform_recovery_code",
    metadata,
    sa.Column("user", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("used_at", sa.BigInteger),
)
passkeys = sa.Table(
    "platform_passkey",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user", sa.Integer, nullable=False, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    # base64url without padding; at most 1,023 bytes by the standard
    sa.Column("credential", sa.String(1364), nullable=False, unique=True),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("uses", sa.BigInteger, nullable=False),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger),
)
provider_accounts = sa.Table(
    "platform_provider_account",
    metadata,
    sa.Column("provider", sa.String(40), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("user", sa.Integer, nullable=False, index=True),
    sa.Column("linked_at", sa.BigInteger, nullable=False),
)


def missing_tables(connection: sa.Connection) -> list[str]:
    """Names of our tables of accounts that an older database lacks."""
    there = set(sa.inspect(connection).get_table_names())
    return sorted(set(metadata.tables) - there)


def create_account_tables(engine: sa.Engine) -> None:
    """Create the tables of accounts that are missing, ours and the framework's."""
    from core.web.fab_models import framework_metadata

    framework_metadata().create_all(engine)
    metadata.create_all(engine)
