"""Conditions across rows: what an entity keeps besides unique values.

Built for each entity by `EntityBuilder`; core.services.across checks them under a lock.
The dates of `effective` are kept by the same means.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.compiler.computing import Computing
from core.compiler.parts import Computed, FilledText
from core.frozen import frozen
from core.registry import Registry

#: A condition of `effective` has no id of its own.
EFFECTIVE = "effective"
_KINDS = ("at_most_one", "exactly_one", "group_check")


@frozen
class CompiledAcross:
    """One condition across rows.

    kind: `no_overlap`, `seamless`, `at_most_one`, `exactly_one`, `group_check` or
    `acyclic`. `period` holds the first and the last field of a period, `path` the way
    that never leads back. `test` is the expression of the kind. `inclusive`: the end of
    a period belongs to it.
    """

    id: str
    kind: str
    per: tuple[str, ...]
    period: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    inclusive: bool = False
    test: Computed | None = None
    where: Computed | None = None
    message: FilledText | None = None
    level: str = "error"


def across_of(
    registry: Registry, entity: str, computing: Computing
) -> tuple[CompiledAcross, ...]:
    """All conditions across rows of an entity, as written."""
    return tuple(_across(registry, entity, computing))


def _across(
    registry: Registry, entity: str, computing: Computing
) -> Iterator[CompiledAcross]:
    definition = registry.entities[entity]
    own = ("company",) if definition.company != "none" else ()
    dates = definition.effective
    if dates is not None:
        period, per = (dates.from_, dates.to), tuple(dict.fromkeys((*own, *dates.per)))
        yield CompiledAcross(EFFECTIVE, "no_overlap", per, period, inclusive=True)
        if not dates.gaps:
            yield CompiledAcross(EFFECTIVE, "seamless", per, period, inclusive=True)
    for id_, given in definition.constraints.items():
        at = f"entity {entity}/constraints/{id_}"
        kind = next((key for key in _KINDS if getattr(given, key) is not None), None)
        if kind is None:
            kind = "no_overlap" if given.no_overlap else "acyclic"
        if given.unique:
            continue
        span = tuple(given.no_overlap)
        days = bool(span) and definition.fields[span[0]].type == "date"
        yield CompiledAcross(
            id_,
            kind,
            tuple(dict.fromkeys((*own, *given.per))),
            span,
            () if given.acyclic is None else tuple(given.acyclic.steps),
            days,
            computing.at(f"{at}/{kind}"),
            computing.at(f"{at}/where"),
            computing.text(f"{at}/message"),
            given.level,
        )
