"""Views that people save: a name for the state of a list, a board or a calendar.

Called by pages and the API. A view is its owner's alone or shared with roles; it holds
no rows, and what it names is checked again against the rights of whoever opens it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.errors import (
    NotAllowed,
    NotFound,
    Problem,
    StaleRecord,
    ValidationFailed,
)
from core.services.request import Query
from core.storage import saved_view, usual_view

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: What a state may hold: texts and lists of texts, each with its longest length.
TEXTS: Mapping[str, int] = MappingProxyType(
    {"view": 81, "tab": 60, "search": 200, "filter": 4000, "scale": 16}
)
LISTS: Mapping[str, int] = MappingProxyType(
    {"chips": 30, "either": 30, "order": 5, "group": 3, "columns": 20}
)
STATE = (*TEXTS, *LISTS)
LONGEST_NAME = 80
_LONGEST_ITEM = 500
_MOST_ROLES = 50


@frozen
class SavedView:
    """One saved view; `roles` is None for the owner alone and empty for everybody."""

    id: int
    entity: str
    owner: int
    name: str
    roles: tuple[str, ...] | None
    state: Mapping[str, Any]
    version: int
    usual: bool


def saved_views(reader: Reader, entity: str) -> list[SavedView]:
    """Return the actor's own views of an entity and those shared with him, by name."""
    reader.access.require(entity, "read")
    found = _read(reader, saved_view.c.entity == entity)
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def view_saved(reader: Reader, entity: str, id: int) -> SavedView:
    """Return one of them; NotFound for another's private view as for none."""
    reader.access.require(entity, "read")
    about = (saved_view.c.entity == entity, saved_view.c.id == id)
    found = _read(reader, *about)
    if not found:
        raise NotFound(
            "There is no such view, or it is not shared with you.", entity=entity, id=id
        )
    return found[0]


def may_change(reader: Reader, view: SavedView) -> bool:
    """Whether the actor may change or delete a view: its owner and administrators."""
    return reader.actor.is_admin or view.owner == reader.actor.user_id


def usual_view_of(reader: Reader, entity: str) -> int | None:
    """The id of the view that the actor's lists of an entity begin with."""
    return next((v.id for v in saved_views(reader, entity) if v.usual), None)


def sharable_roles(reader: Reader, entity: str) -> list[str]:
    """The roles that the actor may share a view with: his own, an administrator all."""
    registry = reader.runtime.compiled.registry
    known = registry.rights.roles
    if reader.actor.is_admin:
        return sorted(known)
    held = reader.runtime.compiled.access.of(reader.actor.roles).roles
    return sorted(held & known.keys())


def save_view(
    tx: Transaction,
    entity: str,
    name: str,
    state: Mapping[str, Any],
    roles: Collection[str] | None = None,
) -> SavedView:
    """Keep a new view; ValidationFailed names what cannot be kept."""
    tx.access.require(entity, "read")
    if tx.actor.user_id is None:
        raise NotAllowed("Only people keep views.", entity=entity, verb="read")
    row = {
        "entity": entity,
        "owner": tx.actor.user_id,
        "name": _name(tx, entity, name, tx.actor.user_id, None),
        "roles": _roles(tx, entity, roles, ()),
        "state": _state(tx, entity, state),
        "version": 1,
        "at": tx.scene.moment.now,
    }
    tx.scene.begin_writing()
    done = tx.scene.connection.execute(sa.insert(saved_view).values(**row))
    key = done.inserted_primary_key
    assert key is not None
    return view_saved(tx, entity, int(key[0]))


def change_view(
    tx: Transaction,
    entity: str,
    id: int,
    changes: Mapping[str, Any],
    version: int | None = None,
) -> SavedView:
    """Change `name`, `state` or `roles` of a view; StaleRecord if it was changed."""
    tx.scene.begin_writing()
    view = _changeable(tx, entity, id)
    if version is not None and version != view.version:
        raise StaleRecord(
            "Somebody changed this view meanwhile.",
            entity=entity,
            id=id,
            version=view.version,
            changed=[],
        )
    row: dict[str, Any] = {"version": view.version + 1, "at": tx.scene.moment.now}
    if "name" in changes:
        row["name"] = _name(tx, entity, changes["name"], view.owner, id)
    if "roles" in changes:
        row["roles"] = _roles(tx, entity, changes["roles"], view.roles or ())
    if "state" in changes:
        row["state"] = _state(tx, entity, changes["state"])
    where = saved_view.c.id == id
    tx.scene.connection.execute(sa.update(saved_view).where(where).values(**row))
    return view_saved(tx, entity, id)


def delete_view(tx: Transaction, entity: str, id: int) -> None:
    """Delete a view; who began with it begins with the usual list again."""
    tx.scene.begin_writing()
    _changeable(tx, entity, id)
    connection = tx.scene.connection
    connection.execute(usual_view.delete().where(usual_view.c.view == id))
    connection.execute(saved_view.delete().where(saved_view.c.id == id))


