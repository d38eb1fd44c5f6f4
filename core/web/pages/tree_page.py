"""The page of a tree: records below one another along a link, branches on demand.

Roots are the records that stand below nothing the reader may see. A search or filter
shows its hits as a plain list, since a hit may lie deep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler.view_models import ListView, TreeView
from core.frozen import frozen
from core.services import BadQuery, Query, Reader, Totals, totals_of
from core.web.auth import login_required_page
from core.web.pages.chips import Chip
from core.web.pages.columns import ShownColumn, shown_columns
from core.web.pages.figures import grouped
from core.web.pages.list_frame import frame_of
from core.web.pages.list_model import Row, chip_titles, query_of, rows_for
from core.web.pages.list_state import ALL, ListState, read_state
from core.web.pages.screen import Screen, open_screen
from core.web.pages.view_choice import view_of

#: Records of one branch that are shown in place; the list behind it has all.
BRANCH = 200
_DEEPEST = 50


@frozen
class Node:
    """A row of the tree and how many records stand below it."""

    row: Row
    below: int
    below_text: str


@dataclass
class Tree:
    """Works out the branches of one tree for one reader."""

    screen: Screen
    reader: Reader
    view: TreeView
    state: ListState

    @property
    def columns(self) -> list[ShownColumn]:
        """The columns that the reader may see."""
        return shown_columns(self.screen, self._as_list(), None)

    def _as_list(self) -> ListView:
        usual = self.screen.compiled.views.list_of(self.screen.id)
        return replace(usual, id=self.view.id, columns=self.view.columns)

    def roots(self) -> tuple[list[Node], bool]:
        """The records at the top, or all hits while a filter narrows the tree."""
        name = self.view.parent.name
        if self.state.narrowed or self.state.tab not in ("", ALL):
            return self._nodes(None)
        # The stamp of the record above is empty where there is none to be seen.
        condition = f"{name}.created_at is null"
        if self.screen.entity.definition.archive:
            condition = f"{condition} or {name}.archived"
        return self._nodes(condition)

    def branch(self, id_: int) -> tuple[list[Node], bool]:
        """The records directly below one, and whether there are more."""
        return self._nodes(f"{self.view.parent.name}.id == {id_}")

    def _nodes(self, condition: str | None) -> tuple[list[Node], bool]:
        base = query_of(self.screen, self.view, self.state)
        parts = [f"({part})" for part in (base.filter, condition) if part]
        query = replace(base, filter=" and ".join(parts) or None, limit=BRANCH)
        rows, page = rows_for(
            self.screen, self.reader, self._as_list(), self.columns, query
        )
        below = self._below([row.id for row in rows], base)
        return [_node(row, below) for row in rows], page.next is not None

    def _below(self, ids: Sequence[int], base: Query) -> dict[int, int]:
        """How many records stand below each: one statement for all rows."""
        if not ids:
            return {}
        name = self.view.parent.name
        listed = ", ".join(map(str, ids))
        own = f"{name}.id in [{listed}]"
        where = self.view.where.text if self.view.where is not None else ""
        text = f"({where}) and {own}" if where else own
        query = Query(filter=text, archived=base.archived)
        asked = Totals(query=query, by=(name,))
        found = totals_of(self.reader.scene, self.screen.id, asked)
        return {group.keys[0]: group.count for group in found.groups}


def _node(row: Row, below: dict[int, int]) -> Node:
    count = below.get(row.id, 0)
    return Node(row, count, grouped(count) if count else "")


def tree_page(screen: Screen, state: ListState, view: TreeView) -> ResponseReturnValue:
    """The top of a tree."""
    problem = None
    nodes: list[Node] = []
    more = False
    # A tree is whole unless somebody narrows it.
    state = state if state.tab else replace(state, tab=ALL)
    with screen.reading() as reader:
        titles = chip_titles(reader, screen, state)
        tree = Tree(screen, reader, view, state)
        columns = tree.columns
        try:
            nodes, more = tree.roots()
        except BadQuery as refused:
            problem = refused.message
    page = render_template(
        "pages/tree.html",
        **frame_of(screen, state, view, titles),
        **_drawn(columns, nodes, 1, _all(state, view, None) if more else ""),
        problem=problem,
    )
    return page, 400 if problem else 200


@login_required_page
def show_branch(module: str, name: str, id: int) -> ResponseReturnValue:
    """The records below one, as rows of the tree."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    view = view_of(screen, state)
    level = request.args.get("level", "1")
    if not isinstance(view, TreeView) or not level.isdecimal():
        abort(404)
    state = replace(state, tab=state.tab or ALL)
    with screen.reading() as reader:
        tree = Tree(screen, reader, view, state)
        columns = tree.columns
        nodes, more = tree.branch(id)
    depth = min(int(level) + 1, _DEEPEST)
    rest = _all(state, view, id) if more else ""
    drawn = _drawn(columns, nodes, depth, rest)
    return render_template("pages/_tree_rows.html", screen=screen, state=state, **drawn)


def _drawn(
    columns: list[ShownColumn], nodes: list[Node], level: int, rest: str
) -> dict[str, Any]:
    return {"columns": columns, "nodes": nodes, "level": level, "rest": rest}


def _all(state: ListState, view: TreeView, id_: int | None) -> str:
    """The list of a whole branch."""
    name = view.parent.name
    chip = Chip(name, "none") if id_ is None else Chip(name, "is", str(id_))
    return state.href(view="", tab=ALL, chips=(*state.chips, chip))
