"""What is done to one or many records from a list or a record page: archive, restore,
delete, export, merge, or the change of fields.

Registered by `register`; each goes through one transaction and tells what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.exchange import ENDINGS, MEDIA, ExchangeError, ExportOptions, export_lines
from core.exchange.declared import declares
from core.exchange.rejects import BLOCKS
from core.services import Outcome, Query
from core.services.merging import MOST
from core.services.taking_back import Trail, audited_so_far, trail_since
from core.services.together import BULK, together
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.bulk_edit import barred_text, choose_changes
from core.web.pages.list_actions import PRESS, press_for_chosen
from core.web.pages.list_model import columns_for, query_of
from core.web.pages.list_state import ListState, read_state
from core.web.pages.screen import Screen, open_screen
from core.web.pages.take_back import undo_address
from core.web.pages.view_choice import view_of
from core.web.state import application
from core.web.wording import say, say_count

_MOST = 10_000
_CHUNK = 1000
_VERBS = frozenset({"archive", "restore", "delete", "edit"})
_FORMATS = (
    ("csv", "CSV", "file-text"),
    ("xlsx", "Excel workbook", "table"),
    ("json", "JSON", "list"),
    ("vcard", "Address book (vCard)", "address-book"),
    ("icalendar", "Calendar (iCalendar)", "calendar"),
)


@login_required_page
def act_on_many(module: str, name: str) -> ResponseReturnValue:
    """Do the chosen action to the chosen records, or to all of the list."""
    screen = open_screen(module, name)
    action = request.form.get("action", "")
    state = read_state(screen.base, request.args)
    query = replace(query_of(screen, view_of(screen, state), state), order=())
    everything = request.form.get("all") == "1"
    if action == "export":
        ids = [] if everything else _ids(request.form.getlist("ids"))
        return _file(screen, state, query, ids)
    if action == "merge" and not everything:
        ids = _ids(request.form.getlist("ids"))
        return redirect(
            f"{screen.base}/merge?ids={','.join(map(str, ids[: MOST + 1]))}"
        )
    if action.startswith(PRESS):
        ids = (
            _all_ids(screen, query) if everything else _ids(request.form.getlist("ids"))
        )
        return press_for_chosen(screen, action.removeprefix(PRESS), ids)
    if action not in _VERBS:
        abort(400)
    back = state.href(page=state.page, cursor=state.cursor)
    ids = _all_ids(screen, query) if everything else _ids(request.form.getlist("ids"))
    if action == "edit":
        return choose_changes(screen, ids)
    if not screen.can(BULK):
        abort(403)
    if ids:
        _tell(screen, action, *_run(screen, action, ids))
    return redirect(back)


def _ids(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts[:_MOST] if text.isdecimal() and len(text) < 19]


def _all_ids(screen: Screen, query: Query) -> list[int]:
    """The ids of everything that the list would show, up to a limit."""
    found: list[int] = []
    with screen.reading() as reader:
        asked = replace(query, fields=("id",), limit=_CHUNK, titles=False)
        while len(found) < _MOST:
            page = reader.search(screen.id, asked)
            found += [record.id for record in page.items if record.id is not None]
            if page.next is None:
                break
            asked = replace(asked, cursor=page.next)
    return found[:_MOST]


def _run(screen: Screen, action: str, ids: list[int]) -> tuple[list[Outcome], Trail]:
    with screen.writing() as tx:
        work = {
            "archive": tx.archive_many,
            "restore": tx.restore_many,
            "delete": tx.delete_many,
        }[action]
        before = audited_so_far(tx)
        verb = "delete" if action == "delete" else "archive"
        done = together(
            tx, screen.id, verb, ids, lambda some: work(screen.id, some), barred_text()
        )
        return done, trail_since(tx, before)


def _tell(screen: Screen, action: str, outcomes: Sequence[Outcome], did: Trail) -> None:
    done = sum(not one.problems for one in outcomes)
    words = {
        "archive": ("{number} record archived.", "{number} records archived."),
        "restore": ("{number} record restored.", "{number} records restored."),
        "delete": ("{number} record deleted.", "{number} records deleted."),
    }[action]
    refused = [problem.message for one in outcomes for problem in one.problems]
    if done:
        undo = None if action == "delete" else undo_address(screen, did)
        notify(say_count(done, *words), undo_url=undo)
    if refused:
        text = say_count(
            len(refused), "{number} was refused.", "{number} were refused."
        )
        notify(text, "bad", sub=" ".join(dict.fromkeys(refused))[:300])


@login_required_page
def export_list(module: str, name: str) -> ResponseReturnValue:
    """The list in the state of its address as a file."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    return _file(screen, state, query_of(screen, view_of(screen, state), state), [])


@login_required_page
def offer_formats(module: str, name: str) -> ResponseReturnValue:
    """The formats of a list's file as entries of a menu."""
    screen = open_screen(module, name)
    if not screen.can("export"):
        abort(403)
    state = read_state(screen.base, request.args)
    app = application()
    kinds = [
        (kind, say(text), icon)
        for kind, text, icon in _FORMATS
        if kind not in BLOCKS or declares(app, screen.id, kind)
    ]
    return render_template(
        "pages/_exports.html", screen=screen, state=state, kinds=kinds
    )


def _file(
    screen: Screen, state: ListState, query: Query, ids: Sequence[int]
) -> ResponseReturnValue:
    """A file of the columns that the list shows; `ids` narrow it."""
    if not screen.can("export"):
        abort(403)
    view = screen.compiled.views.list_of(screen.id)
    app = application()
    with screen.reading() as reader:
        columns = columns_for(screen, reader, view, state)
    if ids:
        query = Query(filter=f"id in [{', '.join(map(str, ids))}]", archived="yes")
    query = replace(query, fields=tuple(column.path for column in columns))
    kind = request.values.get("format", "csv")
    if kind not in MEDIA:
        abort(400)
    options = ExportOptions(format=kind, bom=True, language=screen.actor.language)

    pieces = export_lines(app, screen.actor, screen.id, query, options)
    try:
        # Asked for here, so that a refusal is a page and not half a file.
        start = next(pieces, b"")
    except ExchangeError as error:
        abort(400, error.message)

    def lines() -> Iterator[bytes]:
        yield start
        yield from pieces

    name = f"{screen.id.replace('.', '-')}.{ENDINGS.get(kind, kind)}"
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines(), mimetype=MEDIA[kind], headers=headers)
