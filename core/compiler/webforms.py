"""Compiled web forms: the values they set, and what is done with the new record.

Built at first use by `compile_webform`; used by core.services.webforms.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.compiler.actions import ActionBuilder
from core.compiler.computing import Computing, all_reads
from core.compiler.effect_builder import EffectBuilder
from core.compiler.effects import CompiledAction
from core.compiler.mails import texts_of
from core.compiler.parts import Computed, FilledText, Reads
from core.definitions import WebformDef
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry


@frozen(kw_only=True)
class CompiledWebform:
    """`set` are values of the new record, `done` what is said then, by language."""

    id: str
    definition: WebformDef
    entity: str
    set: tuple[tuple[str, Computed], ...]
    set_reads: Reads
    done: Mapping[str, FilledText]
    action: CompiledAction


def compile_webform(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledWebform:
    """One web form; KeyError if there is none of this id."""
    definition, at = registry.webforms[id], f"webform {id}"
    computing = Computing(registry)
    entity = definition.entity
    values = EffectBuilder(registry, catalog, computing, entity).values(
        entity, definition.set, f"{at}/set"
    )
    builder = ActionBuilder(registry, catalog, computing, entity)
    return CompiledWebform(
        id=id,
        definition=definition,
        entity=entity,
        set=values,
        set_reads=all_reads(iter([value for _, value in values])),
        done=texts_of(registry, computing, f"{at}/done/say"),
        action=builder.doing(at, definition, definition.do),
    )
