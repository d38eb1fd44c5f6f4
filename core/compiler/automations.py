"""Compiled automations: which events concern them, and what they do.

Built at first use by `compile_automation`; run by core.services.reactions.
"""

from __future__ import annotations

from core.compiler.actions import ActionBuilder
from core.compiler.computing import Computing
from core.compiler.effects import CompiledAction
from core.compiler.tables import flat_fields
from core.definitions import AutomationDef
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry, subject_of


@frozen(kw_only=True)
class CompiledAutomation:
    """What is done about records of `entity`, if `action.when` holds.

    `changes`: columns of which one must have changed for `updated`; all if empty.
    `after`: not in the transaction of the event.
    """

    id: str
    definition: AutomationDef
    entity: str
    changes: frozenset[str]
    after: bool
    action: CompiledAction


def compile_automation(
    registry: Registry, catalog: FieldTypeCatalog, id: str
) -> CompiledAutomation:
    """One automation; KeyError if there is none of this id."""
    definition = registry.automations[id]
    entity = subject_of(definition) or ""
    builder = ActionBuilder(registry, catalog, Computing(registry), entity)
    names = set(definition.changes)
    for field in flat_fields(registry, catalog, entity):
        if field.group in names:
            names.add(field.name)
    return CompiledAutomation(
        id=id,
        definition=definition,
        entity=entity,
        changes=frozenset(names),
        after=definition.run == "after",
        action=builder.doing(f"automation {id}", definition, definition.do),
    )
