"""Stored records that rows of a file mean, and their lines merged with new ones.

Called by the import before it saves: a row with a known key changes its record, and of
its lines only those that the file speaks of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.compiler import CompiledEntity, CompiledField
from core.exchange.assemble import Draft
from core.exchange.fit import Fitted
from core.exchange.paths import LineLabel
from core.exchange.targets import (
    by_fields,
    external_key,
    external_owners,
    named,
)
from core.expressions import Record
from core.fieldtypes import BadValue
from core.services import Transaction
from core.storage import insert_rows, tables


def find_existing(tx: Transaction, fitted: Fitted, drafts: Sequence[Draft]) -> None:
    """Give each draft the id of the record that its key names, if there is one."""
    if len(fitted.match) > 1:
        _find_by_several(tx, fitted, drafts)
        return
    slot = fitted.match[0]
    texts = {draft.key for draft in drafts if draft.key}
    by = slot.path if slot.kind == "external" else slot.name or "id"
    if slot.is_link and slot.field is not None:
        by = slot.name
    found = named(tx.scene, fitted.entity, by, texts)
    for draft in drafts:
        if draft.key is None:
            continue
        draft.id = found.get(draft.key)
        if slot.kind == "id" and draft.id is None:
            draft.error(
                f"There is no record with the id {draft.key}.",
                "not_found",
                fitted.key_shown,
                draft.key,
            )


def _find_by_several(tx: Transaction, fitted: Fitted, drafts: Sequence[Draft]) -> None:
    """Find the records by several fields; what only together names one."""
    fields = [slot.field for slot in fitted.match if slot.field is not None]
    wanted: dict[int, tuple[Any, ...]] = {}
    for place, draft in enumerate(drafts):
        if draft.key is not None and (values := _values(draft, fields)) is not None:
            wanted[place] = values
    found = by_fields(tx.scene, fitted.entity, fields, set(wanted.values()))
    for place, values in wanted.items():
        ids = found.get(values, [])
        draft = drafts[place]
        if len(ids) > 1:
            text = f"'{draft.key}' stands for {len(ids)} records."
            draft.error(text, "several", fitted.key_shown, draft.key)
        elif ids:
            draft.id = ids[0]


def _values(draft: Draft, fields: Sequence[CompiledField]) -> tuple[Any, ...] | None:
    """The parts of the key as they are stored; None if one is empty or no value."""
    found: list[Any] = []
    for field in fields:
        value = draft.values.get(field.name)
        if value is None or (field.kind == "link" and not isinstance(value, int)):
            return None
        try:
            whole = field.type.coerce(value, field.definition)
        except BadValue:
            return None
        found.append(whole)
    return tuple(found)


def clear_values(draft: Draft) -> None:
    """Empty the places of a stored record whose cells are empty."""
    if draft.id is None:
        return
    for slot in draft.cleared:
        if slot.field is None or slot.kind == "lines":
            continue
        nothing: Any = [] if slot.field.kind == "links" else None
        if slot.label is None:
            draft.values.setdefault(slot.name, nothing)
            continue
        key = (slot.label.lines, slot.label.text, slot.label.number)
        if key in draft.lines:
            draft.lines[key].setdefault(slot.name, nothing)


def check_external(tx: Transaction, fitted: Fitted, drafts: Sequence[Draft]) -> None:
    """Refuse ids of another system that stand for another record already."""
    keys = {key for draft in drafts for key in _external_keys(draft)}
    if not keys:
        return
    taken: dict[str, int | Draft] = {}
    taken |= external_owners(tx.scene, fitted.entity, keys)
    shown = {one.slot.path: one.shown for one in fitted.filled}
    for draft in drafts:
        for namespace, text in list(draft.external):
            owner = taken.setdefault(external_key(namespace, text), draft)
            if owner is draft:
                continue
            if owner == draft.id:
                draft.external.remove((namespace, text))
                continue
            said = "stands for another record already"
            if isinstance(owner, Draft):
                said = f"stands in line {owner.row.line} already"
            column = shown.get(f"@{namespace}")
            draft.error(f"'{text}' {said}.", "repeated", column, text)


def remember(tx: Transaction, entity: str, drafts: Sequence[Draft]) -> list[str]:
    """Keep the ids that saved rows have in another system; returns their keys."""
    rows = [
        {"entity": entity, "key": key, "record": draft.id}
        for draft in drafts
        if not draft.errors
        for key in _external_keys(draft)
    ]
    if rows:
        tx.scene.begin_writing()
        insert_rows(tx.scene.connection, tables.external_id, rows)
    return [str(row["key"]) for row in rows]


def _external_keys(draft: Draft) -> list[str]:
    return [external_key(namespace, text) for namespace, text in draft.external]


def merge_lines(tx: Transaction, entity: str, drafts: Sequence[Draft]) -> None:
    """Put labelled rows into the values; stored ones keep their id."""
    compiled = tx.runtime.compiled.entity(entity)
    names = sorted({key[0] for draft in drafts for key in draft.lines})
    ids = [draft.id for draft in drafts if draft.id is not None and draft.lines]
    paths = [(name, "id") for name in names]
    stored = tx.scene.loader.load(entity, ids, paths) if ids else {}
    for draft in drafts:
        if draft.id is None:
            _as_new(compiled, draft)
        if not draft.lines:
            continue
        record = stored.get(draft.id or 0)
        for name in {key[0] for key in draft.lines}:
            child = tx.runtime.compiled.entity(compiled.lines[name].child)
            draft.values[name] = _merged(child, name, draft, record)


def _as_new(compiled: CompiledEntity, draft: Draft) -> None:
    """Rows given as JSON come without the ids that they had where they were."""
    for name in compiled.lines:
        if rows := draft.values.get(name):
            draft.values[name] = [
                {key: value for key, value in row.items() if key != "id"}
                for row in rows
            ]


def _merged(
    child: CompiledEntity, name: str, draft: Draft, record: Record | None
) -> list[dict[str, Any]]:
    present = () if record is None else record.related(name)
    rows: list[dict[str, Any]] = [{"id": row.id} for row in present]
    taken: set[int | None] = set()
    for key, values in draft.lines.items():
        if key[0] != name:
            continue
        label = draft.labels[key]
        given = {**_choice(child, label), **values}
        match = _match(child, label, present, given, taken)
        if match is None:
            rows.append(given)
        else:
            taken.add(match.id)
            place = next(row for row in rows if row["id"] == match.id)
            place.update(values)
    return rows


def _choice(child: CompiledEntity, label: LineLabel) -> dict[str, Any]:
    """The choice that the label of a row stands for."""
    if label.choice is None:
        return {}
    name, key = label.choice
    many = child.fields[name].definition.type == "multichoice"
    return {name: [key] if many else key}


def _match(
    child: CompiledEntity,
    label: LineLabel,
    present: Sequence[Record],
    given: dict[str, Any],
    taken: set[int | None],
) -> Record | None:
    """The stored row that a labelled row means: the n-th with its choice."""
    if label.choice is None:
        same = [row for row in present if _equal(row, given)]
        return same[0] if same and same[0].id not in taken else None
    name, key = label.choice
    many = child.fields[name].definition.type == "multichoice"
    fitting = [
        row
        for row in present
        if (key in (row.values[name] or ()) if many else row.values[name] == key)
    ]
    equal = [row for row in fitting if _equal(row, given) and row.id not in taken]
    if equal:
        return equal[0]
    place = label.number - 1
    if place < len(fitting) and fitting[place].id not in taken:
        return fitting[place]
    return None


def _equal(row: Record, given: dict[str, Any]) -> bool:
    for name, value in given.items():
        stored = row.values.get(name)
        if isinstance(value, list):
            if tuple(value) != tuple(stored or ()):
                return False
        elif stored != value:
            return False
    return True
