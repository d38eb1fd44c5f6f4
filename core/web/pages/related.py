"""What leads to a record: smart buttons with counts and short lists.

Record pages show both; all counts are one question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from markupsafe import Markup

from core.compiler import CompiledInverse
from core.compiler.view_models import FormView
from core.frozen import frozen
from core.services import Page, Query, Reader, counts_of
from core.services.query import COUNTED
from core.web.pages.columns import ShownColumn, shown_columns
from core.web.pages.figures import grouped
from core.web.pages.list_model import cells_of, name_many
from core.web.pages.measures import Measure, measure_of, wanted_paths
from core.web.pages.screen import Screen

_ROWS = 5
_COLUMNS = 4
#: Without buttons in the view, so many inverses are shown.
_MOST = 6


@frozen
class Related:
    """One inverse of a record, ready to draw."""

    id: str
    label: str
    icon: str
    count: int
    count_text: str
    href: str
    new_href: str
    columns: list[ShownColumn]
    rows: list[tuple[str, list[Markup]]]


def related_lists(
    screen: Screen, reader: Reader, view: FormView, id_: int
) -> list[Related]:
    """The inverses that the view names, else the first ones there are.

    All counts come from one statement.
    """
    wanted = [
        (inverse, label, icon, _condition(screen, inverse, id_, where))
        for inverse, label, icon, where in _wanted(screen, view)
        if _open(screen, reader, inverse)
    ]
    asked = [(inverse.entity, Query(filter=text)) for inverse, _, _, text in wanted]
    counts = counts_of(reader.scene, asked)
    found = []
    for (inverse, label, icon, text), count in zip(wanted, counts, strict=True):
        if count is None:
            continue
        made = _related(screen, reader, inverse, text, id_, count)
        fallback = made.label
        found.append(replace(made, label=label or fallback, icon=icon or made.icon))
    return found


def _wanted(
    screen: Screen, view: FormView
) -> list[tuple[CompiledInverse, str, str, str]]:
    labels = screen.labels
    if view.buttons:
        return [
            (
                button.inverse,
                labels.view_part(view.id, f"buttons/{button.id}", button.label),
                button.icon or "",
                button.where.text if button.where is not None else "",
            )
            for button in view.buttons
            if button.inverse is not None
        ]
    own = {lines.child for lines in screen.entity.lines.values()}
    inverses = [
        one
        for one in screen.entity.inverses.values()
        if one.entity not in own and one.kind != "links"
    ]
    return [(one, "", "", "") for one in inverses[:_MOST]]


def _open(screen: Screen, reader: Reader, inverse: CompiledInverse) -> bool:
    readable = reader.access.of(inverse.entity).readable
    return reader.access.can(inverse.entity, "read") and inverse.back in readable


def _condition(screen: Screen, inverse: CompiledInverse, id_: int, where: str) -> str:
    text = f"{inverse.back}.id == {id_}"
    if inverse.kind == "links":
        text = f"exists(one for one in {inverse.back} if one.id == {id_})"
    if where:
        text = f"{text} and ({where})"
    if inverse.kind == "reference":
        text = f"is_a({inverse.back}, '{screen.id}') and {text}"
    return text


def _related(
    screen: Screen,
    reader: Reader,
    inverse: CompiledInverse,
    text: str,
    id_: int,
    count: int,
) -> Related:
    other = screen.other(inverse.entity)
    view = screen.compiled.views.list_of(other.id)
    columns = [c for c in shown_columns(other, view, None) if c.path != inverse.back][
        :_COLUMNS
    ]
    measures = {
        c.path: measure_of(other.compiled, other.entity, c.field)
        for c in columns
        if c.field is not None and "." not in c.path
    }
    rows: list[tuple[str, list[Markup]]] = []
    if count:
        query = Query(filter=text, limit=_ROWS)
        rows, _ = rows_with_cells(other, reader, columns, measures, query)
    query_text = urlencode({"tab": "all", "where": text})
    given = f"{screen.id}:{id_}" if inverse.kind == "reference" else str(id_)
    create = other.can("create") and inverse.kind != "links"
    return Related(
        id=inverse.name,
        label=screen.labels.plural(other.entity),
        icon=other.entity.definition.icon or "list",
        count=count,
        count_text=grouped(min(count, COUNTED)) + ("+" if count > COUNTED else ""),
        href=f"{other.base}?{query_text}",
        new_href=f"{other.base}/new?{urlencode({inverse.back: given})}"
        if create
        else "",
        columns=columns,
        rows=rows,
    )


def rows_with_cells(
    screen: Screen,
    reader: Reader,
    columns: Sequence[ShownColumn],
    measures: Mapping[str, Measure | None],
    query: Query,
) -> tuple[list[tuple[str, list[Markup]]], Page]:
    """Address and cells of each row of a short list, and the page they are from."""
    fields = [c.path for c in columns] + wanted_paths(measures.values())
    page = reader.search(screen.id, replace(query, fields=tuple(dict.fromkeys(fields))))
    cells = cells_of(screen, reader)
    writers = [cells.writer(c.path, c.field, measures.get(c.path)) for c in columns]
    for one in columns:
        if one.field is not None and one.field.kind == "links" and "." not in one.path:
            name_many(reader, one.path, one.field.targets[0], page.items)
    rows = [(screen.href(r.id), [write(r) for write in writers]) for r in page.items]
    return rows, page
