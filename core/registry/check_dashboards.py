"""Checks dashboards and their tiles.

Called by core.registry.build after the views. A tile into an optional module that is
off is left out, as menu entries are.
"""

from __future__ import annotations

from dataclasses import replace

from core.definitions import DashboardDef, GroupingDef, TileDef
from core.diagnostics import Span
from core.expressions import measure_fault, types
from core.expressions.slots import DIMENSION, MEASURE, USER_FILTER
from core.expressions.types import Kind, Type
from core.registry.check_roles import check_roles
from core.registry.checker import Checker
from core.registry.normalise import item_of
from core.registry.paths import check_path
from core.source import Map

#: What a tile may be; exactly one of them is written.
KINDS = ("number", "list", "chart", "view", "text")
_WIDEST = 12
_DAYS = frozenset({Kind.DATE, Kind.DATETIME})


def check_dashboards(checker: Checker) -> None:
    """Check every dashboard; those about an entity that is not there are dropped."""
    boards = checker.documents.dashboards
    for id_, board in list(boards.items()):
        found = _board(checker, board)
        if found is None:
            del boards[id_]
        else:
            boards[id_] = found


def _board(checker: Checker, board: DashboardDef) -> DashboardDef | None:
    module = board.id.partition(".")[0]
    entities = checker.documents.entities
    if board.entity is not None and not checker.dependencies.check(
        module, "entity", board.entity, entities, board.at("entity")
    ):
        return None
    check_roles(checker, board.id, board.roles, board.at("roles"))
    kept: dict[str, TileDef] = {}
    for name, tile in board.tiles.items():
        at = f"dashboard {board.id}/tiles/{name}"
        owner = checker.author_of(at) or module
        if _tile(checker, board, owner, tile, at):
            kept[name] = tile
    _filters(checker, board, kept)
    spans = {name: board.tiles.key_span(name) for name in kept}
    return replace(board, tiles=Map(kept, spans))


def _tile(
    checker: Checker, board: DashboardDef, owner: str, tile: TileDef, at: str
) -> bool:
    """Check a tile; False if it is not shown."""
    given = [kind for kind in KINDS if tile.gave(kind)]
    if len(given) != 1:
        code = "E208" if given else "E204"
        text = f"a tile is exactly one of: {', '.join(KINDS)}"
        checker.diagnostics.error(code, text, tile.span)
        return False
    kind = given[0]
    check_roles(checker, owner, tile.roles, tile.at("roles"))
    if tile.span_ is not None and not 1 <= tile.span_ <= _WIDEST:
        text = f"a tile spans 1 to {_WIDEST} columns, not {tile.span_}"
        checker.diagnostics.error("E217", text, tile.at("span"))
    if kind == "text":
        return True
    entity = _entity(checker, owner, tile, kind)
    if entity is None:
        return False
    _keys(checker, tile, kind)
    _rows(checker, board, tile, entity, at)
    _drill(checker, tile, entity)
    return True


def _filters(checker: Checker, board: DashboardDef, tiles: dict[str, TileDef]) -> None:
    """Every tile has to understand every filter, or figures would not fit together."""
    views = checker.documents.views
    about = {
        id_: None
        for tile in tiles.values()
        for id_ in (
            tile.number,
            tile.list,
            tile.from_,
            views[tile.view].entity if tile.view else None,
        )
        if id_ is not None
    }
    for name, written in board.filters.items():
        at = f"dashboard {board.id}/filters/{name}"
        check_roles(checker, board.id, written.roles, written.at("roles"))
        for entity in about:
            checker.condition(
                written.where, f"{at}/where/{entity}", entity, USER_FILTER
            )


