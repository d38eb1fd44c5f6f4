"""What the product holds about a record, all of it, and taking it out again.

Called by the command line and the API. For records about people: the record, its
lines, what leads to it, its history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record, Ref
from core.frozen import frozen
from core.services.context import Actor
from core.services.copies import imports_of, scrub_copies
from core.services.erasing import erase_fields
from core.services.errors import AppError, NotAllowed
from core.services.held import around, scrub_around, scrub_histories, texts_of
from core.services.reader import Reader
from core.services.request import Query
from core.services.steps_input import not_found
from core.services.transactions import Transaction, transaction
from core.storage import tables

_PAGE = 1000


class NothingToErase(AppError):
    """An entity whose definition names no fields that may be erased."""

    code = "no_retention"


@frozen
class Erased:
    """Which fields were erased, and which stay because they have to."""

    entity: str
    id: int
    erased: tuple[str, ...]
    kept: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "entity": self.entity,
            "id": self.id,
            "erased": list(self.erased),
            "kept": list(self.kept),
            "reason": "What is kept is not named by the retention of the entity: it "
            "belongs to records that have to be kept.",
        }


def personal_data(reader: Reader, entity: str, id: int) -> dict[str, Any]:
    """Return everything the actor may read about a record, as JSON data.

    NotFound if there is no such record, NotAllowed without the verb export.
    """
    reader.access.require(entity, "export")
    compiled = reader.runtime.compiled.entity(entity)
    record = reader.get(entity, id)
    _require_export(reader, compiled, id)
    external = tables.external_id
    keys = reader.scene.connection.scalars(
        sa.select(external.c.key).where(
            external.c.entity == entity, external.c.record == id
        )
    )
    return {
        "entity": entity,
        "id": id,
        "at": reader.scene.moment.now.isoformat(),
        "title": reader.title(entity, id),
        "record": _shown(reader, compiled, record),
        "external_ids": list(keys),
        "related": _related(reader, compiled, id),
        **around(reader, entity, id),
        "imports": imports_of(reader, entity, id),
        "history": [
            {
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "via": entry.via,
                "action": entry.action,
                "changes": entry.changes,
            }
            for entry in reader.history(entity, id)
        ],
    }


def _require_export(reader: Reader, compiled: CompiledEntity, id_: int) -> None:
    """Refuse a record that may be read, but not taken away."""
    if id_ in reader.permitted(compiled.id, "export", [id_]):
        return
    text = f"You may see this {compiled.label}, but you may not export it."
    raise NotAllowed(text, entity=compiled.id, id=id_, verb="export")


def _shown(reader: Reader, compiled: CompiledEntity, record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {"id": record.id}
    for name, value in record.values.items():
        field = compiled.fields.get(name)
        if field is None or value is None or field.type.write_only:
            continue
        if isinstance(value, Ref):
            found[name] = f"{value.entity}/{value.id}"
        elif field.kind == "links":
            found[name] = list(value)
        else:
            found[name] = field.type.to_json(value, field.definition)
    for name, lines in compiled.lines.items():
        child = reader.runtime.compiled.entity(lines.child)
        rows = record.relations.get(name, ())
        if rows:
            found[name] = [_shown(reader, child, row) for row in rows]
    return found


def _related(reader: Reader, compiled: CompiledEntity, id_: int) -> dict[str, Any]:
    """Records of other entities that lead here, as far as the actor may read them."""
    found: dict[str, Any] = {}
    for name, inverse in compiled.inverses.items():
        if not reader.access.can(inverse.entity, "read"):
            continue
        child = reader.runtime.compiled.entity(inverse.entity)
        rows = [
            _shown(reader, child, one)
            for one in _leading(
                reader,
                inverse.entity,
                _filter(reader, compiled.id, child, inverse, id_),
            )
        ]
        if rows:
            found[name] = rows
    return found


def _filter(
    reader: Reader, entity: str, child: CompiledEntity, inverse: Any, id_: int
) -> str:
    """The records of an entity that lead to this one, as a filter."""
    kind = child.fields[inverse.back].kind
    if kind == "links":
        return f"exists(one for one in {inverse.back} if one.id == {id_})"
    if kind != "reference":
        return f"{inverse.back}.id == {id_}"
    target, of = (child.table.c[one] for one in child.fields[inverse.back].columns)
    statement = sa.select(child.table.c.id).where(target == id_, of == entity)
    ids = reader.scene.connection.scalars(statement.limit(_PAGE)).all()
    return f"id in [{', '.join(map(str, ids))}]" if ids else "id == 0"


def _leading(reader: Reader, entity: str, filter_: str) -> Iterator[Record]:
    query = Query(filter=filter_, limit=_PAGE, archived="yes")
    while True:
        page = reader.search(entity, query)
        yield from page.items
        if page.next is None:
            return
        query = replace(query, cursor=page.next)


def may_hold_personal_data(compiled: CompiledEntity) -> bool:
    """Whether a definition says which fields are erased: its records are of people."""
    rule = compiled.definition.retention
    return rule is not None and bool(rule.fields)


def erase_personal_data(
    app: Any, actor: Actor, entity: str, id: int, via: str = "python"
) -> Erased:
    """Overwrite what the entity's retention names, in record, audit and search.

    What people said, planned and attached goes as well, and the histories of records
    that lead here forget its texts; the history says who erased. NotAllowed without
    the verb delete on the record; NothingToErase if the definition names no fields.
    Fields it does not name are kept and reported.
    """
    compiled = app.runtime.compiled.entity(entity)
    rule = compiled.definition.retention
    if rule is None or not rule.fields:
        raise NothingToErase(
            f"The definition of {compiled.label} names no fields to erase; write them "
            "under 'retention'."
        )
    with transaction(app.runtime, actor, via) as tx:
        tx.access.require(entity, "delete")
        if id not in tx.permitted(entity, "delete", [id]):
            raise not_found(compiled, id)
        paths = [("id",), *((name,) for name in rule.fields)]
        before = tx.scene.loader.load(entity, [id], paths).get(id)
        if before is None:
            raise not_found(compiled, id)
        texts = texts_of(tx, compiled, before, rule.fields)
        erased = erase_fields(tx, entity, id, rule.fields)
        scrub_around(tx, entity, id)
        scrub_histories(tx, compiled, id, texts)
        scrub_copies(tx, entity, tuple(texts))
        record = tx.get(entity, id)
        _note(tx, entity, id, record["version"])
        kept = [
            name
            for name, value in record.values.items()
            if name in compiled.fields and name not in erased and value is not None
        ]
    return Erased(entity, id, tuple(erased), tuple(kept))


def _note(tx: Transaction, entity: str, id_: int, version: int) -> None:
    """That it was erased, and by whom, stays in the history."""
    entry: dict[str, Any] = {
        "at": tx.scene.moment.now,
        "actor": tx.actor.user_id,
        "via": tx.via,
        "entity": entity,
        "record": id_,
        "version": version,
        "action": "erased",
        "changes": {},
    }
    tx.scene.connection.execute(tables.audit.insert().values(**entry))
