"""From effective definitions to what expressions may name: fills the schema.

Called by core.registry.build before anything is checked. Members are made when they are
first asked for, so that formulas may read each other in any order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from core.definitions import EntityDef, TraitDef
from core.expressions import types
from core.expressions.schema import Member, MemberKind, pseudo_members
from core.expressions.slots import CONSTRAINT, TITLE
from core.expressions.tree import Typed
from core.expressions.types import Kind, Type
from core.fieldtypes.base import FieldType
from core.fieldtypes.spec import FieldDef
from core.registry.checker import Checker
from core.registry.formulas import Formulas
from core.registry.inverses import Inverse
from core.registry.schema import EntityMembers
from core.source import ExprText

USER = "base.user"
TITLE_FIELDS = ("title", "name", "number")
PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]*")


class MemberMaker:
    """Makes the members of one entity or trait."""

    def __init__(
        self,
        definition: EntityDef | TraitDef,
        inverses: Mapping[str, Inverse],
        checker: Checker,
        formulas: Formulas,
    ) -> None:
        self._definition = definition
        self._inverses = inverses
        self._checker = checker
        self._formulas = formulas
        self._pseudo = {member.name: member for member in pseudo_members(USER)}
        self._title = title_field(definition)
        self._indexed = _indexed(definition)

    def members(self) -> EntityMembers:
        """Return the names of the entity, pseudo-fields and inverses included."""
        names = dict.fromkeys(self._definition.fields)
        if isinstance(self._definition, EntityDef):
            names |= dict.fromkeys(self._pseudo)
        names |= dict.fromkeys(self._inverses)
        return EntityMembers(
            self._definition.id,
            names,
            _order(self._definition),
            self._make,
            self._make_title,
            *_shape(self._definition),
        )

    def _make(self, name: str) -> Member:
        field = self._definition.fields.get(name)
        if field is not None:
            return self._of_field(field)
        inverse = self._inverses.get(name)
        if inverse is not None:
            return Member(
                name,
                types.list_of(types.record(inverse.entity)),
                MemberKind.INVERSE,
                target=inverse.entity,
                back=inverse.field,
            )
        return self._pseudo[name]

    def _of_field(self, field: FieldDef) -> Member:
        type_ = self._checker.catalog[field.type]
        owner = self._definition.id
        value = type_.expression_type(field, self._checker.context(owner, field))
        declared = Member(
            field.id,
            value,
            type_.member_kind,
            target=_target(type_.member_kind, value),
            sensitive=field.sensitive,
            formula=bool(field.formula or field.cases),
            indexed=field.unique or field.index or field.id in self._indexed,
            folded=type_.text_like and (field.search or field.id == self._title),
        )
        if type_.member_kind is MemberKind.LINES:
            return self._lines(field, declared)
        if type_.member_kind is MemberKind.GROUP:
            return self._group(field, declared)
        if type_.member_kind in (MemberKind.LINK, MemberKind.REFERENCE):
            declared = replace(declared, indexed=True)
        if not declared.formula:
            return declared
        return self._formulas.settled(self._definition, field, declared)

    def _lines(self, field: FieldDef, declared: Member) -> Member:
        child = self._checker.documents.entities.get(declared.target or "")
        owners = child.part_of if child is not None else {}
        back = next(
            (name for name, to in owners.items() if to == self._definition.id), None
        )
        where = None
        if field.where is not None and declared.target is not None:
            where = self._checker.condition(
                field.where, f"{field.address}/where", declared.target, CONSTRAINT
            )
        return replace(declared, back=back, where=where)

    def _group(self, field: FieldDef, declared: Member) -> Member:
        trait = self._checker.documents.traits.get(field.of or "")
        schema = self._checker.schema.traits.get(field.of or "")
        if trait is None or schema is None:
            return declared
        found = [schema.member(name) for name in trait.fields]
        members = tuple(
            # Computed members of the trait are kept as columns of their own.
            replace(member, stored=True, computed=None, indexed=False)
            for member in found
            if member is not None
        )
        return replace(declared, members=members)

    def _make_title(self) -> Typed | None:
        text = self._definition.title
        if text is None:
            if self._title is None:
                return None
            text = ExprText(self._title)
        kind = "entity" if isinstance(self._definition, EntityDef) else "trait"
        return self._checker.expression(
            text,
            f"{kind} {self._definition.id}/title",
            self._definition.id,
            TITLE,
            expected=types.TEXT,
            may_reveal=False,
        )


def title_field(definition: EntityDef | TraitDef) -> str | None:
    """Return the field that alone is the title, written or by its name."""
    if definition.title is not None:
        text = definition.title.text
        return text if PLAIN_NAME.fullmatch(text) else None
    return next((name for name in TITLE_FIELDS if name in definition.fields), None)


def field_type(checker: Checker, field: FieldDef) -> FieldType | None:
    """Return the type of a field, None where it is unknown."""
    return checker.catalog.get(field.type)


def _target(kind: MemberKind, value: Type) -> str | None:
    item = value.item if value.kind is Kind.LIST else value
    if kind in (MemberKind.COLUMN, MemberKind.REFERENCE, MemberKind.GROUP):
        return None
    return item.entities[0] if item is not None and item.entities else None


def _indexed(definition: EntityDef | TraitDef) -> frozenset[str]:
    names = {c.unique[0] for c in definition.constraints.values() if c.unique}
    if isinstance(definition, EntityDef):
        names |= {index[0] for index in definition.indexes if index}
        if definition.key is not None:
            names.add(definition.key)
    return frozenset(names)


def _shape(
    definition: EntityDef | TraitDef,
) -> tuple[str | None, tuple[str, str] | None]:
    """The link of a tree, and the two dates of rows that count for a time."""
    if not isinstance(definition, EntityDef):
        return None, None
    dates = definition.effective
    return definition.tree, None if dates is None else (dates.from_, dates.to)


def _order(definition: EntityDef | TraitDef) -> tuple[str, ...]:
    if not isinstance(definition, EntityDef):
        return ()
    if not definition.order:
        return ("position",) if definition.part_of else ("-id",)
    return tuple(order.text for order in definition.order if len(order.path.steps) == 1)
