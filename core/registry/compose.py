"""From documents as written to effective ones: traits, extensions, added links.

Called by core.registry.build after everything is read; changes `Documents` in place and
hands on who set what and where mixed-in parts are written.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from core.definitions import EntityDef, ExtendDef, TraitDef
from core.diagnostics import Diagnostics, Related, Span
from core.fieldtypes.spec import FieldDef
from core.registry.clocks import weave_clocks
from core.registry.dependencies import Dependencies
from core.registry.documents import Documents
from core.registry.merge import Merger
from core.registry.per_company import per_company
from core.registry.readdress import readdressed
from core.registry.shape_fields import shape_fields
from core.registry.workflows import Weaver
from core.source import Described, Map, Piece

P = TypeVar("P", bound=Piece)

#: The entity that the `company` link of `company: required` leads to.
COMPANY = "base.company"


class Composer:
    """Composes all documents; `origins` and `sources` as in the registry."""

    def __init__(
        self,
        documents: Documents,
        dependencies: Dependencies,
        diagnostics: Diagnostics,
    ) -> None:
        self._documents = documents
        self._dependencies = dependencies
        self._diagnostics = diagnostics
        self._merger = Merger(diagnostics)
        self.sources: dict[str, str] = {}

    @property
    def origins(self) -> dict[str, str]:
        """Address -> the module or overlay that set the value from outside."""
        return self._merger.origins

    def compose(self) -> None:
        """Apply everything: lists and traits first, then entities, then the rest."""
        waiting = sorted(
            self._documents.extensions, key=lambda e: (e.overlay, e.module, e.span)
        )
        for extension in waiting:
            if extension.kind in ("trait", "choices"):
                self._extend(extension)
        entities = self._documents.entities
        for id_, entity in entities.items():
            entities[id_] = self._mixed_in(entity, entity.uses)
        for extension in waiting:
            if extension.kind not in ("trait", "choices"):
                self._extend(extension)
        self._merger.report()
        Weaver(
            self._documents,
            self._dependencies,
            self._diagnostics,
            self.origins,
            self.sources,
        ).weave()
        weave_clocks(self._documents, self._dependencies, self._diagnostics)
        for entity in list(entities.values()):
            whole = self._with_links(entity)
            for part in per_company(whole, self._diagnostics):
                entities[part.id] = part

    def _extend(self, extension: ExtendDef) -> None:
        there = self._documents.of(extension.kind, Described)
        if extension.overlay:
            if extension.target not in there:
                self._parked(extension)
                return
        elif not self._dependencies.check(
            extension.module,
            extension.kind,
            extension.target,
            there,
            extension.span,
            optional=True,
        ):
            return
        base = there[extension.target]
        address = f"{extension.kind} {extension.target}"
        merged = self._merger.merge(
            base, extension.body, extension.module, extension.overlay, address
        )
        if isinstance(merged, EntityDef) and isinstance(base, EntityDef):
            added = tuple(id_ for id_ in merged.uses if id_ not in base.uses)
            merged = self._mixed_in(merged, added)
        there[extension.target] = merged

    def _parked(self, extension: ExtendDef) -> None:
        self._diagnostics.warn(
            "W424",
            f"there is no {extension.kind} '{extension.target}' to lay this over",
            extension.span,
            "waits until it is there",
        )

    def _mixed_in(self, entity: EntityDef, uses: tuple[str, ...]) -> EntityDef:
        for id_ in uses:
            owner = entity.id.partition(".")[0]
            span = entity.at("uses")
            traits = self._documents.traits
            if self._dependencies.check(owner, "trait", id_, traits, span):
                entity = self._mix(entity, traits[id_])
            else:
                self._documents.shaky.add(entity.id)
        if entity.gave("uses") and not entity.uses:
            self._documents.shaky.add(entity.id)
        return entity

    def _mix(self, entity: EntityDef, trait: TraitDef) -> EntityDef:
        fields = self._joined(entity, trait, "fields", entity.fields, trait.fields)
        rules = self._joined(entity, trait, "rules", entity.rules, trait.rules)
        kept = self._joined(
            entity, trait, "constraints", entity.constraints, trait.constraints
        )
        return replace(entity, fields=fields, rules=rules, constraints=kept)

    def _joined(
        self,
        entity: EntityDef,
        trait: TraitDef,
        key: str,
        own: Map[P],
        added: Map[P],
    ) -> Map[P]:
        if not added:
            return own
        items = dict(own.items())
        spans = {name: own.key_span(name) for name in own}
        for name, part in added.items():
            if name in items:
                self._clash(entity, trait, name, own.key_span(name), part.span)
                continue
            address = f"entity {entity.id}/{key}/{name}"
            self.sources[address] = part.address
            self.origins[address] = trait.id.partition(".")[0]
            items[name] = readdressed(part, address)
            spans[name] = added.key_span(name)
        return Map(items, spans)

    def _clash(
        self, entity: EntityDef, trait: TraitDef, name: str, span: Span, first: Span
    ) -> None:
        self._diagnostics.error(
            "E302",
            f"'{name}' of {entity.id} is in the trait {trait.id} as well",
            span if span.is_known else entity.at("uses"),
            "a second part of this name",
            f"rename it, or leave '{trait.id}' out of 'uses'",
            related=(Related(first, "in the trait"),),
        )

    def _with_links(self, entity: EntityDef) -> EntityDef:
        """Add the link to the owner and the link to the company as ordinary fields."""
        links: dict[str, FieldDef] = {}
        for name, target in entity.part_of.items():
            links[name] = _link(
                entity, name, target, entity.at("part_of"), on_delete="cascade"
            )
        if entity.company != "none" and "company" not in entity.fields:
            needed = entity.company == "required"
            links["company"] = _link(
                entity, "company", COMPANY, entity.at("company"), required=needed
            )
        later = shape_fields(entity, self._diagnostics)
        if not links and not later:
            return entity
        for name in links:
            if name in entity.fields:
                self._diagnostics.error(
                    "E302",
                    f"'{name}' is the link that 'part_of' makes",
                    entity.fields.key_span(name),
                    "a second field of this name",
                    "leave the field out",
                )
        spans = {name: entity.fields.key_span(name) for name in entity.fields}
        return replace(entity, fields=Map({**links, **entity.fields, **later}, spans))


def _link(
    entity: EntityDef,
    name: str,
    target: str,
    span: Span,
    *,
    required: bool = True,
    on_delete: Any = "restrict",
) -> FieldDef:
    owned = on_delete == "cascade"
    return FieldDef(
        id=name,
        address=f"entity {entity.id}/fields/{name}",
        span=span,
        spans=MappingProxyType({"type": span, "to": span}),
        type="link",
        to=(target,),
        required=required,
        once=owned,
        index=True,
        on_delete=on_delete,
        copy=None,
        hidden=False,
    )
