"""The checking steps of a save: validity of values, then rules, then plugins.

Steps `validate`, `run_rules` and `ask_plugins` of core.services.write. Every problem
of every record is collected, so that a user mends all of them at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.compiler import (
    CompiledBounds,
    CompiledEntity,
    CompiledField,
    CompiledLines,
    CompiledRule,
    Computed,
)
from core.fieldtypes import BadValue
from core.services.batch import Batch, Change, below, company_of, problem_from
from core.services.check_links import check_links
from core.services.check_properties import check_properties
from core.services.check_unique import check_unique
from core.services.rows_ahead import read_ahead
from core.services.sentences import Sentence
from core.services.transition_states import is_state, state_message

#: So many records at once are a person's work; beyond that nobody reads reasons.
_WORDED = 5


def validate(batch: Batch) -> None:
    """Required, read-only, bounds, offered choices, links, uniqueness, row counts."""
    for child in below(batch):
        validate(child)
    batch.sound = batch.alive
    check_links(batch)
    _required(batch)
    _company(batch)
    _bounds(batch)
    counted = [
        (name, lines)
        for name, lines in batch.entity.lines.items()
        if lines.least is not None or lines.greatest is not None
    ]
    picked = [
        (batch.entity.fields[name], bounds)
        for name, bounds in batch.entity.bounds.items()
        if batch.entity.fields[name].kind == "links"
    ]
    for change in batch.sound:
        if not batch.trusted:
            _readonly(batch, change)
            _once(batch, change)
        if counted:
            _counts(batch, change, counted)
        if picked:
            _picks(batch, change, picked)
    if not batch.trusted:
        _write_conditions(batch)
    _offered(batch)
    _named_things(batch)
    check_properties(batch)
    check_unique(batch)


def condition_holds(batch: Batch, change: Change, test: bool | Computed) -> bool:
    """Whether a required, readonly or visible condition acts on the change."""
    if isinstance(test, bool):
        return test
    return test.run(batch.env(change)) is True


def _required(batch: Batch) -> None:
    entity = batch.entity
    sound = {id(change) for change in batch.sound}
    filled = {default.field for default in entity.defaults}
    filled |= {derive.field for derive in entity.derives}
    for name, test in entity.required.items():
        field = entity.fields[name]
        if field.numbering is not None or not test:
            continue
        owned = entity.owner is not None and name == entity.owner.field
        for change in batch.changes:
            early = change.failed and id(change) not in sound
            if early and not _is_certain(batch, change, name, test, filled):
                continue
            if owned and change.parent is not None:
                continue
            if _is_empty(change, field) and condition_holds(batch, change, test):
                because = _because(batch, change, test)
                message = f"{field.label} is required."
                change.problem(name, "required", message, because=because)


def _is_certain(
    batch: Batch, change: Change, name: str, test: bool | Computed, filled: set[str]
) -> bool:
    """Whether a record that was left out early misses a value for sure.

    Its defaults and suggestions have not been worked out, and nothing was loaded.
    """
    if batch.verb != "create" and change.old is None:
        return False
    return test is True and (name not in filled or name in change.explicit)


def _is_empty(change: Change, field: CompiledField) -> bool:
    values = change.record.values
    if field.kind == "lines":
        return not change.record.relations.get(field.name, True)
    if field.kind == "group":
        return all(values.get(member) is None for member in field.members)
    if any(problem.field == field.name for problem in change.problems):
        return False
    return values.get(field.name) in (None, ())


def _company(batch: Batch) -> None:
    """A record belongs to one of the actor's companies, or to none."""
    actor = batch.scene.actor
    if not batch.entity.has_company or batch.trusted or not actor.companies:
        return
    label = batch.entity.fields["company"].label
    for change in batch.sound:
        company = change.record.values.get("company")
        if company is None or company in actor.companies:
            continue
        change.problem("company", "other_company", f"You do not work for this {label}.")


