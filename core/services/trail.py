"""What a save leaves behind: the audit with old and new, and events in the outbox.

Steps `record_audit` and `queue_events` of core.services.write; archiving and deleting
leave the same traces through `leave_trace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledEntity
from core.expressions import Record
from core.registry.per_company import BY_COMPANY, ROW_LINKS
from core.services.batch import Batch, Change, Lines, by_parent
from core.services.reactions import afterwards, react_to
from core.storage import insert_rows, tables

if TYPE_CHECKING:
    from core.services.scene import Scene

#: Under this name the audit keeps the warnings that the user has answered.
ACCEPTED = "_accepted"
#: Under this name it keeps the users for whom a deputy acted.
DEPUTY = "_deputy_for"
#: Under these names it keeps what was merged into a record, and where it went.
MERGED = "_merged"
MERGED_INTO = "_merged_into"

#: Under these names it keeps the transition that was taken, and the reason given.
TRANSITION = "_transition"
REASON = "_reason"

#: Under this name it keeps what wrote by itself: `automation crm.remind`.
ORIGIN = "_origin"

#: Per batch of lines its changes by what owns them, so that no row is looked at twice.
Owned = dict[int, dict[int, list[Change]]]
#: Per entity what tells the fields of its new records.
Tellers = dict[str, Callable[[Record], dict[str, Any]]]


def record_audit(batch: Batch) -> None:
    """Keep old and new of every changed field; lines stand in their parent's entry."""
    rows = []
    owned: Owned = {}
    tellers: Tellers = {}
    for change in batch.changes:
        if change.failed:
            continue
        changes = _audited(batch, change, owned, tellers)
        if batch.moving is not None:
            changes[TRANSITION] = batch.moving
            if batch.reason:
                changes[REASON] = batch.reason
        if change.accepted:
            changes[ACCEPTED] = list(change.accepted)
        if changes or change.old is None:
            rows.append(_entry(batch, change, f"{batch.verb}d", changes))
    if rows:
        insert_rows(batch.scene.connection, tables.audit, rows)


