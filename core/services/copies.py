"""What imports and repeated requests keep of records: said, and taken out again.

Called by core.services.privacy. A journal of an import repeats values of rows that it
refused; a kept answer repeats what was answered once, for two days.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.services.held import without
from core.services.reader import Reader
from core.services.transactions import Transaction
from core.storage import tables


def imports_of(reader: Reader, entity: str, id: int) -> list[dict[str, Any]]:
    """The imports that made or changed a record: when, and from which file."""
    run, part = tables.import_run, tables.import_part
    statement = (
        sa.select(run.c.id, run.c.at, run.c.file, part.c.touched)
        .join(part, part.c.run == run.c.id)
        .where(run.c.entity == entity)
        .order_by(run.c.id, part.c.number)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in reader.scene.connection.execute(statement):
        if id in _ids(row.touched):
            found[row.id] = {"at": row.at.isoformat(), "file": row.file}
    return list(found.values())


def _ids(touched: dict[str, Any]) -> Iterator[int]:
    for first, last in touched.get("created", ()):
        yield from range(first, last + 1)
    for id_, _version in touched.get("updated", ()):
        yield id_


def scrub_copies(tx: Transaction, entity: str, texts: Sequence[str]) -> int:
    """Take texts out of journals of imports of an entity, and out of kept answers.

    Returns how many entries were changed.
    """
    if not texts:
        return 0
    longest = sorted(texts, key=len, reverse=True)
    tx.scene.begin_writing()
    return _scrub_imports(tx, entity, longest) + _scrub_answers(tx, longest)


def _scrub_imports(tx: Transaction, entity: str, texts: Sequence[str]) -> int:
    run, part, changed = tables.import_run, tables.import_part, 0
    statement = (
        sa.select(part).join(run, part.c.run == run.c.id).where(run.c.entity == entity)
    )
    for row in tx.scene.connection.execute(statement).all():
        rest = without(row.touched, texts)
        if rest != row.touched:
            where = (part.c.run == row.run, part.c.number == row.number)
            change = part.update().where(*where).values(touched=rest)
            tx.scene.connection.execute(change)
            changed += 1
    return changed


def _scrub_answers(tx: Transaction, texts: Sequence[str]) -> int:
    table, changed = tables.idempotency, 0
    for row in tx.scene.connection.execute(sa.select(table)).all():
        kept = dict(row.response or {})
        body = _scrubbed(str(kept.get("body", "")), texts)
        if body is not None:
            where = (table.c.key == row.key, table.c.actor == row.actor)
            change = (
                table.update().where(*where).values(response={**kept, "body": body})
            )
            tx.scene.connection.execute(change)
            changed += 1
    return changed


def _scrubbed(body: str, texts: Sequence[str]) -> str | None:
    """The answer without the texts; None where none of them is in it.

    An answer that is no JSON is sealed: it holds a secret of its reader and no record.
    """
    try:
        document = json.loads(body)
    except ValueError:
        return None
    rest = without(document, texts)
    if rest == document:
        return None
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
