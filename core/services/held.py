"""What is held about a record beside itself, and taking it out of there.

Called by core.services.privacy: what people said, planned and attached, and the
histories of other records that repeat its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.deletion import leading_here
from core.services.erasing import ERASED
from core.services.files.fields import ATTACHED
from core.services.files.uses import touch
from core.services.loader import chunks
from core.services.reader import Reader
from core.services.sealing import amend
from core.services.transactions import Transaction
from core.storage import arrival, file_use, mail, tables
from core.storage.timeline_tables import activity, attachment, comment, notification

#: Shorter texts stand everywhere and say nothing of anybody.
_SHORTEST = 4
_SHOWN = (
    ("comments", comment, ("at", "author", "body")),
    ("activities", activity, ("at", "author", "type", "summary", "due", "done_at")),
    ("attachments", attachment, ("at", "author", "name", "size", "media_type")),
    ("mails", mail, ("at", "author", "sender", "receivers", "subject", "body")),
)


def around(reader: Reader, entity: str, id: int) -> dict[str, list[dict[str, Any]]]:
    """What people said, planned and attached, as JSON data."""
    found = {}
    for name, table, columns in _SHOWN:
        statement = (
            sa.select(*(table.c[column] for column in columns))
            .where(table.c.entity == entity, table.c.record == id)
            .order_by(table.c.id)
        )
        rows = reader.scene.connection.execute(statement).mappings()
        found[name] = [{key: _plain(row[key]) for key in columns} for row in rows]
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def scrub_around(tx: Transaction, entity: str, id: int) -> None:
    """Overwrite comments, plans and mails, take attachments and notices away."""
    tx.scene.begin_writing()
    connection = tx.scene.connection

    def here(table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.entity == entity, table.c.record == id)

    connection.execute(comment.update().where(here(comment)).values(body=ERASED))
    connection.execute(activity.update().where(here(activity)).values(summary=ERASED))
    connection.execute(notification.delete().where(here(notification)))
    came = {"sender": "", "subject": "", "said": None}
    connection.execute(arrival.update().where(here(arrival)).values(**came))
    scrubbed: dict[str, Any] = {
        "subject": ERASED,
        "body": ERASED,
        "receivers": [],
        "files": [],
    }
    scrubbed |= {"sender": None, "reply_to": None, "said": None}
    connection.execute(mail.update().where(here(mail)).values(**scrubbed))
    hashes = set(
        connection.scalars(sa.select(attachment.c.sha256).where(here(attachment)))
    )
    connection.execute(attachment.delete().where(here(attachment)))
    used = sa.and_(here(file_use), file_use.c.field == ATTACHED)
    connection.execute(file_use.delete().where(used))
    if hashes:
        touch(tx.scene, hashes)


def texts_of(
    tx: Transaction, compiled: CompiledEntity, record: Record, names: Sequence[str]
) -> frozenset[str]:
    """The texts in fields that go, by which other histories may know the record."""
    found = set(_texts(compiled, record, names))
    for name in names:
        lines = compiled.lines.get(name)
        if lines is None:
            continue
        child = tx.runtime.compiled.entity(lines.child)
        for row in record.relations.get(name, ()):
            found.update(_texts(child, row, tuple(child.fields)))
    return frozenset(text for text in found if len(text) >= _SHORTEST)


def _texts(
    compiled: CompiledEntity, record: Record, names: Sequence[str]
) -> Iterator[str]:
    for name in names:
        value, field = record.values.get(name), compiled.fields.get(name)
        if field is not None and field.type.text_like and isinstance(value, str):
            yield value


def scrub_histories(
    tx: Transaction, compiled: CompiledEntity, id: int, texts: frozenset[str]
) -> int:
    """Take texts out of the history of this record and of all that lead to it.

    Returns how many entries were changed.
    """
    if not texts:
        return 0
    longest = sorted(texts, key=len, reverse=True)
    changed = _scrub(tx, compiled.id, [id], longest)
    for other, name, _rule in leading_here(tx.scene, compiled.id):
        leading = _leading(tx, compiled.id, other, name, id)
        ids = list(tx.scene.connection.scalars(leading))
        changed += _scrub(tx, other, ids, longest)
    return changed


def _leading(
    tx: Transaction, entity: str, other: str, name: str, id_: int
) -> sa.Select[Any]:
    """The ids of the records of another entity that lead to this one by a field."""
    child = tx.runtime.compiled.entity(other)
    field = child.fields[name]
    statement = sa.select(child.table.c.id)
    if field.kind == "reference":
        target, of = (child.table.c[one] for one in field.columns)
        return statement.where(target == id_, of == entity)
    if field.kind == "links":
        pairs = tx.runtime.compiled.association_tables[other, name]
        return sa.select(pairs.c.source).where(pairs.c.target == id_)
    return statement.where(child.table.c[name] == id_)


def _scrub(
    tx: Transaction, entity: str, ids: Sequence[int], texts: Sequence[str]
) -> int:
    audit, changed = tables.audit, []
    for chunk in chunks(list(ids)):
        rows = tx.scene.connection.execute(
            sa.select(audit.c.id, audit.c.changes).where(
                audit.c.entity == entity, audit.c.record.in_(chunk)
            )
        ).all()
        for row in rows:
            rest = without(row.changes, texts)
            if rest != row.changes:
                where = audit.c.id == row.id
                statement = audit.update().where(where).values(changes=rest)
                tx.scene.connection.execute(statement)
                changed.append(row.id)
    amend(tx, changed)
    return len(changed)


def without(value: Any, texts: Sequence[str]) -> Any:
    """The same JSON data with the texts overwritten wherever they stand."""
    if isinstance(value, str):
        for text in texts:
            value = value.replace(text, ERASED)
        return value
    if isinstance(value, dict):
        return {key: without(one, texts) for key, one in value.items()}
    return [without(one, texts) for one in value] if isinstance(value, list) else value
