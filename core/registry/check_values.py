"""Checks literals: defaults, values that effects set, values of shipped rows.

Called by the files of the check; a link's literal is an external id, or the natural key
of the target.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.definitions import ClockDef, EntityDef, WorkflowDef
from core.diagnostics import Span, did_you_mean
from core.expressions.schema import Member, MemberKind
from core.expressions.slots import VALUE, Slot
from core.expressions.types import AMOUNTS, Type
from core.fieldtypes.spec import FieldDef
from core.registry.checker import NO_NAMES, Checker
from core.registry.clocks import keeper_of
from core.registry.formulas import literal_of
from core.registry.secrecy import report_leak
from core.source import Scalar, Sequence, Values, ValueSlot

LINKED = frozenset({MemberKind.LINK, MemberKind.REFERENCE, MemberKind.LINKS})


def check_value(
    checker: Checker, value: ValueSlot, field: FieldDef, entity: str | None
) -> None:
    """Check a literal for a field: E205, E408, and E418 for unknown external ids.

    `entity` is whose row this is, None for a default.
    """
    type_ = checker.catalog.get(field.type)
    if type_ is None or value.literal is None:
        return
    if type_.member_kind in LINKED and field.to:
        items = value.literal
        for node in items.items if isinstance(items, Sequence) else (items,):
            if isinstance(node, Scalar) and node.value is not None:
                _check_record(checker, node.text, field, node.span)
        return
    if isinstance(value.literal, Scalar) and value.literal.value is None:
        return
    if type_.member_kind is MemberKind.COLUMN:
        literal_of(checker, value, field)


def _check_record(checker: Checker, text: str, field: FieldDef, span: Span) -> None:
    if text.count(".") < 2:
        entities = checker.documents.entities
        if any(entities[to].key for to in field.to if to in entities):
            # A natural key: which ones there are, only the database knows.
            return
    found = checker.schema.external(text)
    if found in field.to or any(
        checker.schema.external(f"{to}.{text}") for to in field.to
    ):
        return
    if found is not None:
        checker.diagnostics.error(
            "E418",
            f"'{text}' is a record of {found}, not of {' or '.join(field.to)}",
            span,
        )
        return
    if _is_lost(checker, text):
        return
    checker.diagnostics.error(
        "E418",
        f"there is no shipped record '{text}'",
        span,
        "unknown external id",
        did_you_mean(text, checker.schema.external_ids),
    )


def _is_lost(checker: Checker, external_id: str) -> bool:
    """Whether the row may be there, but its document or itself could not be read."""
    quiet = checker.dependencies.is_quiet
    if quiet("data", external_id) or quiet("demo", external_id):
        return True
    for address in checker.diagnostics.broken:
        _, found, row = address.partition("/rows")
        if found and f".{external_id}.".startswith(f"{row.replace('/', '.')}."):
            return True
    return False


def _expected(member: Member | None, own: bool) -> Type | None:
    """The type a value must fit; amounts of another record name its own currency."""
    if member is None or (member.type.kind in AMOUNTS and not own):
        return None
    return member.type


def check_assignments(
    checker: Checker,
    values: Values,
    target: str,
    address: str,
    root: str | None,
    names: Mapping[str, Type] = NO_NAMES,
    slot: Slot = VALUE,
) -> None:
    """Check values that an effect gives to fields of `target`.

    Bare names of the expressions are those of `root`; E402 for unknown fields, E419 for
    fields that are computed.
    """
    entity = checker.documents.entities.get(target)
    if entity is None:
        return
    for name, value in values.items():
        field = writable_field(checker, entity, name, values.key_span(name))
        if field is None or _is_state(checker, entity, name, values.key_span(name)):
            continue
        if value.expr is None:
            check_value(checker, value, field, target)
            continue
        member = checker.schema.entities[target].member(name)
        typed = checker.expression(
            value.expr,
            f"{address}/{name}",
            root,
            slot,
            names=names,
            expected=_expected(member, target == root),
        )
        if typed is not None and typed.uses.sensitive and not field.sensitive:
            report_leak(checker, name, value.span)


def _is_state(checker: Checker, entity: EntityDef, name: str, span: Span) -> bool:
    """Whether a workflow or a clock writes the field, which is reported."""
    for workflow in checker.documents.of("workflow", WorkflowDef).values():
        if workflow.entity == entity.id and workflow.state == name:
            text = f"'{name}' is written by the workflow {workflow.id} only"
            help_ = "use the effect 'transition'"
            checker.diagnostics.error("E432", text, span, help=help_)
            return True
    clocks = checker.documents.of("clock", ClockDef)
    clock = keeper_of(clocks, entity.id, name)
    if clock is not None:
        text = f"'{name}' is written by the clock {clock.id} only"
        checker.diagnostics.error("E432", text, span, help="leave it out")
    return clock is not None


def writable_field(
    checker: Checker, entity: EntityDef, name: str, span: Span
) -> FieldDef | None:
    """Return the field that a value is given to; None, reported, if there is none."""
    field = entity.fields.get(name)
    if field is None:
        if not checker.is_marked(entity.id, name):
            checker.diagnostics.error(
                "E402",
                f"'{entity.id}' has no field '{name}'",
                span,
                "unknown name",
                did_you_mean(name, entity.fields),
            )
        return None
    if field.formula is not None or field.cases:
        checker.diagnostics.error(
            "E419",
            f"'{name}' is computed, so nothing can be written into it",
            span,
            help="set the fields that it reads",
        )
        return None
    return field
