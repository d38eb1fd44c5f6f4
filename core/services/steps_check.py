"""The checking steps of a save: validity of values, then rules, then plugins.

Steps `validate`, `run_rules` and `ask_plugins` of core.services.write. Every problem
of every record is collected, so that a user mends all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledField, CompiledUnique, Computed
from core.expressions import Record, Ref, to_sql_condition
from core.services.batch import Batch, Change, below
from core.services.steps_compute import env_of

_CHUNK = 5000


def validate(batch: Batch) -> None:
    """Required, read-only, bounds, offered choices, links, uniqueness, row counts."""
    for child in below(batch):
        validate(child)
    entity = batch.entity
    for name, field in entity.fields.items():
        if field.kind in ("link", "links", "reference"):
            _links(batch, name, field)
    for change in batch.alive:
        _required(batch, change)
        if change.old is not None and not batch.trusted:
            _readonly(batch, change)
        _once(batch, change)
        _bounds(batch, change)
        _offered(batch, change)
        _counts(batch, change)
    for unique in entity.uniques:
        _unique(batch, unique)


def condition_holds(batch: Batch, change: Change, test: bool | Computed) -> bool:
    """Whether a required, readonly or visible condition acts on the change."""
    if isinstance(test, bool):
        return test
    return test.run(env_of(batch, change, test)) is True


def _required(batch: Batch, change: Change) -> None:
    values, entity = change.record.values, batch.entity
    for name, test in entity.required.items():
        field = entity.fields[name]
        owned = change.parent is not None and entity.owner is not None
        if field.numbering is not None or (owned and name == entity.owner.field):
            continue
        if field.kind == "lines":
            empty = not change.record.relations.get(name, True)
        elif field.kind == "group":
            empty = all(values.get(member) is None for member in field.members)
        else:
            empty = values.get(name) in (None, ())
        if empty and condition_holds(batch, change, test):
            change.problem(name, "required", f"{field.label} is required.")


def _readonly(batch: Batch, change: Change) -> None:
    for name, test in batch.entity.readonly.items():
        field = batch.entity.fields[name]
        given = name in change.explicit or field.kind == "lines"
        if not given or name not in change.changed or field.computed:
            continue
        if condition_holds(batch, change, test):
            change.problem(
                name, "readonly", f"{field.label} cannot be changed at present."
            )


def _once(batch: Batch, change: Change) -> None:
    if change.old is None:
        return
    for name in change.explicit:
        field = batch.entity.fields[name]
        if field.once and name in change.changed and not batch.trusted:
            change.problem(
                name, "once", f"{field.label} can only be set when it is created."
            )


def _bounds(batch: Batch, change: Change) -> None:
    for name, bounds in batch.entity.bounds.items():
        value = change.record.values.get(name)
        if value is None or (change.old is not None and name not in change.changed):
            continue
        field = batch.entity.fields[name]
        for limit, word in ((bounds.least, "least"), (bounds.greatest, "most")):
            edge = _edge(batch, change, field, limit)
            if edge is None:
                continue
            if (word == "least" and value < edge) or (word == "most" and value > edge):
                shown = field.type.to_json(edge, field.definition)
                change.problem(
                    name, f"at_{word}", f"{field.label} is at {word} {shown}."
                )


def _edge(
    batch: Batch, change: Change, field: CompiledField, limit: Computed | None
) -> Any:
    if limit is None:
        return None
    found = limit.run(env_of(batch, change, limit))
    return field.type.coerce(found, field.definition)


def _offered(batch: Batch, change: Change) -> None:
    for name in change.explicit:
        field = batch.entity.fields[name]
        value = change.record.values.get(name)
        fresh = change.old is None or name in change.changed
        if value is None or not field.offered or not fresh:
            continue
        chosen = value if isinstance(value, tuple) else (value,)
        for key in chosen:
            test = field.offered.get(key)
            if test is not None and not condition_holds(batch, change, test):
                change.problem(
                    name, "not_offered", f"'{key}' cannot be chosen for {field.label}."
                )


def _counts(batch: Batch, change: Change) -> None:
    for name, lines in batch.entity.lines.items():
        if name not in change.record.relations:
            continue
        number = len(change.record.relations[name])
        field = batch.entity.fields[name]
        least = _count(batch, change, lines.least)
        most = _count(batch, change, lines.greatest)
        if least is not None and number < least:
            change.problem(
                name, "at_least", f"{field.label} needs at least {least} rows."
            )
        if most is not None and number > most:
            change.problem(name, "at_most", f"{field.label} takes at most {most} rows.")


def _count(batch: Batch, change: Change, limit: Computed | None) -> int | None:
    found = None if limit is None else limit.run(env_of(batch, change, limit))
    return None if found is None else int(found)


# -- links ------------------------------------------------------------------------


def _links(batch: Batch, name: str, field: CompiledField) -> None:
    """Targets exist, may be seen, belong to the company and meet the condition."""
    stirred = {path[0] for path in field.where.reads.this} if field.where else set()
    wanted: dict[str, list[tuple[Change, int]]] = {}
    for change in batch.alive:
        fresh = name in change.changed or change.old is None
        if not fresh and not stirred & change.changed:
            continue
        for entity, id_ in _ids(change.record.values.get(name), field):
            wanted.setdefault(entity, []).append((change, id_))
    for entity, pairs in wanted.items():
        if entity not in field.targets:
            for change, _ in pairs:
                change.problem(
                    name, "wrong_target", f"{field.label} cannot lead there."
                )
            continue
        _targets(batch, name, field, entity, pairs)


def _ids(value: Any, field: CompiledField) -> Iterable[tuple[str, int]]:
    if value is None:
        return
    if isinstance(value, Ref):
        yield value.entity, value.id
    elif isinstance(value, tuple):
        for one in value:
            yield field.targets[0], one
    else:
        yield field.targets[0], value


def _targets(
    batch: Batch,
    name: str,
    field: CompiledField,
    entity: str,
    pairs: list[tuple[Change, int]],
) -> None:
    scene = batch.scene
    table = scene.runtime.compiled.tables[entity]
    target = scene.runtime.compiled.entity(entity)
    owner = batch.entity.owner
    if owner is not None and owner.field == name:
        return
    ids = {id_ for _, id_ in pairs}
    seen = _visible(batch, entity, ids, name)
    for change, id_ in pairs:
        if id_ not in seen:
            change.problem(
                name,
                "unknown_target",
                f"{field.label}: there is no {target.label} with the id {id_}, "
                "or you may not see it.",
            )
        elif target.has_company and not _same_company(batch, change, seen[id_]):
            change.problem(
                name,
                "other_company",
                f"{field.label} belongs to another company.",
            )
    if field.where is None or field.where.typed is None:
        return
    allowed = _allowed_targets(batch, field, table, pairs)
    for change, id_ in pairs:
        if id_ in seen and id_ not in allowed[id(change)]:
            change.problem(
                name,
                "not_allowed_target",
                f"{field.label}: this {target.label} cannot be chosen here.",
            )


def _visible(
    batch: Batch, entity: str, ids: set[int], name: str
) -> dict[int, int | None]:
    """Existing targets that the actor may see, with their company."""
    scene = batch.scene
    table = scene.runtime.compiled.tables[entity]
    company = table.c.get("company")
    shown = sa.null().label("company") if company is None else company
    statement = sa.select(table.c.id, shown).where(
        table.c.id.in_(sa.bindparam("ids", expanding=True))
    )
    if not batch.trusted:
        allowed = scene.access.condition(entity, "read", table, scene.around)
        if not scene.access.can(entity, "read"):
            allowed = sa.false()
        if allowed is not None:
            statement = statement.where(allowed)
    found: dict[int, int | None] = {}
    every = sorted(ids)
    for start in range(0, len(every), _CHUNK):
        parameters = {**scene.parameters, "ids": every[start : start + _CHUNK]}
        for id_, owner in scene.connection.execute(statement, parameters):
            found[id_] = owner
    return found


def _same_company(batch: Batch, change: Change, company: int | None) -> bool:
    if company is None:
        return True
    own = change.record.values.get("company")
    if change.parent is not None and own is None:
        own = change.parent.record.values.get("company")
    if not batch.entity.has_company and own is None:
        return True
    return own is None or own == company


def _allowed_targets(
    batch: Batch, field: CompiledField, table: sa.Table, pairs: list[tuple[Change, int]]
) -> dict[int, set[int]]:
    """Per change, the targets that meet the link's `where`."""
    assert field.where is not None
    typed = field.where.typed
    assert typed is not None
    scene, compiled = batch.scene, batch.scene.runtime.compiled
    allowed: dict[int, set[int]] = {}
    constant = not field.where.reads.this
    shared: dict[Any, set[int]] = {}
    everything = {id_ for _, id_ in pairs}
    for change, id_ in pairs:
        paths = field.where.reads.this
        single = all(len(path) == 1 for path in paths)
        key = tuple(change.record.values.get(path[0]) for path in sorted(paths))
        if (constant or single) and key in shared:
            allowed[id(change)] = shared[key]
            continue
        env = env_of(batch, change, field.where)
        binding = compiled.binding(
            {"it": table}, scene.around.parameters, env=env, ref=scene.ref_id
        )
        condition = to_sql_condition(typed, binding, compiled.dialect)
        ids = everything if constant or single else {id_}
        statement = sa.select(table.c.id).where(table.c.id.in_(ids), condition)
        found = set(scene.connection.scalars(statement, dict(scene.parameters)))
        shared[key] = found
        allowed[id(change)] = allowed.get(id(change), set()) | found
    return allowed


