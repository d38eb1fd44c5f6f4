"""Which stored formulas follow which values, across all entities of a registry.

Made once per generation by the compiler; the write path asks it what a change of an
entity's rows touches, `recompute` in which order formulas are worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.compiler.clocks import EXPRESSIONS
from core.compiler.tables import FlatField, flat_fields
from core.compiler.trails import Step, Trail, TrailFinder
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry

Key = tuple[str, str]
_Group = tuple[str, str, str, tuple[Step, ...], str]
NONE: frozenset[str] = frozenset()
#: What a clock is called among the formulas of its entity: this and its id.
CLOCK = "clock "
_LAST = 10**6


@frozen
class Trigger:
    """Rows of `entity` that change `fields` touch formulas of `target`.

    `joins`: the rows are reached by their own column (the only one of `fields`), so
    new and removed rows touch as well; the old and the new value of the column are
    rows of `start`, from which `back` leads on. Otherwise `back` begins at the rows
    themselves. The steps of `back` are walked from `other` to `entity`.
    `formulas`: field -> formulas of the target that read it.
    """

    entity: str
    joins: bool
    start: str
    back: tuple[Step, ...]
    target: str
    formulas: Mapping[str, frozenset[str]]

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose change counts."""
        return frozenset(self.formulas)

    def touched(self, names: Iterable[str] | None) -> frozenset[str]:
        """The formulas that a change of these fields touches; None: any of them."""
        wanted = self.formulas.keys() if names is None else names
        found = (self.formulas.get(name, NONE) for name in wanted)
        return frozenset().union(*found)


@frozen(kw_only=True)
class Upkeep:
    """The stored formulas of all entities and what they follow.

    `levels`: how many other formulas stand before one. `far` are formulas that read
    beyond the document they stand in, so that a save of it alone does not settle them.
    `heavy` are those of them that read through inverses or lists, which may be long.
    `beyond`: entities whose rows far formulas follow.
    `inputs`: the names of the own record that a formula reads. `searched`: entity ->
    its link columns by which records are found that follow what is behind the link.
    """

    triggers: Mapping[str, tuple[Trigger, ...]]
    levels: Mapping[Key, int]
    far: frozenset[Key]
    heavy: frozenset[Key]
    inputs: Mapping[Key, frozenset[str]]
    beyond: frozenset[str]
    searched: Mapping[str, frozenset[str]]

    def of(self, entity: str) -> tuple[Trigger, ...]:
        """What follows the rows of an entity."""
        return self.triggers.get(entity, ())

    def level(self, key: Key) -> int:
        """How many others stand before a formula; clocks come after all of them."""
        return self.levels.get(key, _LAST)

    def by_level(self, wanted: Iterable[Key]) -> list[Key]:
        """Formulas so that each comes after those it reads."""
        return sorted(wanted, key=lambda key: (self.level(key), key))


@dataclass(slots=True)
class _Formula:
    entity: str
    name: str
    trails: frozenset[Trail]

    @property
    def key(self) -> Key:
        return self.entity, self.name

    @property
    def own_inputs(self) -> frozenset[str]:
        """Names of the own record, of relations the first step."""
        names = {t.field for t in self.trails if not t.steps and not t.joins}
        return frozenset(names)

    @property
    def is_heavy(self) -> bool:
        return any(_is_long(trail) for trail in self.trails)


def compile_upkeep(registry: Registry, catalog: FieldTypeCatalog) -> Upkeep:
    """Find out what all stored formulas of a registry follow."""
    finder = TrailFinder(registry)
    formulas = {
        one.key: one
        for entity in registry.entities
        for field in flat_fields(registry, catalog, entity)
        if (one := _formula(registry, finder, entity, field)) is not None
    }
    formulas |= {one.key: one for one in _clocks(registry, finder)}
    inputs = {
        key: frozenset(t_key for t in one.trails if (t_key := _key(t)) in formulas)
        for key, one in formulas.items()
    }
    far = _far(formulas, inputs)
    heavy = frozenset(key for key, one in formulas.items() if one.is_heavy)
    triggers = _triggers(formulas.values())
    return Upkeep(
        triggers=MappingProxyType(triggers),
        levels=MappingProxyType(_levels(inputs)),
        far=far,
        heavy=heavy,
        inputs=MappingProxyType({k: one.own_inputs for k, one in formulas.items()}),
        beyond=frozenset(e for e, some in triggers.items() if _is_far(some, far)),
        searched=MappingProxyType(_searched(formulas.values())),
    )


