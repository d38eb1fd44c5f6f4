"""Names in the database: tables, columns, indexes and foreign keys.

Used by the compiler and the migrations, so that both arrive at the same names. Names
are at most 63 characters, PostgreSQL's limit; longer ones end in a hash.
"""

from __future__ import annotations

import hashlib

LONGEST = 63
_HASH = 8


def shortened(name: str) -> str:
    """The name itself, or its beginning and a hash where it is too long."""
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:_HASH]
    return f"{name[: LONGEST - _HASH - 1]}_{digest}"


def table_name(entity: str) -> str:
    """`crm.stage` -> `crm_stage`."""
    return shortened(entity.replace(".", "_"))


def association_name(entity: str, field: str) -> str:
    """The table of a many-to-many field."""
    return shortened(f"{table_name(entity)}__{field}")


def fold_name(field: str) -> str:
    """The shadow column that holds the folded text of a field."""
    return f"{field}__fold"


def index_name(table: str, *parts: str) -> str:
    """`ix_<table>__<parts>`."""
    return shortened(f"ix_{table}__{'__'.join(parts)}")


def search_name(table: str) -> str:
    """`fx_<table>`: what finds parts of texts."""
    return shortened(f"fx_{table}")


def unique_name(table: str, id: str) -> str:
    """`uq_<table>__<constraint id>`."""
    return shortened(f"uq_{table}__{id}")


def foreign_key_name(table: str, column: str) -> str:
    """`fk_<table>__<column>`."""
    return shortened(f"fk_{table}__{column}")
