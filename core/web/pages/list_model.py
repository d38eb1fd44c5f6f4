"""A list worked out: tabs, query, rows of finished cells, and where to go from there.

`list_page` draws it; bulk actions and exports take `query_of` so that they mean exactly
what the list shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from core.compiler.view_models import ListView, ManyView, TreeView, ViewFilter
from core.expressions import Record
from core.frozen import frozen
from core.services import Page, Query, Reader
from core.web.pages import chips as chips_
from core.web.pages.cells import Cells
from core.web.pages.columns import ShownColumn, chosen_columns, shown_columns
from core.web.pages.figures import grouped
from core.web.pages.list_groups import (
    GroupRow,
    group_names,
    grouped_list,
    list_totals,
    totalled,
)
from core.web.pages.list_state import ALL, ARCHIVED, PAGE_SIZE, ListState
from core.web.pages.measures import measure_of, wanted_paths
from core.web.pages.screen import Screen, is_for
from core.web.pages.texts import Texts
from core.web.state import web
from core.web.wording import say, say_count


@frozen
class Row:
    """One row, ready to draw."""

    id: int
    href: str
    label: str
    style: str
    cells: tuple[Markup, ...]


@frozen
class ListModel:
    """Everything a list page shows."""

    columns: list[ShownColumn]
    rows: list[Row]
    count: int
    estimated: bool
    following: str | None
    titles: dict[tuple[str, int], str]
    groups: Sequence[GroupRow] = ()
    totals: Mapping[str, Markup] = field(default_factory=dict)


def offered_filters(screen: Screen, view: ManyView) -> list[ViewFilter]:
    """The named filters that the reader's roles may use."""
    return [
        one
        for one in view.filters
        if is_for(screen.compiled, screen.actor, screen.id, one.roles)
    ]


def current_tab(screen: Screen, view: ManyView, state: ListState) -> str:
    """The tab in force: the one asked for, else the one marked as usual."""
    offered = offered_filters(screen, view)
    if state.tab in (ALL, ARCHIVED) or any(one.id == state.tab for one in offered):
        return state.tab
    # What moves between columns or days must not vanish by it.
    usual = offered if isinstance(view, ListView | TreeView) else own_filters(view)
    return next((one.id for one in usual if one.default), ALL)


def own_filters(view: ManyView) -> list[ViewFilter]:
    """The filters that the view itself brings, not those of the entity."""
    return [one for one in view.filters if not one.named]


def query_of(screen: Screen, view: ManyView, state: ListState) -> Query:
    """The question that the state asks, without fields and place."""
    tab = current_tab(screen, view, state)
    parts = [state.expression] if state.expression else []
    made = chips_.expression(screen, state.chips, state.either)
    parts += [made] if made else []
    parts += [view.where.text] if view.where is not None else []
    parts += [as_of(screen, view.dates, state)] if view.dates is not None else []
    chosen = next((f for f in view.filters if f.id == tab), None)
    if chosen is not None and not chosen.named:
        parts.append(chosen.where.text)
    return Query(
        filter=" and ".join(f"({part})" for part in parts) or None,
        named=(tab,) if chosen is not None and chosen.named else (),
        search=state.search or None,
        order=state.sort or view.order,
        archived="only" if tab == ARCHIVED else "no",
        limit=PAGE_SIZE,
    )


def shown_day(screen: Screen, state: ListState) -> date:
    """The day of a view of one day: that of the address, else the reader's today."""
    if state.day:
        return date.fromisoformat(state.day)
    return datetime.now(ZoneInfo(screen.locale.zone)).date()


def as_of(screen: Screen, dates: tuple[str, str], state: ListState) -> str:
    """The condition of the rows that count on the day of the address."""
    begin, end = dates
    day = f"date('{shown_day(screen, state)}')"
    return f"{begin} <= {day} and ({end} is null or {end} >= {day})"


def build_list(screen: Screen, view: ListView, state: ListState) -> ListModel:
    """Run the query of a list and make its cells; a grouped one shows its groups."""
    with screen.reading() as reader:
        columns = columns_for(screen, reader, view, state)
        titles = chip_titles(reader, screen, state)
        query = query_of(screen, view, state)
        summed = totalled(screen, reader, view, columns)
        if group_names(screen, view, state):
            groups, sums = grouped_list(screen, reader, view, state, query, summed)
            count = sum(one.count for one in groups if one.level == 0)
            model = ListModel(columns, [], count, False, None, titles)
            return replace(model, groups=groups, totals=sums)
        asked = replace(query, count="estimate", **_place(state))
        rows, page = rows_for(screen, reader, view, columns, asked)
        model = ListModel(
            columns, rows, page.count or 0, page.estimated, page.next, titles
        )
        sums = list_totals(screen, reader, query, summed) if rows else {}
        return replace(model, totals=sums)


