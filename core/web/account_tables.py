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


def create_account_tables(engine: sa.Engine) -> None:
    """Create the tables of accounts that are missing, ours and the framework's."""
    from core.web.fab_models import framework_metadata

    framework_metadata().create_all(engine)
    metadata.create_all(engine)
