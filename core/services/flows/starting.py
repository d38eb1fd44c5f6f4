"""Starts instances of flows: one per key, whatever happens at the same time.

Called by the effect `start`, by events through core.jobs.flows, and by people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.compiler import CompiledFlow
from core.expressions import Record, Ref
from core.fieldtypes import BadValue
from core.services.errors import Problem, ValidationFailed
from core.services.flows.instances import Instance, flow_of, locked, note
from core.storage import flow as table

if TYPE_CHECKING:
    from core.services.transactions import Transaction

_LONGEST_KEY = 200


def start(
    tx: Transaction,
    id: str,
    record: Record,
    key: Any = None,
    input: Mapping[str, Any] | None = None,
) -> tuple[int, bool]:
    """Start a flow about a record; the worker takes it to its first rest.

    key: instead of the one that the flow says.
    Returns the instance and whether it is a new one; there is one per key that is not
    cancelled.
    """
    flow = flow_of(tx.runtime, id)
    if key is None and flow.key is not None:
        tx.scene.loader.fill(flow.entity, [record], flow.action.reads.this)
        env = tx.scene.env(flow.action.reads, this=record, old=record)
        key = flow.key.run(env)
    word = key_text(key)
    values = _values(tx, flow, record, word, checked_input(flow, input or {}))
    made = _insert(tx, values)
    if made is not None:
        note(tx, made, "started")
        return made.id, True
    there = sa.select(table.c.id).where(
        table.c.flow == id, table.c.key == word, table.c.state != "cancelled"
    )
    return int(tx.scene.connection.execute(there).scalar_one()), False


def _values(
    tx: Transaction,
    flow: CompiledFlow,
    record: Record,
    key: str | None,
    given: dict[str, Any],
) -> dict[str, Any]:
    now = tx.scene.moment.now
    return {
        "flow": flow.id,
        "entity": flow.entity,
        "record": record.id,
        "key": key,
        "state": "running",
        "turn": 0,
        "due_at": now,
        "heard": 0,
        "fresh": False,
        "input": given,
        "results": {},
        "states": {},
        "counts": {},
        "chain": list(tx.origins),
        "at": now,
        "author": tx.actor.user_id,
        "changed_at": now,
    }


def key_text(value: Any) -> str | None:
    """A key as it is kept; None where there is none."""
    if isinstance(value, Record | Ref):
        value = f"{value.entity}:{value.id}"
    if value is None or value == "":
        return None
    text = str(value)
    if len(text) <= _LONGEST_KEY:
        return text
    return f"{text[:120]}~{hashlib.sha256(text.encode()).hexdigest()}"


def checked_input(flow: CompiledFlow, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is handed over, as plain values; ValidationFailed names what is wrong."""
    problems = [
        Problem(name, "unknown_field", f"'{flow.label}' does not ask for '{name}'.")
        for name in given.keys() - flow.input.keys()
    ]
    found: dict[str, Any] = {}
    for name, field in flow.input.items():
        try:
            value = field.type.coerce(given.get(name), field.definition)
        except BadValue as bad:
            problems.append(Problem(name, bad.code, bad.message, facts=bad.facts))
            continue
        if value is None and field.definition.required is True:
            problems.append(Problem(name, "required", f"{field.label} is required."))
        elif value is not None:
            found[name] = field.type.to_json(value, field.definition)
    if problems:
        raise ValidationFailed(problems)
    return found


def _insert(tx: Transaction, values: dict[str, Any]) -> Instance | None:
    """The new instance; None if there is one of this key."""
    tx.scene.begin_writing()
    connection = tx.scene.connection
    insert = (
        postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    )
    fresh = insert(table).values(**values).on_conflict_do_nothing()
    made = connection.execute(fresh.returning(table.c.id)).scalar_one_or_none()
    return None if made is None else locked(tx, int(made))