def _readonly(batch: Batch, change: Change) -> None:
    for name, test in batch.entity.readonly.items():
        field = batch.entity.fields[name]
        given = name in change.explicit or name in change.given
        if not given or field.computed:
            continue
        if change.old is not None and name not in change.changed:
            continue
        if change.old is None and not _is_odd(batch, change, name):
            continue
        if is_state(batch.entity, name):
            if batch.via != "seed" or change.old is not None:
                change.problem(name, "state", state_message(batch.entity, field))
        elif batch.via == "seed" and change.old is None and test is True:
            # Rows that a module brings may tell of a past that nobody clicked through.
            continue
        elif condition_holds(batch, change, test):
            message = f"{field.label} cannot be changed at present."
            because = _because(batch, change, test)
            change.problem(name, "readonly", message, because=because)


def _is_odd(batch: Batch, change: Change, name: str) -> bool:
    """Whether a new record's value is another than the one it would get by itself."""
    value = change.explicit.get(name)
    if value is None:
        return False
    entity = batch.entity
    own = [derive.value for derive in entity.derives if derive.field == name]
    own += [default.value for default in entity.defaults if default.field == name]
    for computed in own:
        found = computed.run(batch.env(change))
        if getattr(found, "id", found) == value:
            return False
    return True


def _once(batch: Batch, change: Change) -> None:
    if change.old is None:
        return
    for name in change.changed & change.explicit.keys():
        field = batch.entity.fields[name]
        if field.once:
            change.problem(
                name, "once", f"{field.label} can only be set when it is created."
            )


def _write_conditions(batch: Batch) -> None:
    """Fields that the actor may write in some states only: the stored state counts."""
    scene, entity = batch.scene, batch.entity
    conditions = scene.access.of(entity.id).write_conditions
    given = {name for change in batch.changes for name in change.explicit}
    for name in conditions.keys() & given:
        test = conditions[name]
        records = [change.record for change in batch.sound]
        scene.loader.fill(entity.id, records, test.reads.this)
        for change in batch.sound:
            if name not in change.explicit:
                continue
            if change.old is not None and name not in change.changed:
                continue
            if change.old is None and change.explicit[name] in (None, (), False):
                continue
            env = scene.env(test.reads, company=company_of(change))
            env.this = change.old or change.record
            if test.run(env) is not True:
                label = entity.fields[name].label
                change.problem(name, "not_writable", f"You may not change {label}.")


def _bounds(batch: Batch) -> None:
    for name, bounds in batch.entity.bounds.items():
        field = batch.entity.fields[name]
        sides = [
            (limit, word)
            for limit, word in ((bounds.least, "least"), (bounds.greatest, "most"))
            # Literal limits are the field type's: coerce has checked them.
            if limit is not None and limit.typed is not None
        ]
        if not sides or field.kind == "links":
            continue
        for change in batch.sound:
            value = change.record.values.get(name)
            if value is None:
                continue
            if change.old is not None and name not in change.changed:
                continue
            for limit, word in sides:
                edge = limit.run(batch.env(change))
                if edge is None:
                    continue
                if value < edge if word == "least" else value > edge:
                    shown = field.type.to_json(edge, field.definition)
                    message = f"{field.label} is at {word} {shown}."
                    change.problem(name, f"at_{word}", message)


def _offered(batch: Batch) -> None:
    """Choices that can be picked only under a condition."""
    for name, field in batch.entity.fields.items():
        if not field.offered:
            continue
        for change in batch.sound:
            if name not in change.explicit:
                continue
            if change.old is None or name in change.changed:
                _offers(batch, change, field)


def _offers(batch: Batch, change: Change, field: CompiledField) -> None:
    value = change.record.values.get(field.name)
    for key in value if isinstance(value, tuple) else (value,):
        test = field.offered.get(key) if key is not None else None
        if test is not None and not condition_holds(batch, change, test):
            message = f"'{key}' cannot be chosen for {field.label}."
            change.problem(field.name, "not_offered", message)


def _named_things(batch: Batch) -> None:
    """Names and expressions kept as data fit the entity that they are about."""
    schema = batch.scene.runtime.compiled.registry.schema
    for name, field in batch.entity.fields.items():
        checked = getattr(field.type, "checked", None)
        if checked is None:
            continue
        for change in batch.sound:
            if name not in change.explicit:
                continue
            try:
                checked(change.explicit[name], field.definition, schema)
            except BadValue as bad:
                change.problem(name, bad.code, bad.message, facts=bad.facts)


