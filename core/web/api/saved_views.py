"""Saved views of an entity: listed, made, changed, deleted, begun with.

Registered by `register`; `collection` asks `saved_wish` for the query of `?saved=`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, request, url_for

from core.services import Query, Reader
from core.services import Transaction as Tx
from core.services.filters import user_filter
from core.services.saved_views import (
    SavedView,
    begin_with,
    change_view,
    delete_view,
    may_change,
    save_view,
    saved_views,
    view_saved,
)
from core.web.api.bodies import read_object
from core.web.api.calls import open_call
from core.web.api.envelopes import ChangedView, NewView, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import Wish, check_names, number_of
from core.web.api.versions import expected_version, tagged
from core.web.pages.list_model import query_of
from core.web.pages.saved_views import state_of
from core.web.pages.screen import screen_of
from core.web.pages.view_choice import view_of

_LARGEST = 2**63 - 1


def list_views(module: str, name: str) -> Response:
    """`GET .../views`: the caller's own views and those shared with him."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        found = saved_views(reader, call.id)
        return answer({"items": [shown(reader, one) for one in found]})


def get_view(module: str, name: str, view: int) -> Response:
    """`GET .../views/<view>`."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        return _answered(reader, view_saved(reader, call.id, view))


def create_view(module: str, name: str) -> Response:
    """`POST .../views` {name, state, roles, usual}: 201 with the view."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    body = loaded(NewView(), read_object(request))

    def work(tx: Tx) -> Response:
        made = save_view(tx, call.id, body["name"], body["state"], body["roles"])
        if body["usual"]:
            begin_with(tx, call.id, made.id)
            made = view_saved(tx, call.id, made.id)
        response = _answered(tx, made, 201)
        response.headers["Location"] = url_for(
            "api.saved_view", module=module, name=name, view=made.id
        )
        return response

    return call.write(work)


def alter_view(module: str, name: str, view: int) -> Response:
    """`PATCH .../views/<view>`: change its name, state or roles, or begin with it."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    body = loaded(ChangedView(), read_object(request))
    version = expected_version(request, body)
    changes = {n: v for n, v in body.items() if n in ("name", "state", "roles")}

    def work(tx: Tx) -> Response:
        if changes:
            change_view(tx, call.id, view, changes, version)
        if "usual" in body:
            begin_with(tx, call.id, view if body["usual"] else None)
        return _answered(tx, view_saved(tx, call.id, view))

    return call.write(work)


def remove_view(module: str, name: str, view: int) -> Response:
    """`DELETE .../views/<view>`: 204."""
    call = open_call(module, name, "write")
    check_names(request.args, ())

    def work(tx: Tx) -> Response:
        delete_view(tx, call.id, view)
        return Response(status=204)

    return call.write(work)


def saved_wish(reader: Reader, entity: str, wish: Wish) -> Wish:
    """The list of a saved view, narrowed and changed by what the address says too."""
    id_ = number_of(request.args, "saved", 1, _LARGEST, 0)
    saved = view_saved(reader, entity, id_)
    screen = screen_of(entity)
    state = state_of(screen.base, saved.state)
    kept = query_of(screen, view_of(screen, state), state)
    asked = wish.query
    parts = [f"({part})" for part in (kept.filter, asked.filter) if part]
    query = replace(
        asked,
        filter=" and ".join(parts) or None,
        named=tuple(dict.fromkeys((*kept.named, *asked.named))),
        search=asked.search or kept.search,
        order=asked.order or kept.order,
        fields=asked.fields or _fields(state.columns),
        archived=asked.archived if "archived" in request.args else kept.archived,
    )
    _check_alone(reader, entity, asked)
    return Wish(query, wish.titles)


def _fields(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(("id", "version", *columns))) if columns else ()


def _check_alone(reader: Reader, entity: str, query: Query) -> None:
    """A filter must stand alone: what is put around it may not change its meaning."""
    if query.filter is not None:
        user_filter(reader.runtime, reader.access, entity, query.filter)


def shown(reader: Reader, view: SavedView) -> dict[str, Any]:
    """One view as the plain values of an answer."""
    state = state_of("", view.state, str(view.id))
    return {
        "id": view.id,
        "version": view.version,
        "name": view.name,
        "owner": view.owner,
        "roles": None if view.roles is None else list(view.roles),
        "usual": view.usual,
        "may_change": may_change(reader, view),
        "state": dict(view.state),
        "page": f"/{view.entity.replace('.', '/')}?{state.query()}",
    }


def _answered(reader: Reader, view: SavedView, status: int = 200) -> Response:
    return tagged(answer(shown(reader, view), status), view.version)
