"""Calls of endpoints: the body checked, the work done once, the answer kept.

Called by core.web.api.endpoints, which knows who calls. A call is written down with
what became of it, never with what it said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.compiler import CompiledEndpoint, compile_endpoint
from core.expressions import Env, Record
from core.fieldtypes import BadValue
from core.frozen import frozen
from core.services.effects import NO_RECORD, Stage, ids_of, reload
from core.services.errors import NotAllowed, NotFound, Problem, ValidationFailed
from core.services.flows.instances import flow_of, locked
from core.services.flows.running import advance
from core.services.flows.starting import key_text, start
from core.services.idempotency import KeyReused
from core.services.reactions import run_by_itself
from core.services.runtime import Runtime
from core.storage import endpoint_call, insert_rows

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

KIND = "endpoint"
KEPT_FOR = timedelta(days=90)
_LONGEST = 500
_KEY = 200
_SWEPT = 100


@frozen
class Caller:
    """Who calls, by which way, from which address; the digest of what he sent.

    once: of a signed message; it counts once even where the endpoint asks for no key.
    """

    way: str
    address: str
    digest: str
    once: str | None = None


@frozen
class Reply:
    """What a call is answered with; `repeated`: it was made before."""

    status: int
    body: dict[str, Any]
    repeated: bool = False


@frozen
class Called:
    """A call, and what became of it."""

    id: int
    endpoint: str
    key: str | None
    at: datetime
    actor: int | None
    way: str
    address: str | None
    status: int
    said: str | None
    entity: str | None
    record: int | None
    repeated: int


def endpoint_of(runtime: Runtime, id: str) -> CompiledEndpoint:
    """An endpoint, compiled at its first use; KeyError if there is none."""
    compiled = runtime.compiled
    made: CompiledEndpoint = runtime.plans.get(
        (KIND, id), lambda: compile_endpoint(compiled.registry, compiled.catalog, id)
    )
    return made


def call(
    tx: Transaction, endpoint: CompiledEndpoint, given: Mapping[str, Any], who: Caller
) -> Reply:
    """Do what a call asks for, once for each key; returns the answer.

    ValidationFailed names what is wrong with the body, KeyReused says that another call
    had this key.
    """
    tx.scene.begin_writing()
    names = _checked(endpoint, given)
    env = tx.scene.env(endpoint.before, names=names)
    key = who.once if endpoint.key is None else key_text(endpoint.key.run(env))
    made = _claim(tx, endpoint, None if key is None else _own(tx, who, key), who)
    if isinstance(made, Reply):
        return made
    stage = _stage(tx, endpoint, env, names)
    run_by_itself(tx, f"{KIND} {endpoint.id}", stage)
    reload(tx, stage)
    if endpoint.definition.flow is not None:
        stage.names |= _flow(tx, endpoint, stage, given)
        reload(tx, stage)
    reply = _answer(tx, endpoint, stage)
    id_ = stage.record.id
    values = {
        "status": reply.status,
        "answer": reply.body,
        "entity": endpoint.entity if id_ else None,
        "record": id_,
    }
    change = endpoint_call.update().where(endpoint_call.c.id == made)
    tx.scene.connection.execute(change.values(**values))
    return reply


def note_refused(
    tx: Transaction, endpoint: str, who: Caller, status: int, said: str
) -> None:
    """Write down a call that was refused."""
    tx.scene.begin_writing()
    row = _row(tx, endpoint, None, who)
    row |= {"status": status, "said": said[:_LONGEST]}
    insert_rows(tx.scene.connection, endpoint_call, [row])


def list_calls(
    reader: Reader, endpoint: str = "", refused: bool = False, limit: int = 100
) -> list[Called]:
    """The latest calls, newest first; NotAllowed for who is no administrator."""
    if not reader.actor.is_admin:
        text = "Only administrators see calls of endpoints."
        raise NotAllowed(text, entity="endpoint", verb="read")
    table = endpoint_call
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    if endpoint:
        if endpoint not in reader.runtime.compiled.registry.endpoints:
            raise NotFound(f"There is no endpoint '{endpoint[:81]}'.")
        query = query.where(table.c.endpoint == endpoint)
    if refused:
        query = query.where(table.c.status >= 400)
    return [
        Called(
            row.id,
            row.endpoint,
            None if row.key is None else row.key.partition("|")[2],
            row.at,
            row.actor,
            row.way,
            row.address,
            row.status,
            row.said,
            row.entity,
            row.record,
            row.repeated,
        )
        for row in reader.scene.connection.execute(query)
    ]


def _checked(endpoint: CompiledEndpoint, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the body by their names in expressions."""
    problems = [
        Problem(name[:80], "unknown_field", f"The body has no '{name[:80]}'.")
        for name in given.keys() - endpoint.fields.keys()
    ]
    found: dict[str, Any] = {}
    for name, field in endpoint.fields.items():
        try:
            value = field.type.coerce(given.get(name), field.definition)
        except BadValue as bad:
            message = f"'{name}': {bad.message}."
            problems.append(Problem(name, bad.code, message, facts=bad.facts))
            continue
        if value is None and field.definition.required is True:
            problems.append(Problem(name, "required", f"'{name}' is required."))
        found[f"body.{name}"] = value
    if problems:
        raise ValidationFailed(problems)
    return found