def _formula(
    registry: Registry, finder: TrailFinder, entity: str, field: FlatField
) -> _Formula | None:
    definition = field.definition
    if not field.has_columns or not (definition.formula or definition.cases):
        return None
    trails: set[Trail] = set()
    for key in ("formula", "cases", "frozen"):
        typed = registry.typed(f"{field.address}/{key}")
        if typed is not None:
            trails |= finder.of(typed, entity, field.group)
    return _Formula(entity, field.name, frozenset(trails))


def _clocks(registry: Registry, finder: TrailFinder) -> Iterator[_Formula]:
    """Clocks follow what they read as formulas do."""
    for id_, clock in registry.clocks.items():
        trails: set[Trail] = set()
        for key in EXPRESSIONS if clock.enabled else ():
            typed = registry.typed(f"clock {id_}/{key}")
            if typed is not None:
                trails |= finder.of(typed, clock.entity)
        if trails:
            yield _Formula(clock.entity, f"{CLOCK}{id_}", frozenset(trails))


def _key(trail: Trail) -> Key:
    return trail.entity, trail.field


def _is_long(trail: Trail) -> bool:
    """Whether any number of rows that the record does not own is read."""
    owned = all(step.owner for step in trail.steps if step.kind == "rows")
    if trail.joins and not trail.near:
        return True
    return not owned or any(step.kind.startswith("pairs") for step in trail.steps)


def _far(
    formulas: Mapping[Key, _Formula], inputs: Mapping[Key, frozenset[Key]]
) -> frozenset[Key]:
    far = {k for k, one in formulas.items() if not all(t.near for t in one.trails)}
    waiting = list(far)
    readers: dict[Key, list[Key]] = {}
    for key, read in inputs.items():
        for other in read:
            readers.setdefault(other, []).append(key)
    while waiting:
        for key in readers.get(waiting.pop(), ()):
            if key not in far:
                far.add(key)
                waiting.append(key)
    return frozenset(far)


def _is_far(triggers: Iterable[Trigger], far: frozenset[Key]) -> bool:
    return any((t.target, f) in far for t in triggers for f in t.touched(None))


def _levels(inputs: Mapping[Key, frozenset[Key]]) -> dict[Key, int]:
    levels: dict[Key, int] = {}

    def level(key: Key, begun: frozenset[Key]) -> int:
        if key not in levels:
            below = [level(k, begun | {key}) for k in inputs[key] if k not in begun]
            levels[key] = 1 + max(below, default=-1)
        return levels[key]

    for key in inputs:
        if not key[1].startswith(CLOCK):
            level(key, frozenset({key}))
    return levels


def _triggers(formulas: Iterable[_Formula]) -> dict[str, tuple[Trigger, ...]]:
    grouped: dict[_Group, dict[str, set[str]]] = {}
    for formula in formulas:
        for trail in formula.trails:
            start = trail.entity
            if trail.joins:
                start = trail.steps[-1].other if trail.steps else formula.entity
            # Columns that join rows lead to different entities each: one group a field.
            joined = trail.field if trail.joins else None
            back = tuple(reversed(trail.steps))
            key = (trail.entity, joined or "", start, back, formula.entity)
            found = grouped.setdefault(key, {})
            found.setdefault(trail.field, set()).add(formula.name)
    triggers: dict[str, list[Trigger]] = {}
    for (entity, joined, start, back, target), fields in grouped.items():
        names = MappingProxyType({n: frozenset(f) for n, f in fields.items()})
        made = Trigger(entity, bool(joined), start, back, target, names)
        triggers.setdefault(entity, []).append(made)
    return {entity: tuple(found) for entity, found in triggers.items()}


def _searched(formulas: Iterable[_Formula]) -> dict[str, frozenset[str]]:
    """Links between documents by which a change behind them looks for its readers."""
    found: dict[str, set[str]] = {}
    for formula in formulas:
        for trail in formula.trails:
            for step in trail.steps:
                if step.kind in ("link", "pairs") and not step.owner:
                    found.setdefault(step.entity, set()).add(step.field)
    return {entity: frozenset(names) for entity, names in found.items()}
