"""Conditions of views over a draft or a record: which sections and items are shown.

Forms and record pages ask; the conditions come compiled, what they read is loaded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.compiler import CompiledEntity, Computed
from core.compiler.view_models import FormView, Item, Section
from core.expressions import NotLoaded, Record
from core.services import Reader

State = bool | Computed


def draft_record(
    reader: Reader,
    entity: CompiledEntity,
    id_: int | None,
    values: Mapping[str, Any],
    tests: Iterable[State],
) -> Record:
    """A record of the draft's values with what the conditions read loaded."""
    plain = {k: v for k, v in values.items() if k not in entity.lines}
    for name in entity.fields:
        plain.setdefault(name, None)
    record = Record(entity.id, id_, plain)
    paths = {
        path
        for test in tests
        if not isinstance(test, bool)
        for path in test.reads.this
        if len(path) > 1
    }
    if paths:
        reader.scene.loader.fill(entity.id, [record], paths)
    return record


def holds(reader: Reader, record: Record, test: State) -> bool:
    """Whether a condition is met; one that cannot be told counts as met."""
    if isinstance(test, bool):
        return test
    try:
        return test.run(reader.scene.env(test.reads, this=record)) is True
    except NotLoaded:
        return True


def sections_of(view: FormView) -> Iterator[tuple[str, Section]]:
    """All sections with the address part that names them in the view."""
    for section in view.sections:
        yield f"sections/{section.id}", section
    for tab in view.tabs:
        for section in tab.sections:
            yield f"tabs/{tab.id}/sections/{section.id}", section


def items_of(view: FormView) -> Iterator[Item]:
    """All items of a form, those of its header last."""
    for _, section in sections_of(view):
        yield from section.items
    yield from view.header


def tests_of(view: FormView) -> list[State]:
    """All conditions of a view."""
    tests: list[State] = [tab.visible for tab in view.tabs]
    tests += [section.visible for _, section in sections_of(view)]
    for item in items_of(view):
        tests += [item.visible, item.readonly]
    return tests


def frame_of(place: str) -> str:
    """The name of the frame of a section or tab in a page."""
    return "part:" + place.replace("/", ".")