# -- uniqueness -------------------------------------------------------------------


def _unique(batch: Batch, unique: CompiledUnique) -> None:
    """Look for other rows with the same values, within the batch and stored."""
    fresh = [
        change
        for change in batch.alive
        if change.old is None
        or set(unique.fields) & change.changed
        or unique.where is not None
    ]
    taken: dict[tuple[Any, ...], Change] = {}
    asked: list[Change] = []
    for change in fresh:
        key = _key(batch, unique, change)
        if key is None:
            continue
        if key in taken:
            _taken(batch, unique, change)
            continue
        taken[key] = change
        asked.append(change)
    if not asked:
        return
    for change, id_ in _stored(batch, unique, taken):
        if id_ != change.record.id:
            _taken(batch, unique, change)


def _key(batch: Batch, unique: CompiledUnique, change: Change) -> Any:
    values = tuple(change.record.values.get(name) for name in unique.fields)
    parent = change.parent.record.id if change.parent is not None else None
    owner = batch.entity.owner
    if owner is not None and owner.field in unique.fields and parent is None:
        values = tuple(
            -1 - id(change.parent) if name == owner.field else value
            for name, value in zip(unique.fields, values, strict=True)
        )
    if any(value is None for value in values):
        return None
    if unique.where is not None and (
        unique.where.run(env_of(batch, change, unique.where)) is not True
    ):
        return None
    if unique.scoped:
        return (*values, change.record.values.get("company") or 0)
    return values


