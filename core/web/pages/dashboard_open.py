"""For whom a dashboard is, and where it stands; asked by menus and record pages."""

from __future__ import annotations

from core.compiler import Compiled
from core.definitions import DashboardDef
from core.services import Actor
from core.web.pages.screen import Screen, is_for, may

BASE = "/dashboards"


def is_open(compiled: Compiled, actor: Actor, board: DashboardDef) -> bool:
    """Whether a dashboard is for somebody; one about a record needs its entity."""
    if board.hidden or not is_for(compiled, actor, board.id, board.roles):
        return False
    return board.entity is None or may(compiled, actor, board.entity, "read")


def record_boards(screen: Screen, id_: int) -> list[tuple[str, str]]:
    """Label and address of the dashboards about a record."""
    boards = screen.compiled.registry.dashboards.values()
    return [
        (screen.labels.at(f"dashboard {board.id}"), f"{BASE}/{board.id}/{id_}")
        for board in boards
        if board.entity == screen.id and is_open(screen.compiled, screen.actor, board)
    ]