def _counts(
    batch: Batch, change: Change, counted: Sequence[tuple[str, CompiledLines]]
) -> None:
    for name, lines in counted:
        if name not in change.record.relations:
            continue
        number = len(change.record.relations[name])
        _number(batch, change, name, number, (lines.least, lines.greatest), "rows")


def _picks(
    batch: Batch,
    change: Change,
    picked: Sequence[tuple[CompiledField, CompiledBounds]],
) -> None:
    """How many records are picked."""
    for field, bounds in picked:
        if change.old is None or field.name in change.changed:
            number = len(change.record.values.get(field.name) or ())
            limits = bounds.least, bounds.greatest
            _number(batch, change, field.name, number, limits, "records")


def _number(
    batch: Batch,
    change: Change,
    name: str,
    number: int,
    limits: tuple[Computed | None, Computed | None],
    what: str,
) -> None:
    label = batch.entity.fields[name].label
    least, most = (_count(batch, change, limit) for limit in limits)
    if least is not None and number < least:
        change.problem(name, "at_least", f"{label} needs at least {least} {what}.")
    if most is not None and number > most:
        change.problem(name, "at_most", f"{label} takes at most {most} {what}.")


def _count(batch: Batch, change: Change, limit: Computed | None) -> int | None:
    found = None if limit is None else limit.run(batch.env(change))
    return None if found is None else int(found)


# -- rules and plugins --------------------------------------------------------------


def run_rules(batch: Batch) -> None:
    """Check every rule of the entity; unknown passes, as in SQL."""
    for child in below(batch):
        run_rules(child)
    roles = batch.scene.access.map.roles
    for rule in batch.entity.rules:
        if rule.at or (rule.roles and not roles & set(rule.roles)):
            continue
        read_ahead(batch, batch.changes, rule.when, rule.check)
        for change in batch.changes:
            if not change.failed:
                _rule(batch, change, rule)


def _rule(batch: Batch, change: Change, rule: CompiledRule) -> None:
    env = batch.env(change)
    if rule.when is not None and rule.when.run(env) is not True:
        return
    if rule.check.run(env) is not False:
        return
    code = f"{batch.entity.id}/{rule.id}"
    if rule.level == "warn":
        if batch.trusted or _unmoved(batch, change, rule.check):
            return
        if batch.accept_warnings:
            change.accepted.append(rule.id)
            return
    message = rule.message.run(env)
    because = _because(batch, change, rule.check)
    change.problem(rule.field, code, message, rule.level, because=because)


def _because(
    batch: Batch, change: Change, test: bool | Computed
) -> tuple[Sentence, ...]:
    """The values behind a condition; for a person's save, not for thousands of rows."""
    if isinstance(test, bool) or test.typed is None or len(batch.changes) > _WORDED:
        return ()
    from core.services.reasons import Reasons

    return Reasons(batch.scene).facts(test.typed, batch.env(change))


def _unmoved(batch: Batch, change: Change, check: Computed) -> bool:
    """A warning is not repeated while nothing it reads has changed."""
    if change.old is None:
        return False
    return not _inputs(batch.entity, check) & change.changed


def _inputs(entity: CompiledEntity, check: Computed) -> set[str]:
    """The stored fields that a condition reads, through values computed on read too."""
    found: set[str] = set()
    waiting = [path[0] for path in check.reads.this]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in entity.virtuals:
            reads = entity.virtuals[name].value.reads.this
            waiting.extend(path[0] for path in reads)
    return found


def ask_plugins(batch: Batch) -> None:
    """Let modules refuse by returning problems."""
    for child in below(batch):
        ask_plugins(child)
    plugins = batch.scene.runtime.plugins
    if plugins is None or not plugins.modules:
        return
    for change in batch.alive:
        for found in plugins.before_save(batch.tx, batch.entity.id, change):
            change.note(problem_from(change, found))


__all__ = ["ask_plugins", "condition_holds", "run_rules", "validate"]
