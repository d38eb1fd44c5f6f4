"""Old versions of a record: what it held, what going back would change, going back.

Called by pages and the API. The audit is walked backwards from what is stored now;
going back is an ordinary save, so rights, rules and the check of the version hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Record
from core.frozen import frozen
from core.services.errors import NotFound
from core.services.history import AuditEntry, history

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: So many changes are looked back through.
MOST = 10_000
_SAVES = frozenset({"created", "updated"})


@frozen
class FieldChange:
    """One field: what it holds `now` and held `then`, as JSON; rows for lines.

    `open`: going back sets it; else the actor may not, or nobody may, and it stays.
    """

    name: str
    now: Any
    then: Any
    open: bool


@frozen
class OldVersion:
    """A version of a record against what is stored now (`current`)."""

    version: int
    current: int
    at: datetime
    actor: int | None
    changes: tuple[FieldChange, ...]

    def values(self) -> dict[str, Any]:
        """What a save sets to go back."""
        return {one.name: one.then for one in self.changes if one.open}


def old_version(reader: Reader, entity: str, id: int, version: int) -> OldVersion:
    """Return what going back to a version would change; NotFound for an unknown one."""
    record = reader.get(entity, id)
    entries = history(reader.scene, entity, id, MOST)
    current = int(record["version"])
    began = next((one for one in entries if one.version == version), None)
    if began is None and version != current:
        raise NotFound(
            f"There is no version {version} of this record.",
            entity=entity,
            id=id,
            version=version,
        )
    compiled = reader.runtime.compiled.entity(entity)
    later = [e for e in entries if e.version > version and e.action in _SAVES]
    closed = _closed(reader, entity, id, compiled)
    found = [
        *_values(compiled, record, later, closed),
        *_lines(reader, compiled, record, later, closed),
    ]
    order = list(compiled.fields)
    found.sort(key=lambda one: order.index(one.name))
    if began is None:
        # What was imported or set up long ago may have no history of its own.
        at, actor = record["updated_at"], record.values.get("updated_by")
    else:
        at, actor = began.at, began.actor
    return OldVersion(version, current, at, actor, tuple(found))


def _closed(
    reader: Reader, entity: str, id_: int, compiled: CompiledEntity
) -> frozenset[str]:
    """The fields that a save of the actor may not set in the record as it is."""
    if id_ not in reader.permitted(entity, "update", [id_]):
        return frozenset(compiled.fields)
    return reader.evaluate(entity, {}, id_).readonly


def restore_version(
    tx: Transaction,
    entity: str,
    id: int,
    version: int,
    expected: int | None = None,
    accept_warnings: bool = False,
) -> Record:
    """Go back to a version by a save; raises what any save raises."""
    values = old_version(tx, entity, id, version).values()
    return tx.update(entity, id, values, expected, accept_warnings=accept_warnings)


def _values(
    compiled: CompiledEntity,
    record: Record,
    later: Sequence[AuditEntry],
    closed: frozenset[str],
) -> list[FieldChange]:
    """Plain fields: the oldest of their later changes says what they held."""
    then: dict[str, Any] = {}
    for entry in later:
        for name, change in entry.changes.items():
            field = compiled.fields.get(name)
            if field is not None and field.kind not in ("lines", "group"):
                then[name] = change[0]
    found = []
    for name, old in then.items():
        field = compiled.fields[name]
        if field.computed:
            continue
        now = _json(field, record.values.get(name))
        if field.type.write_only:
            # The audit never holds a secret.
            found.append(FieldChange(name, None, None, False))
        elif now != old:
            free = name not in closed and not field.definition.once
            found.append(FieldChange(name, now, old, free))
    return found


def _json(field: CompiledField, value: Any) -> Any:
    if value is None or value == ():
        return None
    return field.type.to_json(value, field.definition)


def _lines(
    reader: Reader,
    compiled: CompiledEntity,
    record: Record,
    later: Sequence[AuditEntry],
    closed: frozenset[str],
) -> list[FieldChange]:
    found = []
    for name, lines in compiled.lines.items():
        changes = [one for e in later for one in e.changes.get(name, ())]
        if not changes or compiled.fields[name].build is not None:
            continue
        child = reader.runtime.compiled.entity(lines.child)
        rows = _Rows(reader, child, lines.back, record.relations.get(name, ()))
        now = rows.shown()
        for one in changes:
            rows.undo(one)
        if rows.is_changed():
            free = name not in closed
            found.append(FieldChange(name, now, rows.given(), free))
    return found


class _Rows:
    """The rows of one lines field on the way back: id -> values as JSON.

    Rows of rows stand below the id of the row that owns them.
    """

    def __init__(
        self,
        reader: Reader,
        child: CompiledEntity,
        back: str,
        records: Sequence[Record],
    ) -> None:
        self._reader = reader
        self._child = child
        writable = reader.access.of(child.id).writable
        open_ = {n: f for n, f in child.fields.items() if n in writable and f.writable}
        self._fields = {
            name: field
            for name, field in open_.items()
            if field.kind not in ("lines", "group")
            and name != back
            and not field.computed
            and not field.type.write_only
        }
        self._lines = [n for n in child.lines if n in open_ and open_[n].build is None]
        self._rows: dict[int, dict[str, Any]] = {}
        self._below: dict[int, dict[str, _Rows]] = {}
        for row in records:
            self._rows[row.id or 0] = {
                name: _json(field, row.values.get(name))
                for name, field in self._fields.items()
            }
            self._below[row.id or 0] = self._rows_of(row)
        self._stored = {id_: dict(row) for id_, row in self._rows.items()}
        self._first = self.shown()

    def _rows_of(self, row: Record | None) -> dict[str, _Rows]:
        found = {}
        for name in self._lines:
            lines = self._child.lines[name]
            child = self._reader.runtime.compiled.entity(lines.child)
            rows = () if row is None else row.relations.get(name, ())
            found[name] = _Rows(self._reader, child, lines.back, rows)
        return found

    def undo(self, change: Mapping[str, Any]) -> None:
        """Take one change of one row back."""
        id_ = change.get("id")
        if not isinstance(id_, int):
            return
        if "added" in change:
            self._rows.pop(id_, None)
            return
        if "removed" in change:
            self._rows[id_] = {}
            self._below[id_] = self._rows_of(None)
        elif id_ not in self._rows:
            return
        held = change["removed"] if "removed" in change else change["changed"]
        for name, one in held.items():
            if name in self._fields:
                self._rows[id_][name] = one[0]
            elif name in self._lines:
                for inner in one:
                    self._below[id_][name].undo(inner)

    def is_changed(self) -> bool:
        """Whether anything differs from what is stored now."""
        return self.shown() != self._first

    def shown(self) -> list[dict[str, Any]]:
        """All rows with what they hold."""
        return [
            {
                "id": id_,
                **row,
                **{name: rows.shown() for name, rows in self._below[id_].items()},
            }
            for id_, row in self._rows.items()
        ]

    def given(self) -> list[dict[str, Any]]:
        """The rows as a save takes them; those that are gone come back as new ones."""
        found = []
        for id_, row in self._rows.items():
            stored = id_ in self._stored
            values = {"id": id_, **_changed(self._stored[id_], row)} if stored else row
            below = self._below[id_].items()
            rows = {n: one.given() for n, one in below if one.is_changed()}
            found.append({**values, **rows})
        return found


def _changed(before: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if before.get(name) != value}