def columns_for(
    screen: Screen, reader: Reader, view: ListView, state: ListState
) -> list[ShownColumn]:
    """The columns of the address, else the reader's own choice, else the view's."""
    return shown_columns(screen, view, state.columns or chosen_columns(screen, reader))


def rows_for(
    screen: Screen,
    reader: Reader,
    view: ListView,
    columns: Sequence[ShownColumn],
    query: Query,
) -> tuple[list[Row], Page]:
    """The rows of a query with finished cells, and the page they are from."""
    cells = cells_of(screen, reader)
    measures = {
        c.path: measure_of(screen.compiled, screen.entity, c.field)
        for c in columns
        if c.field is not None and "." not in c.path
    }
    fields = [c.path for c in columns] + wanted_paths(measures.values())
    page = reader.search(screen.id, replace(query, fields=tuple(dict.fromkeys(fields))))
    writers = [cells.writer(c.path, c.field, measures.get(c.path)) for c in columns]
    _name_many(reader, screen, columns, page)
    styles = _styles(reader, screen, view, page)
    rows = [_row(screen, r, columns, writers, styles) for r in page.items]
    return rows, page


def cells_of(screen: Screen, reader: Reader, short: bool = True) -> Cells:
    """The maker of cells for the reader."""
    texts = Texts(screen.labels, screen.locale)
    icons = web().assets.url("vendor/icons.svg")
    return Cells(texts, icons, reader.scene.moment.now, short)


def _place(state: ListState) -> dict[str, Any]:
    """Cursor going forward; the page's number where there is none (going back)."""
    if state.cursor:
        return {"cursor": state.cursor}
    if state.page > 1:
        return {"offset": (state.page - 1) * PAGE_SIZE}
    return {}


def _row(
    screen: Screen,
    record: Record,
    columns: Sequence[ShownColumn],
    writers: Sequence[Any],
    styles: dict[int, str],
) -> Row:
    id_ = record.id or 0
    name = record.values.get(columns[0].path)
    label = name if isinstance(name, str) else f"{screen.entity.label} {id_}"
    cells = tuple(write(record) for write in writers)
    return Row(id_, screen.href(id_), label, styles.get(id_, ""), cells)


def _styles(
    reader: Reader, screen: Screen, view: ListView, page: Page
) -> dict[int, str]:
    """The tone of each row for which a condition of the view holds; the first wins."""
    if not view.row_styles or not page.items:
        return {}
    paths = {path for one in view.row_styles for path in one.when.reads.this}
    ids = [record.id for record in page.items if record.id is not None]
    found: dict[int, str] = {}
    for id_, record in reader.scene.loader.load(screen.id, ids, paths).items():
        for style in view.row_styles:
            env = reader.scene.env(style.when.reads, this=record)
            if style.when.run(env) is True:
                found[id_] = f"is-{style.style}"
                break
    return found


def _name_many(
    reader: Reader, screen: Screen, columns: Sequence[ShownColumn], page: Page
) -> None:
    """Titles of what to-many columns lead to, one question per column."""
    for column in columns:
        if column.field is None or column.field.kind != "links" or "." in column.path:
            continue
        name_many(reader, column.path, column.field.targets[0], page.items)


def name_many(
    reader: Reader, path: str, target: str, records: Sequence[Record]
) -> None:
    """Put the titles of a to-many field beside its ids."""
    ids = {one for record in records for one in record.values.get(path) or ()}
    names = reader.titles(target, sorted(ids)) if ids else {}
    for record in records:
        record.values[f"{path}__titles"] = names


def chip_titles(
    reader: Reader, screen: Screen, state: ListState
) -> dict[tuple[str, int], str]:
    wanted = chips_.targets(screen, (*state.chips, *state.either))
    return {
        (entity, id_): title
        for entity, ids in wanted.items()
        for id_, title in reader.titles(entity, sorted(ids)).items()
    }


def range_text(state: ListState, model: ListModel) -> str:
    """Which records of how many: `1 to 25 of 240`."""
    if model.groups:
        number = sum(1 for one in model.groups if one.level == 0)
        records = say_count(
            model.count, "{number} record", "{number} records", grouped(model.count)
        )
        groups = say_count(number, "{number} group", "{number} groups", grouped(number))
        return f"{groups}, {records}"
    if not model.rows:
        return say("nothing to show")
    first = (state.page - 1) * PAGE_SIZE + 1
    last = first + len(model.rows) - 1
    more = say("more than") + " " if model.estimated else ""
    return say(
        "{first} to {last} of {count}",
        first=grouped(first),
        last=grouped(last),
        count=more + grouped(model.count - (1 if model.estimated else 0)),
    )
