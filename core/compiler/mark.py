"""A mark of the definitions that were applied last, so that a start need not compare.

`apply` keeps it, `serve` asks for it: as long as no file of a module or of the code
that makes tables has changed, there is nothing to plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

import core
from core.registry import Registry
from core.storage import Database, tables

_PACKAGES = ("compiler", "definitions", "fieldtypes", "migrations", "registry")
# Their tables belong to the platform; a change of them makes new ones in old databases.
_TABLES = ("storage/tables.py", "web/account_tables.py")
_KEYS = (
    ("scope", "applied"),
    ("owner", 0),
    ("module", "platform"),
    ("name", "mark"),
)


def mark_of(registry: Registry, dialect: str) -> str:
    """Return a digest of everything that tables are made from."""
    digest = hashlib.sha256(dialect.encode())
    for file in _files(registry):
        digest.update(str(file.name).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def keep_mark(database: Database, mark: str) -> None:
    """Note that the tables are as these definitions want them."""
    table = tables.setting
    where = [table.c[key] == value for key, value in _KEYS]
    with database.writing() as connection:
        connection.execute(table.delete().where(*where))
        connection.execute(table.insert().values(**dict(_KEYS), value=mark))


def is_marked(database: Database, mark: str) -> bool:
    """Whether the tables were last made from these very definitions."""
    table = tables.setting
    statement = sa.select(table.c.value).where(
        *(table.c[key] == value for key, value in _KEYS)
    )
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(table.name):
            return False
        return connection.scalars(statement).first() == mark


def _files(registry: Registry) -> Iterator[Path]:
    for module in registry.modules.values():
        yield from sorted(Path(module.folder).rglob("*.yml"))
    root = Path(core.__file__).parent
    for package in _PACKAGES:
        yield from sorted((root / package).glob("*.py"))
    for place in _TABLES:
        yield root / place
