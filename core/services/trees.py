"""Keeps trees: no record below itself, and every record's path from the root.

Steps `place_in_tree` and `check_tree` of core.services.write, and what `write_row` and
deletions call when records move. A path `/1/5/17/` in an indexed column was chosen over
a table of all pairs: a branch is one range of the index, the records above are in the
path itself, and a move is one UPDATE of the branch instead of branch times depth rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler import DEEPEST, CompiledEntity
from core.expressions.functions_trees import ids_on, path_below
from core.expressions.schema import ancestors_name, path_name
from core.services.batch import Batch, Change, below
from core.services.errors import Problem, ValidationFailed
from core.services.loader import chunks
from core.services.scene import Scene
from core.services.scope_locks import hold

# More branches than this are moved by a look at the whole table.
_FEW = 20


def place_in_tree(batch: Batch) -> None:
    """Give records of a tree the path of the place where they now stand."""
    for child in below(batch):
        place_in_tree(child)
    tree = batch.entity.tree
    if tree is None:
        return
    name = path_name(tree)
    places = _Places(batch.scene, batch.entity, _moves(batch.changes, tree))
    places.load(change.record.values.get(tree) for change in batch.changes)
    up = ancestors_name(tree)
    paths = [path for path in batch.plan.paths if path[0] == up]
    for change in batch.changes:
        record = change.record
        if change.old is not None and tree not in change.changed:
            continue
        parent = record.values.get(tree)
        above = None if parent is None else places.path(parent)
        own = above or "/" if record.id is None else path_below(above, record.id)
        if record.values.get(name) != own:
            record.values[name] = own
            if record.relations.pop(up, None) is not None and paths:
                batch.scene.loader.fill(batch.entity.id, [record], paths)


def check_tree(batch: Batch) -> None:
    """Note records that would stand below themselves, or too deep.

    Others wait meanwhile, so that what is seen here is still so when it is written.
    """
    for child in below(batch):
        check_tree(child)
    entity, tree = batch.entity, batch.entity.tree
    if tree is None:
        return
    moves = _moves(batch.changes, tree)
    fresh = [c for c in batch.changes if c.old is None and c.record.values.get(tree)]
    if not moves and not fresh:
        return
    if not batch.draft:
        hold(batch.scene, f"tree:{entity.id}", None if moves else ())
    place_in_tree(batch)
    places = _Places(batch.scene, entity, moves)
    places.load(change.record.values.get(tree) for change in batch.changes)
    deep = _heights(batch, tree)
    for change in batch.changes:
        if change.failed or not (change.old is None or tree in change.changed):
            continue
        parent = change.record.values.get(tree)
        if parent is not None:
            _judge(batch, change, places, deep)


def _judge(
    batch: Batch, change: Change, places: _Places, heights: Mapping[int, int]
) -> None:
    tree, label = batch.entity.tree or "", batch.entity.label
    parent, own = change.record.values[tree], change.record.id
    chain = places.chain(parent)
    if chain is None or own in chain:
        message = f"A {label} cannot stand below itself."
        change.problem(tree, "circle", message)
    elif len(chain) + 1 + heights.get(own or 0, 0) > DEEPEST:
        message = f"A tree is at most {DEEPEST} levels deep; this would be deeper."
        change.problem(tree, "too_deep", message, facts={"most": DEEPEST})


def _moves(changes: Iterable[Change], tree: str) -> dict[int, int | None]:
    """Where stored records go, by their ids."""
    return {
        change.record.id: change.record.values.get(tree)
        for change in changes
        if change.old is not None and change.record.id and tree in change.changed
    }


class _Places:
    """Paths as they are, and as they will be once some records have moved."""

    def __init__(
        self, scene: Scene, entity: CompiledEntity, moves: Mapping[int, int | None]
    ) -> None:
        self._scene = scene
        self._entity = entity
        self._moves = moves
        self._paths: dict[int, str] = {}

    def load(self, ids: Iterable[int | None]) -> None:
        """Read the stored paths of these records in a few statements."""
        wanted = sorted({id_ for id_ in ids if id_ is not None} - self._paths.keys())
        table = self._entity.table
        path = table.c[path_name(self._entity.tree or "")]
        for chunk in chunks(wanted):
            statement = sa.select(table.c.id, path).where(table.c.id.in_(chunk))
            self.note(self._scene.connection.execute(statement))

    def note(self, rows: Iterable[Any]) -> None:
        """Take in stored paths that somebody has read."""
        self._paths.update((id_, path or f"/{id_}/") for id_, path in rows)

    def stored(self, id: int) -> str:
        """The path that a record has."""
        return self._paths.get(id, f"/{id}/")

    def chain(self, id: int) -> tuple[int, ...] | None:
        """The ids from the root to a record, itself included; None: a circle."""
        tail: list[int] = []
        at: int | None = id
        while at is not None:
            if at in tail:
                return None
            line = ids_on(self._paths.get(at, f"/{at}/"))
            moved = next((one for one in reversed(line) if one in self._moves), None)
            if moved is None:
                return (*line, *tail)
            tail = [*line[line.index(moved) :], *tail]
            at = self._moves[moved]
        return tuple(tail)

    def path(self, id: int) -> str:
        """The path that a record will have; its stored one in a circle."""
        chain = self.chain(id)
        if chain is None:
            return self._paths.get(id, f"/{id}/")
        return "".join(f"/{one}" for one in chain) + "/"


def _heights(batch: Batch, tree: str) -> dict[int, int]:
    """How many levels there are below the records that move."""
    table = batch.entity.table
    path = table.c[path_name(tree)]
    found: dict[int, int] = {}
    moved = [c for c in batch.changes if c.old is not None and tree in c.changed]
    if len(moved) > _FEW:
        rows = batch.scene.connection.execute(sa.select(path)).scalars()
        wanted = {change.record.id for change in moved}
        for line in map(ids_on, rows):
            for depth, id_ in enumerate(line):
                if id_ in wanted:
                    found[id_] = max(found.get(id_, 0), len(line) - depth - 1)
        return found
    for change in moved:
        assert change.old is not None
        own = change.old.values.get(path_name(tree)) or f"/{change.record.id}/"
        slashes = sa.func.length(path) - sa.func.length(sa.func.replace(path, "/", ""))
        statement = sa.select(sa.func.max(slashes)).where(_in_branch(path, own))
        most = batch.scene.connection.execute(statement).scalar_one() or 0
        found[change.record.id or 0] = max(0, most - own.count("/"))
    return found


def _in_branch(path: Any, top: str) -> sa.ColumnElement[bool]:
    """Whether a path is this one or leads on from it."""
    return sa.and_(path >= top, path < f"{top[:-1]}0")


# -- writing ------------------------------------------------------------------------


def place_new(batch: Batch) -> None:
    """Give new records, which have their ids by now, their whole path."""
    tree = batch.entity.tree
    if tree is None:
        return
    name = path_name(tree)
    changes = [change for change in batch.alive if change.old is None]
    fresh: dict[int, int | None] = {
        c.record.id: c.record.values.get(tree) for c in changes if c.record.id
    }
    places = _Places(batch.scene, batch.entity, fresh)
    places.load(fresh.values())
    for change in changes:
        id_ = change.record.id or 0
        if places.chain(id_) is None:
            message = f"A {batch.entity.label} cannot stand below itself."
            raise ValidationFailed([Problem(tree, "circle", message)])
        change.record.values[name] = places.path(id_)


def follow_moves(batch: Batch) -> None:
    """Write the new paths of records that moved, and of all below them."""
    tree = batch.entity.tree
    if tree is not None:
        alive = [change for change in batch.changes if not change.failed]
        move(batch.scene, batch.entity, _moves(alive, tree))


def move(scene: Scene, entity: CompiledEntity, moves: Mapping[int, int | None]) -> None:
    """Write the paths of whole branches; `moves` says where their tops go."""
    if not moves or entity.tree is None:
        return
    table = entity.table
    path = table.c[path_name(entity.tree)]
    places = _Places(scene, entity, moves)
    places.load([*moves, *moves.values()])
    connection = scene.connection
    if len(moves) == 1:
        top = next(iter(moves))
        old, new = places.stored(top), places.path(top)
        rest = sa.func.substr(path, len(old) + 1)
        joined = sa.literal(new, sa.String()).op("||", return_type=sa.String())(rest)
        branch = table.update().where(_in_branch(path, old))
        connection.execute(branch.values({path.key: joined}))
        return
    statement = sa.select(table.c.id, path)
    if len(moves) <= _FEW:
        tops = [_in_branch(path, places.stored(top)) for top in moves]
        statement = statement.where(sa.or_(*tops))
    rows = connection.execute(statement).all()
    places.note((row[0], row[1]) for row in rows)
    changed = [
        {"b_id": id_, "b_path": new}
        for id_, old in rows
        if (new := places.path(id_)) != old
    ]
    if changed:
        by_id = table.update().where(table.c.id == sa.bindparam("b_id"))
        connection.execute(by_id.values({path.key: sa.bindparam("b_path")}), changed)
