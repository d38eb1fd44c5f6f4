"""What a save of an entity loads and computes, worked out once per generation.

Asked by every step through `Batch.plan`. A document and its lines are planned
together: what a parent reads of its rows is loaded or computed for the rows, and the
other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from core.compiler import (
    Compiled,
    CompiledDerive,
    CompiledEntity,
    CompiledField,
    CompiledFormula,
    Computed,
    Reads,
)
from core.expressions.schema import path_name
from core.frozen import frozen
from core.services.runtime import Runtime
from core.services.trie import Path

DECIMALS = "decimals"
STAMPED = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


@frozen
class Calculation:
    """One field that a save works out: a suggestion, or a formula (stored or not).

    `inputs`: the names of the record that a heavy formula reads.
    """

    name: str
    field: CompiledField
    derive: CompiledDerive | None
    formula: CompiledFormula | None
    stored: bool
    defaulted: bool
    inputs: frozenset[str] = frozenset()

    @property
    def value(self) -> Computed:
        """The expression of the value."""
        found = self.derive or self.formula
        assert found is not None
        return found.value

    @property
    def heavy(self) -> bool:
        """Whether it is a stored formula that reads long lists of other documents."""
        return self.formula is not None and self.formula.heavy

    @property
    def always(self) -> bool:
        """Whether every save works it out, whatever it changes."""
        return self.derive is None and not self.heavy and self.frozen is None

    @property
    def frozen(self) -> Computed | None:
        """While this is true the value stays as it is."""
        found = self.derive or self.formula
        return None if found is None else found.frozen


@frozen(kw_only=True)
class SavePlan:
    """How records of one entity are saved.

    `paths`: to prefetch from the record, `above` from the one that owns it, `rows`
    from the rows of each lines field. `early` are calculations before the lines are
    worked out, `late` those that need the lines, `echo` those of lines that read late
    values of their owner. `stirring`: per lines field, the fields here that rows read.
    `blank` holds every field of a new record; `fit`
    takes a computed value into a field.
    """

    paths: frozenset[Path]
    above: frozenset[Path]
    rows: Mapping[str, frozenset[Path]]
    reads: Reads
    old: frozenset[Path]
    early: tuple[Calculation, ...]
    late: tuple[Calculation, ...]
    echo: tuple[Calculation, ...]
    stirring: Mapping[str, frozenset[str]]
    behind: Mapping[str, frozenset[Path]]
    money: Mapping[str, tuple[str, ...]]
    blank: Mapping[str, Any]
    fit: Mapping[str, Callable[[Any], Any]]


def plan_of(runtime: Runtime, entity: str, draft: bool = False) -> SavePlan:
    """The plan of an entity; `draft` computes everything that a form shows."""
    found: SavePlan = runtime.plans.get(
        ("save", entity, draft),
        lambda: _plans(runtime.compiled, _root(runtime.compiled, entity), draft)[
            entity
        ],
    )
    return found


def _root(compiled: Compiled, entity: str) -> str:
    owner = compiled.entity(entity).owner
    if owner is None or not fields_of_lines(compiled, owner.entity, entity):
        return entity
    return _root(compiled, owner.entity)


def fields_of_lines(compiled: Compiled, owner: str, child: str) -> tuple[str, ...]:
    """The lines fields of an entity that hold rows of the child."""
    lines = compiled.entity(owner).lines
    return tuple(name for name, one in lines.items() if one.child == child)


def _members(compiled: Compiled, entity: str) -> Iterator[CompiledEntity]:
    own = compiled.entity(entity)
    yield own
    for child in dict.fromkeys(lines.child for lines in own.lines.values()):
        yield from _members(compiled, child)


def _plans(compiled: Compiled, root: str, draft: bool) -> dict[str, SavePlan]:
    members = {one.id: one for one in _members(compiled, root)}
    wanted = {id_: set(_own_reads(one, draft)) for id_, one in members.items()}
    waiting = [(id_, path) for id_, paths in wanted.items() for path in paths]
    while waiting:
        id_, path = waiting.pop()
        for other, further in _follow(members, id_, path):
            if further not in wanted[other]:
                wanted[other].add(further)
                waiting.append((other, further))
    late: dict[str, frozenset[str]] = {}
    plans: dict[str, SavePlan] = {}
    for id_, one in members.items():
        needed = {path[0] for path in wanted[id_]}
        late[id_] = _late(one)
        owner = late.get(one.owner.entity, frozenset()) if one.owner else frozenset()
        inputs = {
            formula.field: compiled.upkeep.inputs[id_, formula.field]
            for formula in one.formulas
            if formula.heavy
        }
        plans[id_] = _plan(members, one, wanted[id_], needed, late[id_], owner, inputs)
    return plans


def _follow(
    members: Mapping[str, CompiledEntity], id_: str, path: Path
) -> Iterator[tuple[str, Path]]:
    """What must be there for a path to be read, in whichever entity."""
    one, first, rest = members[id_], path[0], path[1:]
    if first in one.virtuals:
        for further in one.virtuals[first].value.reads.this:
            yield id_, further
    elif first in one.lines and rest:
        yield one.lines[first].child, rest
    elif one.owner is not None and first == one.owner.field and rest:
        yield from ((id_, rest) for id_ in members if id_ == one.owner.entity)


def _own_reads(one: CompiledEntity, draft: bool) -> Iterator[Path]:
    yield from one.reads.this
    for field in one.fields.values():
        if field.where is not None:
            yield from field.where.reads.this
        steps = currency_steps(one, field)
        if (steps and steps[0] != "company") or (steps and "company" in one.fields):
            yield (*steps, DECIMALS)
    for unique in one.uniques:
        if unique.where is not None:
            yield from unique.where.reads.this
    if draft:
        yield from ((name,) for name in one.virtuals)
        for test in one.visible.values():
            if isinstance(test, Computed):
                yield from test.reads.this


def currency_steps(one: CompiledEntity, field: CompiledField) -> tuple[str, ...]:
    """The path to the currency whose decimals bound an amount; empty if none does."""
    definition = field.definition
    if definition.currency is None or definition.places is not None or definition.per:
        return ()
    steps = tuple(definition.currency.text.split("."))
    if field.group is not None and f"{field.group}_{steps[0]}" in one.fields:
        steps = (f"{field.group}_{steps[0]}", *steps[1:])
    return steps if steps[0] in one.fields or steps[0] == "company" else ()


def _late(one: CompiledEntity) -> frozenset[str]:
    """Derives and formulas that depend on the lines."""
    found: set[str] = set()
    parts = {**{d.field: d for d in one.derives}, **{f.field: f for f in one.formulas}}
    every: dict[str, Any] = {**parts, **one.virtuals}
    for name in one.save_order:
        reads = _reads(every[name])
        if any(path[0] in one.lines or path[0] in found for path in reads.this):
            found.add(name)
    return frozenset(found)


def _reads(part: CompiledDerive | CompiledFormula) -> Reads:
    reads = part.value.reads
    if part.frozen is not None:
        reads |= part.frozen.reads
    if isinstance(part, CompiledDerive):
        reads |= Reads(part.watch)
        if part.while_ is not None:
            reads |= part.while_.reads
    return reads


def _plan(
    members: Mapping[str, CompiledEntity],
    one: CompiledEntity,
    wanted: set[Path],
    needed: set[str],
    late: frozenset[str],
    owner_late: frozenset[str],
    inputs: Mapping[str, frozenset[str]],
) -> SavePlan:
    calculations = tuple(_calculations(one, needed, inputs))
    up = one.owner.field if one.owner and one.owner.entity in members else None
    outside = {
        path
        for path in wanted
        if path[0] not in one.virtuals and path[0] != up and _loads(one, path)
    }
    frozen = (c.frozen.reads for c in calculations if c.frozen is not None)
    reads = _env_reads(one, calculations)
    return SavePlan(
        paths=frozenset(path for path in outside if path[0] not in one.lines),
        above=frozenset(path[1:] for path in wanted if path[0] == up and path[1:]),
        rows=MappingProxyType(_by_lines(one, outside)),
        reads=reads,
        old=reads.of.get("old", frozenset()) | {p for r in frozen for p in r.this},
        early=tuple(c for c in calculations if c.name not in late),
        late=tuple(c for c in calculations if c.name in late),
        echo=tuple(c for c in calculations if _echoes(c, up, owner_late)),
        stirring=MappingProxyType(dict(_stirring(members, one))),
        behind=MappingProxyType(_behind(one, outside)),
        money=MappingProxyType(
            {n: s for n, f in one.fields.items() if (s := currency_steps(one, f))}
        ),
        blank=MappingProxyType(_blank(one)),
        fit=MappingProxyType(_fit(one)),
    )


def _by_lines(one: CompiledEntity, paths: set[Path]) -> dict[str, frozenset[Path]]:
    return {
        name: frozenset(path for path in paths if path[0] == name) for name in one.lines
    }


def _fit(one: CompiledEntity) -> dict[str, Callable[[Any], Any]]:
    return {
        name: field.type.coercer(field.definition)
        for name, field in one.fields.items()
        if field.kind == "value" and field.columns
    }


def _loads(one: CompiledEntity, path: Path) -> bool:
    """Whether a path asks for more than a column of the record."""
    first = path[0]
    many = first in one.lines or first in one.associations or first in one.inverses
    field = one.fields.get(first)
    return len(path) > 1 or many or (field is not None and field.kind == "group")


def _calculations(
    one: CompiledEntity, needed: set[str], inputs: Mapping[str, frozenset[str]]
) -> Iterator[Calculation]:
    derives = {part.field: part for part in one.derives}
    formulas = {part.field: part for part in one.formulas}
    defaulted = {default.field for default in one.defaults}
    for name in one.save_order:
        stored = name not in one.virtuals
        if not stored and name not in needed:
            continue
        yield Calculation(
            name,
            one.fields[name],
            derives.get(name),
            formulas.get(name) or one.virtuals.get(name),
            stored,
            name in defaulted,
            inputs.get(name, frozenset()),
        )


def _env_reads(one: CompiledEntity, calculations: Iterable[Calculation]) -> Reads:
    reads = one.reads
    for calculation in calculations:
        reads |= calculation.value.reads
    for field in one.fields.values():
        if field.where is not None:
            reads |= field.where.reads
        steps = currency_steps(one, field)
        if steps and steps[0] == "company" and "company" not in one.fields:
            path = (*steps[1:], DECIMALS)
            reads |= Reads(of=MappingProxyType({"company": frozenset({path})}))
    for test in one.visible.values():
        if isinstance(test, Computed):
            reads |= test.reads
    return reads


def _echoes(part: Calculation, up: str | None, late: frozenset[str]) -> bool:
    found = part.derive or part.formula
    assert found is not None
    return any(
        len(path) > 1 and path[0] == up and path[1] in late
        for path in _reads(found).this
    )


def _stirring(
    members: Mapping[str, CompiledEntity], one: CompiledEntity
) -> Iterator[tuple[str, frozenset[str]]]:
    """Which fields of a record its rows read, so that they follow a change."""
    for name, lines in one.lines.items():
        child = members[lines.child]
        parts: tuple[CompiledDerive | CompiledFormula, ...] = (
            *child.derives,
            *child.formulas,
            *child.virtuals.values(),
        )
        read = {
            path[1]
            for part in parts
            for path in _reads(part).this
            if len(path) > 1 and path[0] == lines.back
        }
        spreads = (spread for spread in one.spreads if spread.over == name)
        read |= {path[0] for spread in spreads for path in spread.amount.reads.this}
        if read:
            yield name, frozenset(read)


def _behind(one: CompiledEntity, paths: set[Path]) -> dict[str, frozenset[Path]]:
    """What is read behind each link that a save may set itself."""
    found: dict[str, frozenset[Path]] = {}
    for name, field in one.fields.items():
        if field.kind in ("link", "reference"):
            further = frozenset(p for p in paths if p[0] == name and len(p) > 1)
            if further:
                found[name] = further
    return found


def _blank(one: CompiledEntity) -> dict[str, Any]:
    """Every value of a new record before anything is known: empty, booleans false."""
    blank: dict[str, Any] = dict.fromkeys(STAMPED)
    blank.update(version=1, archived=False, archived_at=None)
    if one.tree is not None:
        blank[path_name(one.tree)] = "/"
    for name, field in one.fields.items():
        if field.kind in ("lines", "group"):
            continue
        if name in one.virtuals:
            continue
        if field.kind == "links":
            blank[name] = ()
        else:
            blank[name] = field.type.coerce(None, field.definition)
    return blank
