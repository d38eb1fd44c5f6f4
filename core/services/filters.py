"""Filters that users type: checked once against what they may read, then kept.

Called by core.services.query; raises BadQuery with the place and a way to mend it.
"""

from __future__ import annotations

from core.diagnostics import Diagnostics
from core.expressions import BOOLEAN, USER_FILTER, Scope, Typed, typecheck
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
    actor = access.actor
    key = (entity, text, actor.roles, actor.is_admin)
    found: Typed | BadQuery = runtime.filters.get(
        key, lambda: _checked(runtime, access, entity, text)
    )
    if isinstance(found, BadQuery):
        raise BadQuery(found.message, **found.facts)
    return found


def _checked(
    runtime: Runtime, access: Access, entity: str, text: str
) -> Typed | BadQuery:
    diagnostics = Diagnostics()
    schema = ReadableSchema(runtime.compiled.registry.schema, access)
    scope = Scope(schema, entity, USER_FILTER, expected=BOOLEAN)
    typed = typecheck(ExprText(text), scope, diagnostics)
    problems = [one for one in diagnostics.sorted() if not one.code.startswith("W")]
    if typed is not None and not problems:
        return typed
    first = problems[0]
    help_ = f" {sentence(first.help)}" if first.help else ""
    return BadQuery(
        f"The filter is not understood: {first.message}.{help_}",
        parameter="filter",
        reason=first.code,
        filter=text,
    )


def sentence(text: str) -> str:
    """A hint as a sentence; questions keep their mark."""
    end = "" if text.endswith(("?", ".")) else "."
    return f"{text[0].upper()}{text[1:]}{end}"
