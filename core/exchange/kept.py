"""Mappings that are kept by entity and header, so that the next file needs none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from core.exchange.errors import BadMapping
from core.exchange.mapping import Mapping, mapping_document, mapping_from
from core.exchange.report import own_columns
from core.services import Reader, Transaction
from core.storage import tables


def header_hash(header: Sequence[str]) -> str:
    """What files with the same columns have in common."""
    text = "\x1f".join(sorted(name.strip().casefold() for name in own_columns(header)))
    return hashlib.sha256(text.encode()).hexdigest()


def keep_mapping(tx: Transaction, mapping: Mapping, header: Sequence[str]) -> None:
    """Keep a mapping under its name; one of the same name is replaced."""
    table = tables.import_mapping
    name = mapping.name or header_hash(header)[:12]
    where = (table.c.entity == mapping.entity, table.c.name == name)
    tx.scene.connection.execute(table.delete().where(*where))
    tx.scene.connection.execute(
        table.insert().values(
            entity=mapping.entity,
            name=name,
            header_hash=header_hash(header),
            mapping=mapping_document(mapping),
        )
    )


def find_mapping(reader: Reader, entity: str, header: Sequence[str]) -> Mapping | None:
    """Return the kept mapping for files with this header, None if there is none."""
    table = tables.import_mapping
    statement = sa.select(table.c.mapping).where(
        table.c.entity == entity, table.c.header_hash == header_hash(header)
    )
    found = reader.scene.connection.scalars(statement.limit(1)).first()
    return None if found is None else _read(found)


def kept_mappings(reader: Reader, entity: str) -> list[Mapping]:
    """Return all mappings that are kept for an entity, by name."""
    table = tables.import_mapping
    statement = (
        sa.select(table.c.mapping)
        .where(table.c.entity == entity)
        .order_by(table.c.name)
    )
    found = [_read(one) for one in reader.scene.connection.scalars(statement)]
    return [mapping for mapping in found if mapping is not None]


def _read(document: object) -> Mapping | None:
    try:
        return mapping_from(document)
    except BadMapping:
        return None
