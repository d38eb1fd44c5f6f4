"""Runs mappings: records of one entity become records of another.

Called by Transaction for Python, the API and the effect `map`. Sources are locked
before anything is read of them, so that what is open is taken once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledMapping, CompiledMappingLines, compile_mapping
from core.compiler.parts import Computed, Reads
from core.expressions import Env, Record, Ref
from core.fieldtypes import BadValue
from core.services.batch import LinesPatch
from core.services.effects import plain
from core.services.errors import Problem, TransitionRefused, ValidationFailed
from core.services.holding import hold_rows
from core.services.mapping_rights import require_reads
from core.services.runtime import Runtime
from core.services.steps_input import not_found, permitted

if TYPE_CHECKING:
    from core.services.transactions import Transaction

Take = Mapping[str, Mapping[int, Any]]


@dataclass(slots=True)
class MappedLine:
    """A line to be made: of which source rows, how much of what is open, its values."""

    lines: CompiledMappingLines
    rows: list[Record]
    open: Any
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Mapped:
    """A target to be made of some sources; `record` is it once it is there."""

    sources: list[Record]
    values: dict[str, Any]
    lines: list[MappedLine]
    record: Record | None = None


@dataclass(slots=True)
class _Run:
    tx: Transaction
    mapping: CompiledMapping
    answers: dict[str, Any]
    take: Take
    taken: set[tuple[str, int]] = field(default_factory=set)

    def env(self, reads: Reads, this: Record, **names: Any) -> Env:
        return self.tx.scene.env(reads, this=this, names={**self.answers, **names})


def mapping_of(runtime: Runtime, id: str) -> CompiledMapping:
    """A mapping, compiled at its first use; KeyError if there is none of this id."""
    compiled = runtime.compiled
    made: CompiledMapping = runtime.plans.get(
        ("mapping", id),
        lambda: compile_mapping(compiled.registry, compiled.catalog, id),
    )
    return made


def run_mapping(
    tx: Transaction,
    id: str,
    records: Sequence[int],
    ask: Mapping[str, Any] | None = None,
    take: Take | None = None,
) -> list[Mapped]:
    """Make the targets of these records, in the order of their groups.

    ask: answers by name. take: lines id -> id of a source row -> how much of what is
    open; the rows of such lines that it does not name are left. TransitionRefused says
    why it may not run, or that nothing is left to take.
    """
    tx.scene.begin_writing()
    planned = plan_mapping(tx, id, records, ask, take)
    mapping = mapping_of(tx.runtime, id)
    with tx.scene.atomic():
        for one in planned:
            _write(tx, mapping, one)
    return planned


def plan_mapping(
    tx: Transaction,
    id: str,
    records: Sequence[int],
    ask: Mapping[str, Any] | None = None,
    take: Take | None = None,
) -> list[Mapped]:
    """What a run would make, without making it."""
    mapping = mapping_of(tx.runtime, id)
    require_reads(tx, mapping)
    run = _Run(tx, mapping, _answers(tx, mapping, ask or {}), take or {})
    sources = _sources(run, records)
    made = []
    for group in _grouped(run, sources):
        one = _prepared(run, group)
        if one.lines or not mapping.lines:
            made.append(one)
    _check_taken(run)
    if not made:
        raise TransitionRefused(
            f"'{mapping.label}' finds nothing that is left to take.", mapping=id
        )
    return made


def _answers(
    tx: Transaction, mapping: CompiledMapping, given: Mapping[str, Any]
) -> dict[str, Any]:
    problems = [
        Problem(name, "unknown_field", f"'{mapping.label}' does not ask for '{name}'.")
        for name in given.keys() - mapping.ask.keys()
    ]
    answers: dict[str, Any] = {}
    for name, asked in mapping.ask.items():
        try:
            value = asked.type.coerce(given.get(name), asked.definition)
        except BadValue as bad:
            problems.append(Problem(name, bad.code, bad.message, facts=bad.facts))
            continue
        if value is None and asked.definition.required is True:
            problems.append(Problem(name, "required", f"{asked.label} is required."))
        if value is not None and asked.kind == "link":
            target = asked.targets[0]
            if not _may_read(tx, target, [value]):
                message = f"{asked.label}: this cannot be chosen here."
                problems.append(Problem(name, "unknown_target", message))
            paths = _asked_paths(mapping, name)
            value = tx.scene.loader.load(target, [value], paths).get(value)
        answers[f"ask.{name}"] = value
    if problems:
        raise ValidationFailed(problems)
    return answers


def _asked_paths(mapping: CompiledMapping, name: str) -> set[tuple[str, ...]]:
    key = f"ask.{name}"
    reads = (mapping.reads, *(lines.reads for lines in mapping.lines))
    return {path for one in reads for path in one.of.get(key, frozenset())}


def _may_read(tx: Transaction, entity: str, ids: Sequence[int]) -> bool:
    compiled = tx.runtime.compiled.entity(entity)
    return tx.trusted or permitted(tx.scene, compiled, "read", ids) >= set(ids)


def _sources(run: _Run, ids: Sequence[int]) -> list[Record]:
    tx, mapping = run.tx, run.mapping
    compiled = tx.runtime.compiled.entity(mapping.source)
    wanted = list(dict.fromkeys(ids))
    if not _may_read(tx, mapping.source, wanted):
        raise not_found(compiled, wanted[0])
    hold_rows(tx.scene, mapping.source, wanted)
    paths = set(mapping.reads.this) | mapping.reads.of.get("rows", frozenset())
    for lines in mapping.lines:
        paths |= lines.reads.of.get("parent", frozenset())
    found = tx.scene.loader.load(mapping.source, wanted, paths)
    missing = [id_ for id_ in wanted if id_ not in found]
    if missing:
        raise not_found(compiled, missing[0])
    sources = [found[id_] for id_ in wanted]
    if mapping.where is not None:
        holds = mapping.where.run
        sources = [s for s in sources if holds(run.env(mapping.reads, s)) is True]
    for source in sources:
        if mapping.when is None or _is_true(run, mapping.when, source):
            continue
        typed = mapping.when.typed
        needs = "" if typed is None else f": it needs {typed.text}"
        raise TransitionRefused(
            f"'{mapping.label}' is not possible for {compiled.label} {source.id} "
            f"now{needs}.",
            mapping=mapping.id,
            id=source.id,
        )
    return sources


def _is_true(run: _Run, condition: Computed, source: Record) -> bool:
    return condition.run(run.env(run.mapping.reads, source)) is True


def _grouped(run: _Run, sources: Iterable[Record]) -> list[list[Record]]:
    """Sources of equal keys together; without keys each is alone."""
    groups: dict[Any, list[Record]] = {}
    for source in sources:
        key: Any = ("alone", source.id)
        if run.mapping.group_by:
            env = run.env(run.mapping.reads, source)
            key = tuple(_key(one.run(env)) for one in run.mapping.group_by)
        groups.setdefault(key, []).append(source)
    return list(groups.values())


def _key(value: Any) -> Any:
    return value.id if isinstance(value, Record) else value


def _prepared(run: _Run, sources: list[Record]) -> Mapped:
    mapping = run.mapping
    env = run.env(mapping.reads, sources[0], rows=tuple(sources))
    values = {name: plain(value.run(env)) for name, value in mapping.fields}
    name = mapping.definition.link
    if name is not None:
        values[name] = _link_to(run.tx, mapping.target, name, sources)
    made = [line for lines in mapping.lines for line in _lines(run, lines, sources)]
    return Mapped(sources, values, made)


def _link_to(tx: Transaction, entity: str, name: str, records: Sequence[Record]) -> Any:
    kind = tx.runtime.compiled.entity(entity).fields[name].kind
    if kind == "links":
        return [record.id for record in records]
    return records[0].ref if kind == "reference" else records[0].id


def _lines(
    run: _Run, lines: CompiledMappingLines, sources: Sequence[Record]
) -> list[MappedLine]:
    groups: dict[Any, MappedLine] = {}
    for source in sources:
        found = lines.rows.run(run.env(run.mapping.reads, source)) or ()
        found = found if isinstance(found, tuple | list) else (found,)
        ids = [_key(row) for row in found]
        hold_rows(run.tx.scene, lines.entity, ids)
        paths = lines.reads.this | lines.reads.of.get("rows", frozenset())
        rows = run.tx.scene.loader.load(lines.entity, ids, paths)
        for id_ in ids:
            _take(run, lines, source, rows[id_], groups)
    for line in groups.values():
        names: dict[str, Any] = {"rows": tuple(line.rows), "open": line.open}
        names["parent"] = line.values.pop("parent")
        env = run.env(lines.reads, line.rows[0], **names)
        line.values = {name: plain(value.run(env)) for name, value in lines.fields}
        link = lines.definition.link
        if link is not None:
            line.values[link] = _link_to(run.tx, lines.child, link, line.rows)
    return list(groups.values())


def _take(
    run: _Run,
    lines: CompiledMappingLines,
    source: Record,
    row: Record,
    groups: dict[Any, MappedLine],
) -> None:
    """Take what is open of a row into its line, or leave it."""
    env = run.env(lines.reads, row, parent=source)
    if lines.where is not None and lines.where.run(env) is not True:
        return
    amount = None
    if lines.open is not None:
        amount = _amount(run, lines, row, lines.open.run(env))
        if amount is None or amount <= 0:
            return
    key: Any = ("alone", row.id)
    if lines.group_by:
        key = tuple(_key(one.run(env)) for one in lines.group_by)
    line = groups.get(key)
    if line is None:
        groups[key] = MappedLine(lines, [row], amount, {"parent": source})
        return
    line.rows.append(row)
    if amount is not None:
        line.open += amount


def _amount(run: _Run, lines: CompiledMappingLines, row: Record, open_: Any) -> Any:
    """How much is taken: all that is open, or as much as the caller says."""
    chosen = run.take.get(lines.id)
    if chosen is None or open_ is None:
        return open_
    wanted = chosen.get(row.id or 0)
    run.taken.add((lines.id, row.id or 0))
    if wanted is None:
        return None
    try:
        number = Decimal(str(wanted))
    except ArithmeticError:
        number = Decimal("NaN")
    if number.is_nan() or number < 0 or number > open_:
        message = f"Between 0 and {open_} can be taken, not {wanted}."
        path = ("take", lines.id, row.id or 0)
        raise ValidationFailed([Problem(None, "out_of_range", message, path)])
    return number


def _check_taken(run: _Run) -> None:
    """Refuse amounts for rows that are none of the sources."""
    wanted = {(name, id_) for name, rows in run.take.items() for id_ in rows}
    unknown = sorted(wanted - run.taken)
    if unknown:
        name, id_ = unknown[0]
        message = f"There is no row {id_} of '{name}' to take from."
        path = ("take", name, id_)
        raise ValidationFailed([Problem(None, "not_found", message, path)])


def _write(tx: Transaction, mapping: CompiledMapping, one: Mapped) -> None:
    lines: dict[str, list[MappedLine]] = {}
    for line in one.lines:
        lines.setdefault(line.lines.definition.to, []).append(line)
    rows = {name: [line.values for line in some] for name, some in lines.items()}
    found = _matching(tx, mapping, one)
    before: dict[str, set[int]] = {}
    if found is None:
        one.record = tx.create(mapping.target, {**one.values, **rows})
    elif mapping.definition.update:
        paths = [(name,) for name in rows]
        old = tx.scene.loader.load(mapping.target, [found], paths)[found]
        before = {name: {row.id or 0 for row in old.related(name)} for name in rows}
        patches = {name: LinesPatch(added=list(some)) for name, some in rows.items()}
        one.record = tx.update(mapping.target, found, {**one.values, **patches})
    else:
        one.record = Record(mapping.target, found, {"id": found})
        return
    _link_back(tx, mapping, one, lines, before)


def _matching(tx: Transaction, mapping: CompiledMapping, one: Mapped) -> int | None:
    """The target that is there already, by the fields of `match`."""
    names = mapping.definition.match
    if not names or any(one.values.get(name) is None for name in names):
        return None
    table = tx.runtime.compiled.tables[mapping.target]
    equal = sa.and_(*(table.c[name] == one.values[name] for name in names))
    statement = sa.select(table.c.id).where(equal).order_by(table.c.id).limit(1)
    found: int | None = tx.scene.connection.scalar(statement)
    return found


def _link_back(
    tx: Transaction,
    mapping: CompiledMapping,
    one: Mapped,
    lines: Mapping[str, Sequence[MappedLine]],
    before: Mapping[str, set[int]],
) -> None:
    """Let source rows lead to the lines, or the document, that were made of them."""
    if not any(x.lines.definition.back for some in lines.values() for x in some):
        return
    assert one.record is not None
    id_ = one.record.id or 0
    paths = [(name,) for name in lines]
    target = tx.scene.loader.load(mapping.target, [id_], paths)[id_]
    changes: dict[str, list[tuple[int, dict[str, Any], None]]] = {}
    for name, some in lines.items():
        there = before.get(name, set())
        fresh = [row for row in target.related(name) if row.id not in there]
        fresh.sort(key=lambda row: (row.values["position"], row.id or 0))
        for line, row in zip(some, fresh, strict=True):
            back = line.lines.definition.back
            if back is not None:
                value = _back_value(tx, line, back, row, target)
                rows = changes.setdefault(line.lines.entity, [])
                rows.extend((s.id or 0, {back: value}, None) for s in line.rows)
    for entity, changed in changes.items():
        tx.update_many(entity, changed)


def _back_value(
    tx: Transaction, line: MappedLine, back: str, row: Record, target: Record
) -> Any:
    field = tx.runtime.compiled.entity(line.lines.entity).fields[back]
    to = row if line.lines.child in field.targets else target
    return Ref(to.entity, to.id or 0) if field.kind == "reference" else to.id