def _entry(
    batch: Batch, change: Change, action: str, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """One entry of the audit: who, when, by what way, what."""
    scene = batch.scene
    if scene.actor.deputy_for:
        changes = {**changes, DEPUTY: list(scene.actor.deputy_for)}
    if batch.tx is not None and batch.tx.origins:
        changes = {**changes, ORIGIN: batch.tx.origins[-1]}
    return {
        "at": scene.moment.now,
        "actor": scene.actor.user_id,
        "via": batch.via,
        "entity": batch.entity.id,
        "record": change.record.id,
        "version": change.record.values["version"],
        "action": action,
        "changes": changes,
    }


def _audited(
    batch: Batch, change: Change, owned: Owned, tellers: Tellers
) -> dict[str, Any]:
    if change.old is None:
        if batch.entity.id not in tellers:
            tellers[batch.entity.id] = _teller(batch.entity)
        changes = tellers[batch.entity.id](change.record)
    else:
        changes = differences(batch.entity, change.old, change.record, change.changed)
    for lines in batch.lines:
        rows = _line_changes(lines, change, owned, tellers)
        if lines.field == BY_COMPANY:
            _as_own(changes, rows)
        elif rows:
            changes.setdefault(lines.field, []).extend(rows)
    return changes


def _as_own(changes: dict[str, Any], rows: Iterable[Mapping[str, Any]]) -> None:
    """Values per company stand in the audit like other values of the record."""
    for row in rows:
        for word in ("added", "changed"):
            found = row.get(word, {})
            changes.update({n: v for n, v in found.items() if n not in ROW_LINKS})


def _line_changes(
    lines: Lines, change: Change, owned: Owned, tellers: Tellers
) -> list[Any]:
    """Old and new of the rows of one lines field: {id, word: {field: [old, new]}}."""
    rows: list[Any] = []
    for child in lines.batches:
        word = "added" if child.verb == "create" else "changed"
        if id(child) not in owned:
            owned[id(child)] = by_parent(child)
        for one in owned[id(child)].get(id(change), ()):
            found = _audited(child, one, owned, tellers)
            if found or one.old is None:
                rows.append({"id": one.record.id, word: found})
    entity = lines.created.entity
    for row in lines.removed.get(change.row, ()):
        rows.append({"id": row.id, "removed": gone(lines.created.scene, entity, row)})
    return rows


def written(entity: CompiledEntity, new: Record) -> dict[str, Any]:
    """[None, new] of each filled field of a new record."""
    return _teller(entity)(new)


def _teller(entity: CompiledEntity) -> Callable[[Record], dict[str, Any]]:
    """What tells the filled fields of new records of an entity."""
    kept = [
        (name, None if field.type.write_only else field.type.to_json, field.definition)
        for name, field in _kept(entity)
    ]

    def told(new: Record) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        values = new.values
        for name, to_json, definition in kept:
            after = values.get(name)
            if after is None or after == ():
                continue
            shown = None if to_json is None else to_json(after, definition)
            changes[name] = [None, shown]
        return changes

    return told


def erased(entity: CompiledEntity, old: Record) -> dict[str, Any]:
    """[old, None] of each filled field of a record that goes."""
    return {n: [new, old_] for n, (old_, new) in written(entity, old).items()}


def gone(scene: Scene, entity: CompiledEntity, old: Record) -> dict[str, Any]:
    """What a record held that goes, and its rows with theirs, as far as loaded."""
    changes = erased(entity, old)
    for name, lines in entity.lines.items():
        child = scene.runtime.compiled.entity(lines.child)
        rows = old.relations.get(name, ())
        if rows:
            changes[name] = [
                {"id": row.id, "removed": gone(scene, child, row)} for row in rows
            ]
    return changes


def differences(
    entity: CompiledEntity, old: Record, new: Record, names: Iterable[str]
) -> dict[str, Any]:
    """[old, new] of each field as JSON; write-only values are never shown."""
    changes: dict[str, Any] = {}
    wanted = set(names)
    for name, field in _kept(entity):
        if name not in wanted:
            continue
        before, after = old.values.get(name), new.values.get(name)
        if before == after or (before in (None, ()) and after in (None, ())):
            continue
        if field.type.write_only:
            changes[name] = [None, None]
            continue
        to_json, definition = field.type.to_json, field.definition
        changes[name] = [
            None if before is None else to_json(before, definition),
            None if after is None else to_json(after, definition),
        ]
    return changes


def _kept(entity: CompiledEntity) -> Iterable[tuple[str, Any]]:
    """The fields whose values an audit keeps: not lines, groups, or virtual ones."""
    for name, field in entity.fields.items():
        if field.kind in ("lines", "group") or name in entity.virtuals:
            continue
        yield name, field


def queue_events(batch: Batch) -> None:
    """Put an event per record into the outbox, in the same transaction."""
    for word, changes in announced(batch):
        _queue(batch, word, changes)


def announced(batch: Batch) -> Iterator[tuple[str, Sequence[Change]]]:
    """The events of a save, with the changes that each is about."""
    done = [c for c in batch.changes if not c.failed and (c.old is None or c.changed)]
    yield f"{batch.verb}d", done
    if batch.event is not None:
        yield batch.event, batch.alive


def _queue(batch: Batch, word: str, changes: Sequence[Change]) -> None:
    """Queue `<entity>.<word>` for records; the payload names the changed fields."""
    scene, entity = batch.scene, batch.entity.id
    event, now, me = f"{entity}.{word}", scene.moment.now, scene.actor.user_id
    later, caused = afterwards(batch, word, changes), _caused(batch)
    rows = [
        {
            "at": now,
            "event": event,
            "entity": entity,
            "record": change.record.id,
            "payload": {
                "version": change.record.values["version"],
                "actor": me,
                "fields": sorted(change.changed),
                **caused,
                **later.get(change.record.id or 0, {}),
            },
        }
        for change in changes
    ]
    if rows:
        insert_rows(scene.connection, tables.outbox, rows)


def _caused(batch: Batch) -> dict[str, Any]:
    """What raised an event by itself, for the bound of what follows on itself."""
    found: dict[str, Any] = {}
    if batch.tx is not None and batch.tx.origins:
        found["chain"] = list(batch.tx.origins)
    if batch.tx is not None and batch.tx.flow is not None:
        found["flow"] = batch.tx.flow
    return found


def leave_trace(
    batch: Batch,
    changes: Sequence[Change],
    word: str,
    what: Sequence[Mapping[str, Any]],
) -> None:
    """Audit and announce something that is no save: archived, restored, deleted."""
    rows = [
        _entry(batch, change, word, one)
        for change, one in zip(changes, what, strict=True)
    ]
    if rows:
        insert_rows(batch.scene.connection, tables.audit, rows)
        announce(batch, word, changes)


def announce(batch: Batch, word: str, changes: Sequence[Change]) -> None:
    """Raise an event of records: for the outbox, and for what reacts to it now."""
    _queue(batch, word, changes)
    react_to(batch, word, changes)
