"""The pages of dashboards: of the business, and of one record.

Registered by `register`; menus and record pages lead here.
"""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler import Compiled
from core.definitions import DashboardDef
from core.web.auth import login_required_page
from core.web.pages.dashboard_filters import filter_bar
from core.web.pages.dashboard_model import Dashboard
from core.web.pages.dashboard_open import is_open
from core.web.pages.list_frame import module_title
from core.web.pages.screen import acting, screen_of
from core.web.state import application


@login_required_page
def show_dashboard(id: str) -> ResponseReturnValue:
    """A dashboard of the business."""
    board = _board(id)
    if board.entity is not None:
        abort(404)
    return _page(board, None)


@login_required_page
def show_record_dashboard(id: str, record: int) -> ResponseReturnValue:
    """A dashboard about one record."""
    board = _board(id)
    if board.entity is None or not screen_of(board.entity).can("read"):
        abort(404)
    return _page(board, record)


def _board(id_: str) -> DashboardDef:
    compiled: Compiled = application().compiled
    board = compiled.registry.dashboards.get(id_)
    if board is None or not is_open(compiled, acting(), board):
        abort(404)
    return board


def _page(board: DashboardDef, record: int | None) -> ResponseReturnValue:
    screen = screen_of(board.entity or "base.user")
    bar = filter_bar(screen, board, request.path, request.args)
    with screen.reading() as reader:
        title = ""
        if record is not None:
            # Also the question whether the reader may see it: 404 if not.
            reader.get(screen.id, record, ("id",))
            title = reader.title(screen.id, record) or str(record)
        made = Dashboard(screen.compiled, screen, reader, board, record, bar.conditions)
        tiles = made.tiles()
    seconds = int(board.refresh.total_seconds()) if board.refresh else 0
    return render_template(
        "pages/dashboard.html",
        heading=screen.labels.at(f"dashboard {board.id}"),
        module_label=module_title(screen, board.id.partition(".")[0]),
        record_title=title,
        record_href=screen.href(record) if record is not None else "",
        tiles=tiles,
        filters=bar.shown,
        refresh=max(seconds, 10) if seconds else 0,
        has_chart=any(tile.chart for tile in tiles),
    )
