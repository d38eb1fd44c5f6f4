"""Runs mappings: records of one entity become records of another.

Called by Transaction for Python, the API and the effect `map`. Sources are locked
before anything is read of them, so that what is open is taken once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledMapping, compile_mapping
from core.compiler.parts import Computed
from core.expressions import Record
from core.fieldtypes import BadValue
from core.services.effects import Take, plain
from core.services.errors import Problem, TransitionRefused, ValidationFailed
from core.services.mapping_lines import check_taken, made_lines
from core.services.mapping_rights import require_reads
from core.services.mapping_run import Mapped, Run, key_of, link_to
from core.services.mapping_writing import write_mapped
from core.services.runtime import Runtime
from core.services.steps_input import not_found, permitted

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction


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
            write_mapped(tx, mapping, one)
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
    answers = _answers(tx, mapping, ask or {})
    run = Run(tx, mapping, answers, take or {}, trusted=tx.trusted)
    sources = sources_of(run, records)
    made = []
    for group in _grouped(run, sources):
        one = _prepared(run, group)
        if _is_worth_it(mapping, one):
            made.append(one)
    check_taken(run)
    if not made:
        raise TransitionRefused(
            f"'{mapping.label}' finds nothing that is left to take.", mapping=id
        )
    return made


def _is_worth_it(mapping: CompiledMapping, one: Mapped) -> bool:
    """Whether something is left to take, where a mapping takes what is open."""
    taking = {lines.id for lines in mapping.lines if lines.open is not None}
    return not taking or any(line.lines.id in taking for line in one.lines)


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
            if not _may_read(tx, target, [value], tx.trusted):
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


def _may_read(tx: Reader, entity: str, ids: Sequence[int], trusted: bool) -> bool:
    compiled = tx.runtime.compiled.entity(entity)
    return trusted or permitted(tx.scene, compiled, "read", ids) >= set(ids)


def sources_of(run: Run, ids: Sequence[int], checking: bool = True) -> list[Record]:
    """The sources that `where` chooses; checking: each must meet `when` as well."""
    tx, mapping = run.tx, run.mapping
    compiled = tx.runtime.compiled.entity(mapping.source)
    wanted = list(dict.fromkeys(ids))
    if not _may_read(tx, mapping.source, wanted, run.trusted):
        raise not_found(compiled, wanted[0])
    run.hold(mapping.source, wanted)
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
    for source in sources if checking else ():
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


def _is_true(run: Run, condition: Computed, source: Record) -> bool:
    return condition.run(run.env(run.mapping.reads, source)) is True


def _grouped(run: Run, sources: Iterable[Record]) -> list[list[Record]]:
    """Sources of equal keys together; without keys each is alone."""
    groups: dict[Any, list[Record]] = {}
    for source in sources:
        key: Any = ("alone", source.id)
        if run.mapping.group_by:
            env = run.env(run.mapping.reads, source)
            key = tuple(key_of(one.run(env)) for one in run.mapping.group_by)
        groups.setdefault(key, []).append(source)
    return list(groups.values())


def _prepared(run: Run, sources: list[Record]) -> Mapped:
    mapping = run.mapping
    env = run.env(mapping.reads, sources[0], rows=tuple(sources))
    values = {name: plain(value.run(env)) for name, value in mapping.fields}
    name = mapping.definition.link
    if name is not None:
        values[name] = link_to(run.tx, mapping.target, name, sources)
    made = [line for lines in mapping.lines for line in made_lines(run, lines, sources)]
    return Mapped(sources, values, made, answers=run.answers)
