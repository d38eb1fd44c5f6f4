"""The to-many names that links give their targets.

Called by core.registry.build; reports names that two links claim (E307) or that the
target already has (E302).
"""

from __future__ import annotations

from collections.abc import Mapping

from core.definitions import EntityDef
from core.diagnostics import Diagnostics, Related
from core.frozen import frozen
from core.registry.checker import Checker


@frozen
class Inverse:
    """Where an inverse comes from: the field `field` of `entity` leads here."""

    entity: str
    field: str


def find_inverses(checker: Checker) -> dict[str, dict[str, Inverse]]:
    """Return target -> name -> the link or reference it belongs to."""
    entities = checker.documents.entities
    found: dict[str, dict[str, Inverse]] = {}
    for entity in entities.values():
        for name, field in entity.fields.items():
            if field.inverse is None or checker.is_marked(entity.id, name):
                continue
            for target in field.to:
                if target in entities:
                    _claim(found, entities, entity, name, target, checker.diagnostics)
    return found


def _claim(
    found: dict[str, dict[str, Inverse]],
    entities: Mapping[str, EntityDef],
    entity: EntityDef,
    field: str,
    target: str,
    diagnostics: Diagnostics,
) -> None:
    definition = entity.fields[field]
    name = definition.inverse or ""
    span = definition.at("inverse")
    of_target = found.setdefault(target, {})
    first = of_target.get(name)
    if name in entities[target].fields:
        diagnostics.error(
            "E302",
            f"{target} has a field '{name}' already",
            span,
            "the inverse would be called the same",
            "choose another name for the inverse",
            related=(Related(entities[target].fields[name].span, "the field"),),
        )
    elif first is not None:
        other = entities[first.entity].fields[first.field]
        diagnostics.error(
            "E307",
            f"two links give {target} the inverse '{name}'",
            span,
            "named a second time",
            "choose another name for one of them",
            related=(Related(other.at("inverse"), "the first one"),),
        )
    else:
        of_target[name] = Inverse(entity.id, field)
