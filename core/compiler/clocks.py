"""Compiled clocks: when they count, how time is measured, what is done when.

Built at first use by `compile_clock`; run by core.services.clocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from core.compiler.computing import Computing, all_reads
from core.compiler.effect_builder import EffectBuilder
from core.compiler.effect_parts import parts_of
from core.compiler.effects import CompiledAction
from core.compiler.parts import Computed, Reads
from core.definitions import ActionDef, BreachDef, ClockDef, WarnDef
from core.definitions.workflow import RepeatDef
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry, words
from core.registry.check_clocks import CONDITIONS, share_of
from core.registry.clocks import kept_by
from core.source import parse_duration

#: The expressions of a clock that read its record, by the ends of their addresses.
EXPRESSIONS = (*CONDITIONS, "target", "calendar")
_NONE = timedelta(0)
_PARTS = 10_000


@frozen(kw_only=True)
class ClockMark:
    """What is done at a share of the target, or at the target and so long more.

    `place` is its name within the clock for ever.
    """

    place: str
    share: Decimal
    more: timedelta
    repeat: RepeatDef | None
    action: CompiledAction

    @property
    def most(self) -> int:
        """How often it is done at most."""
        return 1 if self.repeat is None else self.repeat.most

    def amount(self, target: timedelta, done: int) -> timedelta:
        """How much time has counted when it is done the next time after `done`."""
        amount = target * int(self.share * _PARTS) / _PARTS + self.more
        return amount if self.repeat is None else amount + done * self.repeat.every


@frozen(kw_only=True)
class CompiledClock:
    """How time counts for records of `entity`.

    `target` is how long it may take, None: as `target_of` says. `between` and `after`
    measure with the calendar, if there is one. `keeps`: due, elapsed or state -> field.
    """

    id: str
    definition: ClockDef
    label: str
    entity: str
    start: Computed | None
    stop: Computed | None
    pause: Computed | None
    restart: Computed | None
    target: timedelta | None
    target_of: Computed | None
    calendar: Computed | None
    between: Computed | None
    after: Computed | None
    marks: tuple[ClockMark, ...]
    keeps: Mapping[str, str]
    reads: Reads


def compile_clock(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledClock:
    """One clock; KeyError if there is none of this id."""
    definition, at = registry.clocks[id], f"clock {id}"
    computing = Computing(registry)
    found = {key: computing.at(f"{at}/{key}") for key in EXPRESSIONS}
    measured = {key: computing.at(f"{at}/{key}") for key in ("between", "after")}
    given = definition.target
    effects = EffectBuilder(registry, catalog, computing, definition.entity)
    return CompiledClock(
        id=id,
        definition=definition,
        label=definition.label or words(id.rpartition(".")[2]),
        entity=definition.entity,
        **{key: found[key] for key in CONDITIONS},
        target=given if isinstance(given, timedelta) else None,
        target_of=found["target"],
        calendar=found["calendar"],
        **measured,
        marks=tuple(_marks(definition, effects)),
        keeps=MappingProxyType(kept_by(definition)),
        reads=all_reads(iter([*found.values(), *measured.values()])),
    )


def calendars_of(registry: Registry) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Entity -> clocks whose calendars its rows tell of, with the field leading there.

    The field of a calendar itself is its id.
    """
    found: dict[str, set[tuple[str, str]]] = {}
    for id_ in registry.clocks:
        typed = registry.typed(f"clock {id_}/calendar")
        entity = None if typed is None else registry.schema.entity(typed.type.entity)
        if entity is None:
            continue
        found.setdefault(entity.id, set()).add((id_, "id"))
        for name in ("hours", "exceptions"):
            member = entity.member(name)
            if member is not None and member.target and member.back:
                found.setdefault(member.target, set()).add((id_, member.back))
    return MappingProxyType({one: tuple(sorted(ids)) for one, ids in found.items()})


def _marks(definition: ClockDef, effects: EffectBuilder) -> Iterator[ClockMark]:
    for index, warn in enumerate(definition.warn):
        share = share_of(warn.at_)
        before = None if share is not None else parse_duration(warn.at_)
        yield _mark(
            definition,
            effects,
            f"warn/{index}",
            warn,
            Decimal(1) if share is None else share,
            -before if before is not None else _NONE,
        )
    for index, breach in enumerate(definition.breach):
        place = f"breach/{index}"
        yield _mark(definition, effects, place, breach, Decimal(1), breach.at_)


def _mark(
    definition: ClockDef,
    builder: EffectBuilder,
    place: str,
    one: WarnDef | BreachDef,
    share: Decimal,
    more: timedelta,
) -> ClockMark:
    id_ = definition.id
    effects = builder.all(one.do, f"clock {id_}/{place}/do")
    action = CompiledAction(
        id=id_,
        definition=ActionDef(id=id_, address="", span=definition.span),
        label=definition.label or words(id_.rpartition(".")[2]),
        when=None,
        effects=effects,
        reads=all_reads(parts_of(effects)),
    )
    return ClockMark(
        place=place, share=share, more=more, repeat=one.repeat, action=action
    )
