"""The fields that `tree` and `effective` of an entity stand for.

Called by core.registry.compose, which adds what is not written under `fields`; a field
written there must be what the key needs.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from core.definitions import EntityDef
from core.diagnostics import Diagnostics, Span
from core.fieldtypes.spec import FieldDef

#: The name under which a tree's record finds those right below it.
CHILDREN = "children"


def shape_fields(entity: EntityDef, diagnostics: Diagnostics) -> dict[str, FieldDef]:
    """Return the fields to add for the shape of an entity."""
    added: dict[str, FieldDef] = {}
    if entity.tree is not None:
        link = _tree_link(entity, entity.tree, diagnostics)
        if link is not None:
            added[entity.tree] = link
    dates = entity.effective
    if dates is None:
        return added
    for key, name in (("from", dates.from_), ("to", dates.to)):
        written = entity.fields.get(name)
        if written is None:
            needed = key == "from"
            added[name] = _field(
                entity, name, dates.at(key), type="date", index=needed, required=needed
            )
        elif written.type != "date":
            _misfit(diagnostics, written, name, "effective", "a date")
    return added


def _tree_link(
    entity: EntityDef, name: str, diagnostics: Diagnostics
) -> FieldDef | None:
    written = entity.fields.get(name)
    if written is None:
        inverse = None if CHILDREN in entity.fields else CHILDREN
        at = entity.at("tree")
        return _field(
            entity, name, at, type="link", to=(entity.id,), index=True, inverse=inverse
        )
    if written.type != "link" or written.to != (entity.id,):
        _misfit(diagnostics, written, name, "tree", f"a link to {entity.id}")
    return None


def _misfit(
    diagnostics: Diagnostics, written: FieldDef, name: str, key: str, wanted: str
) -> None:
    diagnostics.error(
        "E419",
        f"'{key}' needs '{name}' to be {wanted}",
        written.span,
        "is something else",
        f"leave the field out: '{key}' adds it",
    )


def _field(entity: EntityDef, name: str, span: Span, **given: Any) -> FieldDef:
    return FieldDef(
        id=name,
        address=f"entity {entity.id}/fields/{name}",
        span=span,
        spans=MappingProxyType({"type": span}),
        **given,
    )
