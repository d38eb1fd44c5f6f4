"""Filters, groups and figures that users ask for, checked against what they may read.

Called by core.services.query and totals, and kept; raises BadQuery with the place and a
way to mend it.
"""

from __future__ import annotations

from core.diagnostics import Diagnostics
from core.expressions import (
    BOOLEAN,
    DIMENSION,
    MEASURE,
    ROWS,
    USER_FILTER,
    Scope,
    Typed,
    list_of,
    measure_fault,
    record,
    typecheck,
)
from core.services.access import Access
from core.services.errors import BadQuery
from core.services.readable import ReadableSchema
from core.services.runtime import Runtime
from core.source import ExprText

_LONGEST = 4000


def user_filter(runtime: Runtime, access: Access, entity: str, text: str) -> Typed:
    """Return the checked filter; BadQuery names what is wrong and where."""
    if len(text) > _LONGEST:
        raise BadQuery(
            f"The filter has {len(text)} characters; {_LONGEST} are allowed.",
            parameter="filter",
        )
    schema = ReadableSchema(runtime.compiled.registry.schema, access)
    scope = Scope(schema, entity, USER_FILTER, expected=BOOLEAN)
    return _kept(runtime, access, scope, text)


def user_dimension(runtime: Runtime, access: Access, entity: str, text: str) -> Typed:
    """Return a checked expression of a row to group by; BadQuery as for a filter."""
    schema = ReadableSchema(runtime.compiled.registry.schema, access)
    return _kept(runtime, access, Scope(schema, entity, DIMENSION), text)


def user_measure(runtime: Runtime, access: Access, entity: str, text: str) -> Typed:
    """Return a checked aggregate over `rows` of an entity; BadQuery as for a filter."""
    schema = ReadableSchema(runtime.compiled.registry.schema, access)
    names = {ROWS: list_of(record(entity))}
    scope = Scope(schema, None, MEASURE, names=names)
    typed = _kept(runtime, access, scope, text, entity)
    fault = measure_fault(typed)
    if fault is not None:
        raise BadQuery(f"'{text}' is no figure: {fault}.", parameter="values")
    return typed


def _kept(
    runtime: Runtime,
    access: Access,
    scope: Scope,
    text: str,
    entity: str | None = None,
) -> Typed:
    """The expression checked once for all who hold the same roles."""
    actor = access.actor
    about = scope.entity or entity
    key = (scope.slot.name, about, text, actor.roles, actor.is_admin)
    found: Typed | BadQuery = runtime.filters.get(key, lambda: _checked(scope, text))
    if isinstance(found, BadQuery):
        raise BadQuery(found.message, **found.facts)
    return found


def _checked(scope: Scope, text: str) -> Typed | BadQuery:
    diagnostics = Diagnostics()
    typed = typecheck(ExprText(text), scope, diagnostics)
    problems = [one for one in diagnostics.sorted() if not one.code.startswith("W")]
    if typed is not None and not problems:
        return typed
    what = "filter" if scope.slot is USER_FILTER else scope.slot.name
    if not problems:
        # The check is silent about what it takes for a mistake told elsewhere.
        return BadQuery(
            f"The {what} leads through records that you may not read.",
            parameter="filter",
            reason="not_readable",
            filter=text,
        )
    first = problems[0]
    help_ = f" {sentence(first.help)}" if first.help else ""
    return BadQuery(
        f"The {what} is not understood: {first.message}.{help_}",
        parameter="filter",
        reason=first.code,
        filter=text,
    )


def sentence(text: str) -> str:
    """A hint as a sentence; questions keep their mark."""
    end = "" if text.endswith(("?", ".")) else "."
    return f"{text[0].upper()}{text[1:]}{end}"