def begin_with(tx: Transaction, entity: str, id: int | None) -> None:
    """Let the actor's lists of an entity begin with a view; None: as delivered."""
    if id is not None:
        view_saved(tx, entity, id)
    if tx.actor.user_id is None:
        return
    tx.scene.begin_writing()
    mine = {"person": tx.actor.user_id, "entity": entity}
    where = [usual_view.c[name] == value for name, value in mine.items()]
    tx.scene.connection.execute(usual_view.delete().where(*where))
    if id is not None:
        tx.scene.connection.execute(sa.insert(usual_view).values(**mine, view=id))


def _read(reader: Reader, *where: sa.ColumnElement[bool]) -> list[SavedView]:
    me = reader.actor.user_id or 0
    if not me and not reader.actor.is_admin:
        # Views are shared among people; whoever is not signed in is none of them.
        return []
    usual = sa.and_(
        usual_view.c.view == saved_view.c.id,
        usual_view.c.person == me,
        usual_view.c.entity == saved_view.c.entity,
    )
    statement = (
        sa.select(saved_view, usual_view.c.view.label("usual"))
        .select_from(saved_view.outerjoin(usual_view, usual))
        .where(*where)
        .where(sa.or_(saved_view.c.owner == me, saved_view.c.roles.is_not(None)))
    )
    held = reader.runtime.compiled.access.of(reader.actor.roles).roles
    found = []
    for row in reader.scene.connection.execute(statement):
        roles = None if row.roles is None else tuple(row.roles)
        shared = roles == () or (roles is not None and bool(held & set(roles)))
        if row.owner == me or shared or reader.actor.is_admin:
            found.append(
                SavedView(
                    row.id,
                    row.entity,
                    row.owner,
                    row.name,
                    roles,
                    MappingProxyType(dict(row.state)),
                    row.version,
                    row.usual is not None,
                )
            )
    return found


def _changeable(tx: Transaction, entity: str, id: int) -> SavedView:
    view = view_saved(tx, entity, id)
    if not may_change(tx, view):
        raise NotAllowed(
            "This view belongs to somebody else; save it as your own.",
            entity=entity,
            verb="update",
        )
    return view


def _name(tx: Transaction, entity: str, name: Any, owner: int, id: int | None) -> str:
    text = " ".join(str(name or "").replace("\x00", "").split())
    if not text or len(text) > LONGEST_NAME:
        message = f"A view has a name of 1 to {LONGEST_NAME} characters."
        raise _wrong("name", "required" if not text else "too_long", message)
    same = sa.select(saved_view.c.id).where(
        saved_view.c.entity == entity,
        saved_view.c.owner == owner,
        saved_view.c.name == text,
    )
    other = tx.scene.connection.execute(same).scalar_one_or_none()
    if other is not None and other != id:
        raise _wrong("name", "unique", f"There is a view named '{text}' already.")
    return text


def _roles(
    tx: Transaction, entity: str, roles: Any, before: Sequence[str]
) -> list[str] | None:
    if roles is None:
        return None
    if not _is_list(roles, _MOST_ROLES):
        raise _wrong("roles", "wrong_type", "'roles' is a list of role ids, or null.")
    # Roles that an administrator chose stay when the owner changes something else.
    known = {*sharable_roles(tx, entity), *before}
    for one in roles:
        if one not in known:
            message = f"You cannot share with '{one[:81]}': it is no role of yours."
            raise _wrong("roles", "unknown_choice", message)
    return sorted(set(roles))


def _state(tx: Transaction, entity: str, state: Any) -> dict[str, Any]:
    """The state without empty parts; what it asks for is tried once."""
    if not isinstance(state, Mapping):
        raise _wrong("state", "wrong_type", "'state' is an object.")
    kept: dict[str, Any] = {}
    for name, value in state.items():
        if name in TEXTS:
            good = isinstance(value, str) and len(value) <= TEXTS[name]
        elif name in LISTS:
            good = _is_list(value, LISTS[name])
        else:
            message = f"A state has no part '{str(name)[:40]}': {', '.join(STATE)}."
            raise _wrong("state", "unknown_field", message)
        if not good:
            raise _wrong("state", "wrong_value", f"'{name}' of the state is too long.")
        if value:
            kept[name] = value if isinstance(value, str) else list(value)
    if "view" in kept:
        _check_view(tx, entity, kept["view"])
    asked = Query(
        filter=kept.get("filter"),
        order=tuple(kept.get("order", ())),
        fields=tuple(kept.get("columns", ("id",))),
        limit=1,
    )
    tx.search(entity, asked)
    return kept


def _check_view(tx: Transaction, entity: str, view: str) -> None:
    written = tx.runtime.compiled.registry.views.get(view)
    if written is None or written.entity != entity:
        message = f"There is no view '{view}' of these records."
        raise _wrong("state", "unknown_choice", message)


def _is_list(value: Any, most: int) -> bool:
    return (
        isinstance(value, list | tuple | set | frozenset)
        and len(value) <= most
        and all(isinstance(one, str) and len(one) <= _LONGEST_ITEM for one in value)
    )


def _wrong(field: str, code: str, message: str) -> ValidationFailed:
    return ValidationFailed([Problem(field, code, message)])
