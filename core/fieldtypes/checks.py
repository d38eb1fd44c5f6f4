"""What can be wrong in the definition of any field.

Called by `FieldType.check`; reports into the diagnostics of the context.

Public: `check_keys`, `check_literals`, `check_path`, `check_entity`, `complain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.diagnostics import did_you_mean
from core.expressions.types import Kind, Type
from core.fieldtypes.context import FieldContext
from core.fieldtypes.spec import FieldDef
from core.fieldtypes.values import BadValue

if TYPE_CHECKING:
    from core.fieldtypes.base import FieldType

# Not settings of the value: they are written by the reader, or belong to a rename.
ALWAYS = frozenset({"type", "values_was"})


def complain(
    ctx: FieldContext,
    field: FieldDef,
    code: str,
    message: str,
    key: str | None = None,
    help: str | None = None,
) -> None:
    """Report a mistake at a key of the field, or at the field as a whole."""
    span = field.span if key is None else field.at(key)
    ctx.diagnostics.error(code, message, span, None, help)


def check_keys(type_: FieldType, field: FieldDef, ctx: FieldContext) -> None:
    """Keys of other types (E202) and missing keys of its own (E204)."""
    from core.fieldtypes.base import GENERAL_KEYS

    allowed = (GENERAL_KEYS - type_.refused_keys) | type_.keys | ALWAYS
    for key in field.spans:
        if key not in allowed:
            complain(
                ctx,
                field,
                "E202",
                f"'{key}' is no key of a {type_.name} field",
                key,
                _owners(key, ctx) or f"leave out '{key}'",
            )
    for key in type_.required_keys:
        if not getattr(field, key) and not field.gave(key):
            complain(
                ctx,
                field,
                "E204",
                f"a {type_.name} field needs '{key}'",
                "type",
                f"add '{key}:' to the field '{ctx.name}'",
            )


def _owners(key: str, ctx: FieldContext) -> str | None:
    owners = [
        name
        for name in ctx.catalog.names()
        if (type_ := ctx.catalog.get(name)) is not None and key in type_.keys
    ]
    if not owners:
        return None
    return f"'{key}' belongs to the type {' or '.join(owners)}"


def check_literals(type_: FieldType, field: FieldDef, ctx: FieldContext) -> None:
    """A literal `default` that is no value of the field (E205, choices: E408)."""
    if field.default is None or field.default.literal is None:
        return
    try:
        type_.literal(field.default.literal, field)
    except BadValue as bad:
        if bad.code == "unknown_choice" and not field.choices:
            # Why there are none is said where they are named.
            return
        code = "E408" if bad.code == "unknown_choice" else "E214"
        text = f"the default is no {type_.name}: {bad.message}"
        complain(ctx, field, code, text, "default", _help_of(bad))


def _help_of(bad: BadValue) -> str | None:
    near = bad.facts.get("nearest")
    return f"did you mean '{near}'?" if near else None


def check_entity(ctx: FieldContext, field: FieldDef, entity: str, key: str) -> None:
    """An entity that does not exist (E301)."""
    if ctx.schema.entity(entity) is not None:
        return
    if ctx.diagnostics.is_broken(f"entity {entity}"):
        return
    help_ = did_you_mean(entity, ctx.schema.entity_ids())
    complain(ctx, field, "E301", f"there is no entity '{entity}'", key, help_)


def check_path(
    ctx: FieldContext, field: FieldDef, key: str, wanted: frozenset[Kind]
) -> Type | None:
    """Follow the path under a key; the type at its end, or None when it was reported.

    E402 for an unknown name, E410 for a step over what is no link, E406 for an end of
    another kind than wanted.
    """
    path = getattr(field, key)
    steps = path.text.split(".")
    entity: str | None = ctx.entity
    found: Type | None = None
    for number, step in enumerate(steps):
        schema = ctx.schema.entity(entity) if entity is not None else None
        if schema is None:
            # The entity itself is missing or broken; that was said where it is named.
            return None
        member = schema.member(step)
        if member is None and number == 0 and step == "company":
            entity = ctx.company_entity
            continue
        if member is None:
            help_ = did_you_mean(step, schema.names())
            complain(ctx, field, "E402", f"'{entity}' has no '{step}'", key, help_)
            return None
        found = member.type
        entity = member.target
        if entity is None and number < len(steps) - 1:
            complain(ctx, field, "E410", f"'{step}' in '{path}' is no link", key)
            return None
    if found is not None and found.kind not in wanted:
        ends = " or ".join(sorted(wanted))
        complain(ctx, field, "E406", f"'{path}' is a {found}, not a {ends}", key)
        return None
    return found
