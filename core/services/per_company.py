"""Writes values per company into the row of the company at hand.

Part of the step `coerce`: a value that was given for such a field becomes a change of
its row, or a new row; what other companies have stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.compiler import CompiledEntity
from core.registry.per_company import BY_COMPANY
from core.services.batch import Batch, Change, LinesPatch
from core.services.lines_input import add_lines


def take_per_company(batch: Batch, coerce: Callable[[Batch], None]) -> None:
    """Turn the given values per company of a batch into changes of their rows."""
    if BY_COMPANY not in batch.entity.lines:
        return
    names = names_of(batch.entity)
    if not names:
        return
    wanted = [(change, _given(change, names)) for change in batch.changes]
    open_ones = [(change, given) for change, given in wanted if given is not None]
    stored = [change.record for change, _ in open_ones if change.old is not None]
    batch.scene.loader.fill(batch.entity.id, stored, [(BY_COMPANY,)])
    patches: list[tuple[Change, Any]] = []
    for change, given in open_ones:
        patch = _patch(batch, change, given)
        if patch is not None:
            patches.append((change, patch))
    if patches:
        add_lines(batch, BY_COMPANY, patches, coerce, trusted=True)


def names_of(entity: CompiledEntity) -> tuple[str, ...]:
    """The fields of an entity that have a value per company."""
    return tuple(n for n, f in entity.fields.items() if f.definition.per_company)


def _given(change: Change, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The values given; a new record gets a row for its defaults in any case."""
    found = {name: change.explicit[name] for name in names if name in change.explicit}
    return found if found or change.old is None else None


def _patch(batch: Batch, change: Change, given: dict[str, Any]) -> LinesPatch | None:
    company = batch.scene.actor.company
    if company is None:
        if any(value is not None for value in given.values()):
            field = next(iter(given))
            message = "Choose the company first for which this value counts."
            change.problem(field, "no_company", message)
        return None
    rows = change.record.relations.get(BY_COMPANY, ())
    row = next((one for one in rows if one.values.get("company") == company), None)
    if row is not None and row.id is not None and change.old is not None:
        return LinesPatch(changed={row.id: given})
    return LinesPatch(added=[{"company": company, **given}])
