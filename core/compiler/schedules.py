"""Compiled schedules: the condition of a run, its effects, and its rows.

Built at first use by `compile_schedule`; run by the worker.
"""

from __future__ import annotations

from core.compiler.computing import Computing, all_reads
from core.compiler.effect_builder import EffectBuilder
from core.compiler.effect_parts import parts_of
from core.compiler.effects import CompiledAction, ForEach
from core.definitions import ActionDef, ScheduleDef
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry, words


@frozen(kw_only=True)
class CompiledSchedule:
    """What a run does: `action.effects` once, then those of `rows` for each row."""

    id: str
    definition: ScheduleDef
    action: CompiledAction
    rows: ForEach | None


def compile_schedule(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledSchedule:
    """One schedule; KeyError if there is none of this id."""
    definition, at = registry.schedules[id], f"schedule {id}"
    computing = Computing(registry)
    builder = EffectBuilder(registry, catalog, computing, "")
    when, effects = computing.at(f"{at}/when"), builder.all(definition.do, f"{at}/do")
    rows = None
    if definition.for_each is not None:
        rows = builder.for_each(definition.for_each, f"{at}/for_each", scheduled=True)
    inner = () if rows is None else (rows,)
    action = CompiledAction(
        id=id,
        definition=ActionDef(id=id, address="", span=definition.span),
        label=definition.label or words(id.rpartition(".")[2]),
        when=when,
        effects=effects,
        reads=all_reads(iter([when, *parts_of((*effects, *inner))])),
    )
    return CompiledSchedule(id=id, definition=definition, action=action, rows=rows)