def _claim(
    tx: Transaction, endpoint: CompiledEndpoint, key: str | None, who: Caller
) -> int | Reply:
    """The number of a new call, or the answer that the same one got before."""
    connection, table = tx.scene.connection, endpoint_call
    _sweep(tx)
    insert = (
        postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    )
    fresh = insert(table).values(**_row(tx, endpoint.id, key, who))
    asked = fresh.on_conflict_do_nothing().returning(table.c.id)
    made = connection.execute(asked).scalar_one_or_none()
    if made is not None:
        return int(made)
    same = sa.and_(table.c.endpoint == endpoint.id, table.c.key == key)
    row = connection.execute(sa.select(table).where(same)).one()
    if row.digest != who.digest:
        text = "This key was used for another call; a key belongs to one."
        raise KeyReused(text, key=key)
    again = table.c.repeated + 1
    connection.execute(table.update().where(same).values(repeated=again))
    return Reply(row.status, row.answer or {}, repeated=True)


def _own(tx: Transaction, who: Caller, key: str) -> str:
    """The key as it is kept: everybody has keys of his own, in each company."""
    actor = tx.actor
    room = f"{who.way}:{actor.user_id or 0}:{actor.company or 0}|"
    if len(room) + len(key) > _KEY:
        key = hashlib.sha256(key.encode()).hexdigest()
    return room + key


def _row(
    tx: Transaction, endpoint: str, key: str | None, who: Caller
) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "key": key,
        "digest": who.digest,
        "at": tx.scene.moment.now,
        "actor": tx.actor.user_id,
        "way": who.way,
        "address": who.address[:64],
        "status": 200,
        "said": None,
        "answer": None,
        "entity": None,
        "record": None,
        "repeated": 0,
    }


def _sweep(tx: Transaction) -> None:
    """Forget some calls that are old; what has a key stays known for as long."""
    table, before = endpoint_call, tx.scene.moment.now - KEPT_FOR
    old = sa.select(table.c.id).where(table.c.at < before).limit(_SWEPT)
    ids = list(tx.scene.connection.scalars(old.with_for_update(skip_locked=True)))
    if ids:
        tx.scene.connection.execute(table.delete().where(table.c.id.in_(ids)))


def _stage(
    tx: Transaction, endpoint: CompiledEndpoint, env: Env, names: dict[str, Any]
) -> Stage:
    if endpoint.record is None:
        return Stage(NO_RECORD, Record("", None), dict(names), endpoint.action)
    (id_, *_) = [*ids_of(endpoint.record.run(env)), 0]
    paths = endpoint.action.reads.this
    found = tx.scene.loader.load(endpoint.entity, [id_], paths).get(id_)
    if found is None:
        raise NotFound("There is no record that this call could be about.")
    entity = tx.runtime.compiled.entity(endpoint.entity)
    return Stage(entity, found, dict(names), endpoint.action)


def _flow(
    tx: Transaction, endpoint: CompiledEndpoint, stage: Stage, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Start the flow and take it to its first rest; how its steps went."""
    id_ = endpoint.definition.flow or ""
    flow = flow_of(tx.runtime, id_)
    handed = {name: given.get(name) for name in flow.input if name in given}
    instance, fresh = start(tx, id_, stage.record, None, handed)
    if fresh:
        advance(tx, instance, 0)
    kept = locked(tx, instance)
    states = {} if kept is None else kept.states
    return {f"steps.{name}.state": states.get(name) for name in flow.steps}


def _answer(tx: Transaction, endpoint: CompiledEndpoint, stage: Stage) -> Reply:
    env = stage.env(tx)
    for one in endpoint.answers:
        if one.when is None or one.when.run(env) is True:
            body = {name: told(value.run(env)) for name, value in one.body}
            return Reply(one.status, body)
    return Reply(200, {})


def told(value: Any) -> Any:
    """A value as JSON has it; exact numbers stay texts, a record is its id."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Record):
        return value.id
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {str(key): told(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [told(one) for one in value]
    return str(value)