def _entity(checker: Checker, owner: str, tile: TileDef, kind: str) -> str | None:
    """The entity whose rows the tile is about; None when that was reported."""
    if kind == "view":
        views = checker.documents.views
        span = tile.at("view")
        view = tile.view or ""
        if not checker.dependencies.check(
            owner, "view", view, views, span, optional=True
        ):
            return None
        if views[view].type != "list":
            text = f"'{view}' is a {views[view].type}; a tile shows a list"
            checker.diagnostics.error("E406", text, span)
            return None
        return views[view].entity
    key = "from" if kind == "chart" else kind
    id_ = tile.from_ if kind == "chart" else getattr(tile, kind)
    if id_ is None:
        text = "a chart needs 'from', the entity whose rows it counts"
        checker.diagnostics.error("E204", text, tile.span)
        return None
    there = checker.documents.entities
    fits = checker.dependencies.check(
        owner, "entity", id_, there, tile.at(key), optional=True
    )
    return str(id_) if fits else None


_ONLY = (
    ("from", ("chart",)),
    ("rows", ("chart",)),
    ("value", ("number", "chart")),
    ("compare", ("number",)),
    ("columns", ("list", "view")),
    ("order", ("list", "view")),
    ("limit", ("list", "view", "chart")),
)


def _keys(checker: Checker, tile: TileDef, kind: str) -> None:
    for key, kinds in _ONLY:
        if kind not in kinds and tile.gave(key):
            text = f"'{key}' is no key of a tile that is a {kind}"
            checker.diagnostics.error("E202", text, tile.at(key))
    if kind == "chart" and tile.rows is None:
        text = "a chart needs 'rows', what its parts stand for"
        checker.diagnostics.error("E204", text, tile.span)


def _rows(
    checker: Checker, board: DashboardDef, tile: TileDef, entity: str, at: str
) -> None:
    names: dict[str, Type] = {}
    if board.entity is not None:
        names["this"] = types.record(board.entity)
    checker.condition(tile.where, f"{at}/where", entity, USER_FILTER, names)
    if tile.compare is not None:
        place = f"{at}/compare/where"
        checker.condition(tile.compare.where, place, entity, USER_FILTER, names)
    if tile.value is not None:
        _measure(checker, tile, entity, at)
    if tile.rows is not None:
        _grouping(checker, tile, entity, at)
    for item in tile.columns:
        check_path(checker, entity, item_of(item).field)
    for order in tile.order:
        check_path(checker, entity, order.path)
    if tile.limit is not None and not 1 <= tile.limit <= 50:
        text = f"a tile shows 1 to 50 rows, not {tile.limit}"
        checker.diagnostics.error("E217", text, tile.at("limit"))


def _measure(checker: Checker, tile: TileDef, entity: str, at: str) -> None:
    names = {"rows": types.list_of(types.record(entity))}
    typed = checker.expression(tile.value, f"{at}/value", None, MEASURE, names=names)
    fault = None if typed is None else measure_fault(typed)
    if fault is not None:
        checker.diagnostics.error(
            "E406", fault, tile.at("value"), None, "write sum(rows.amount), count(rows)"
        )


def _grouping(checker: Checker, tile: TileDef, entity: str, at: str) -> None:
    rows = tile.rows
    grain = rows.grain if isinstance(rows, GroupingDef) else None
    text = rows.of if isinstance(rows, GroupingDef) else rows
    typed = checker.expression(text, f"{at}/rows", entity, DIMENSION)
    if typed is None:
        return
    if grain is not None and typed.type.kind not in _DAYS:
        fault = f"only dates have a grain; this is {typed.type}"
        checker.diagnostics.error("E406", fault, _span(rows, tile))


def _span(rows: object, tile: TileDef) -> Span:
    return rows.at("grain") if isinstance(rows, GroupingDef) else tile.at("rows")


def _drill(checker: Checker, tile: TileDef, entity: str) -> None:
    if tile.drill is None:
        return
    view = checker.documents.views.get(tile.drill)
    if view is None or view.entity != entity or view.type == "form":
        text = f"'{tile.drill}' is no list, board or calendar of {entity}"
        checker.diagnostics.error("E301", text, tile.at("drill"))