def _stored(
    batch: Batch, unique: CompiledUnique, taken: dict[tuple[Any, ...], Change]
) -> Iterable[tuple[Change, int]]:
    table = batch.entity.table
    first = table.c[unique.fields[0]]
    columns: list[sa.ColumnElement[Any]] = [table.c[name] for name in unique.fields]
    if unique.scoped:
        columns.append(sa.func.coalesce(table.c.company, 0))
    statement = sa.select(table.c.id, *columns).where(
        first.in_(sa.bindparam("firsts", expanding=True))
    )
    if unique.where is not None and unique.where.typed is not None:
        compiled = batch.scene.runtime.compiled
        statement = statement.where(
            batch.scene.around.condition(unique.where.typed, table, compiled)
        )
    firsts = [key[0] for key in taken]
    found: list[tuple[Change, int]] = []
    for start in range(0, len(firsts), _CHUNK):
        parameters = {
            **batch.scene.parameters,
            "firsts": firsts[start : start + _CHUNK],
        }
        for row in batch.scene.connection.execute(statement, parameters):
            change = taken.get(tuple(row[1:]))
            if change is not None:
                found.append((change, row[0]))
    return found


def _taken(batch: Batch, unique: CompiledUnique, change: Change) -> None:
    field = unique.fields[-1] if len(unique.fields) == 1 else None
    message = unique_message(batch, unique, change.record)
    change.problem(field, "unique", message, facts={"constraint": unique.id})


def unique_message(batch: Batch, unique: CompiledUnique, record: Record) -> str:
    """The sentence for a value that is taken."""
    if unique.message is not None:
        return unique.message.run(batch.scene.env(unique.message.reads, this=record))
    fields = [batch.entity.fields[name] for name in unique.fields]
    if len(fields) == 1:
        value = record.values.get(unique.fields[0])
        return f"{fields[0].label} '{value}' is already taken. Choose another."
    names = ", ".join(field.label for field in fields)
    return f"There is already a {batch.entity.label} with the same {names}."


# -- rules ------------------------------------------------------------------------


def run_rules(batch: Batch) -> None:
    """Check every rule of the entity; unknown passes, as in SQL."""
    for child in below(batch):
        run_rules(child)
    for rule in batch.entity.rules:
        if rule.roles and not batch.scene.access.map.roles & set(rule.roles):
            continue
        for change in batch.alive:
            env = batch.scene.env(
                rule.reads,
                this=change.record,
                old=change.old,
                company=change.record.values.get("company"),
            )
            if rule.when is not None and rule.when.run(env) is not True:
                continue
            if rule.check.run(env) is not False:
                continue
            if rule.level == "warn" and (batch.accept_warnings or batch.trusted):
                continue
            if rule.level == "warn" and _unmoved(change, rule.check):
                continue
            code = f"{batch.entity.id}/{rule.id}"
            change.problem(rule.field, code, rule.message.run(env), rule.level)


def _unmoved(change: Change, check: Computed) -> bool:
    """A warning is not repeated while nothing it reads has changed."""
    if change.old is None:
        return False
    return not {path[0] for path in check.reads.this} & change.changed


def ask_plugins(batch: Batch) -> None:
    """Let modules refuse by returning problems."""
    for child in below(batch):
        ask_plugins(child)
    plugins = batch.plugins
    if plugins is None:
        return
    for change in batch.alive:
        change.problems.extend(
            plugins.before_save(batch.scene, batch.entity.id, change)
        )
