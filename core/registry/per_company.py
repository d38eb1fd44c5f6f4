"""Fields with one value per company: rows beside the shared one, read as a formula.

Called by core.registry.compose. An entity with such fields gets owned rows, one per
company, in the hidden lines field `by_company`; the field itself becomes a formula that
reads the row of the company at hand. So sorting, filters, rights, exports and
expressions know it like any other; only writing has to find the row.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.definitions import EntityDef
from core.definitions.entity import ConstraintDef
from core.diagnostics import Diagnostics, Span
from core.expressions.slots import COMPUTED_FORMULA
from core.expressions.tree import Aggregate, Identity, Read, Typed
from core.expressions.types import Type, list_of
from core.fieldtypes.spec import FieldDef
from core.source import ExprText, Map

if TYPE_CHECKING:
    from core.registry.checker import Checker

#: The lines field with the rows, their link back, and the end of their entity's id.
BY_COMPANY = "by_company"
OWNER = "shared"
COMPANY = "base.company"
ROW_LINKS = frozenset({OWNER, "company"})
#: What a value per company cannot have: it has no column beside the shared row.
_REFUSED = ("unique", "index", "search", "required", "formula", "cases", "derive")
_MANY = frozenset({"lines", "links", "tags", "group", "number", "file", "image"})


def rows_id(entity: str) -> str:
    """The id of the entity that holds the values per company."""
    return f"{entity}_{BY_COMPANY}"


def per_company(entity: EntityDef, diagnostics: Diagnostics) -> list[EntityDef]:
    """The entity with its values per company taken apart, and their rows; else it."""
    names = [name for name, field in entity.fields.items() if field.per_company]
    good = [name for name in names if _is_good(entity, name, diagnostics)]
    if not good:
        return [entity]
    fields = dict(entity.fields.items())
    spans = {name: entity.fields.key_span(name) for name in fields}
    inner: dict[str, FieldDef] = {}
    rows = rows_id(entity.id)
    for name in good:
        inner[name] = _inner(rows, fields[name])
        fields[name] = _outer(fields[name])
    span = fields[good[0]].span
    fields[BY_COMPANY] = _made(
        entity.id, BY_COMPANY, span, type="lines", of=rows, sensitive=True, copy=False
    )
    return [
        replace(entity, fields=Map(fields, spans)),
        _rows(entity, rows, inner, span),
    ]


def _is_good(entity: EntityDef, name: str, diagnostics: Diagnostics) -> bool:
    field = entity.fields[name]
    span = field.at("per_company")
    if entity.company != "none":
        text = f"each {entity.id} belongs to one company: it has one value anyway"
        diagnostics.error("E412", text, span, help="leave 'per_company' out")
        return False
    if BY_COMPANY in entity.fields:
        text = f"'{BY_COMPANY}' is the name of the values per company"
        diagnostics.error("E302", text, entity.fields[BY_COMPANY].span)
        return False
    if field.type in _MANY:
        text = f"a field of the type {field.type} has no value per company"
        diagnostics.error("E412", text, span)
        return False
    for key in _REFUSED:
        if field.gave(key) and getattr(field, key) not in (False, None, ()):
            text = f"'{key}' does not go with 'per_company'"
            diagnostics.error("E412", text, field.at(key))
            return False
    return True


def _outer(field: FieldDef) -> FieldDef:
    """The field of the shared record: it reads the row of the company at hand."""
    text = f"first(r.id for r in {BY_COMPANY} if r.company == company)"
    formula = ExprText(text, field.at("per_company"))
    return replace(
        field, formula=formula, stored=False, default=None, min=None, max=None
    )


def value_of_company(
    checker: Checker, owner: str, field: FieldDef, declared: Type
) -> Typed | None:
    """The checked way to the value of one company, typed as the field says.

    It is checked over the ids of the rows and then made to read the value: that an
    amount is in the currency of the row's company, and this the company at hand, is
    more than the checker of currencies can see.
    """
    address = f"{field.address}/formula"
    assert field.formula is not None
    found = checker.expression(field.formula, address, owner, COMPUTED_FORMULA)
    rows = checker.schema.entity(rows_id(owner))
    member = None if rows is None else rows.member(field.id)
    tree = None if found is None else found.tree
    if found is None or member is None or not isinstance(tree, Aggregate):
        return None
    item = tree.select.item
    assert isinstance(item, Read | Identity)
    read = Read(member.type, item.extent, item.of, field.id, member)
    select = replace(tree.select, item=read, type=list_of(member.type))
    typed = replace(
        found,
        tree=replace(tree, select=select, type=declared),
        reads=found.reads | {(BY_COMPANY, field.id)},
        uses=replace(found.uses, sensitive=field.sensitive),
    )
    checker.expressions[address] = typed
    return typed


def _inner(rows: str, field: FieldDef) -> FieldDef:
    """The field of the rows; only the shared record's rights let anybody reach it."""
    address = f"entity {rows}/fields/{field.id}"
    return replace(field, address=address, per_company=False, sensitive=True)


def _rows(
    entity: EntityDef, id_: str, inner: dict[str, FieldDef], span: Span
) -> EntityDef:
    once = ConstraintDef(
        id="once",
        address=f"entity {id_}/constraints/once",
        span=span,
        spans=MappingProxyType({"unique": span}),
        unique=(OWNER, "company"),
    )
    return EntityDef(
        id=id_,
        address=f"entity {id_}",
        span=span,
        spans=MappingProxyType({"fields": span, "part_of": span}),
        label=f"{entity.label or entity.id}: values per company",
        title=ExprText("title_of(company)", span),
        hidden=True,
        api=False,
        part_of=Map({OWNER: entity.id}),
        fields=Map({**_links(entity, id_, span), **inner}),
        constraints=Map({"once": once}),
    )


def _links(entity: EntityDef, rows: str, span: Span) -> dict[str, FieldDef]:
    """The links of a row: to the shared record and to its company."""
    both: dict[str, Any] = {"type": "link", "required": True, "on_delete": "cascade"}
    owner = _made(rows, OWNER, span, to=(entity.id,), once=True, index=True, **both)
    company = _made(rows, "company", span, to=(COMPANY,), **both)
    return {OWNER: owner, "company": company}


def _made(owner: str, name: str, span: Span, **given: Any) -> FieldDef:
    return FieldDef(
        id=name,
        address=f"entity {owner}/fields/{name}",
        span=span,
        spans=MappingProxyType({"type": span}),
        hidden=True,
        **given,
    )
