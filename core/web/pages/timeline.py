"""What people say and plan about a record: the acts of its timeline, and its notices.

Registered by `register`; `timeline_model` works out what the record page shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from urllib.parse import urlencode

from flask import Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from core.services import Transaction, ValidationFailed
from core.services.files import open_file, small_picture
from core.services.timeline import (
    add_comment,
    attach,
    attached_file,
    detach,
    follow,
    mark_read,
    mentioned_logins,
    notices,
    plan_activity,
    set_done,
)
from core.web.auth import login_required_page
from core.web.errors import wants_json
from core.web.mentions import offered, people_of
from core.web.notices import notify
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen, acting, address_of, open_screen
from core.web.pages.timeline_model import notice_rows
from core.web.sending import send_file, send_thumbnail
from core.web.state import application
from core.web.wording import say

Work = Callable[[Transaction, str], object]


def _act(module: str, name: str, id_: int, work: Work) -> ResponseReturnValue:
    """Do something to a timeline and come back; a refusal is told on the page."""
    screen = open_screen(module, name)
    try:
        with screen.writing() as tx:
            work(tx, screen.id)
    except ValidationFailed as refused:
        told = worded(screen, refused.problems)[0].message
        notify(say("It was not kept."), "bad", sub=told)
        return redirect(screen.href(id_, _draft()))
    return redirect(screen.href(id_, "#timeline"))


def _draft() -> str:
    """A refused text comes back into its box, as long as an address can hold it."""
    body = request.form.get("body", "")
    if not body or len(body) > 1500:
        return "#timeline"
    return "?" + urlencode({"draft": body}) + "#timeline"


@login_required_page
def comment(module: str, name: str, id: int) -> ResponseReturnValue:
    """Keep a comment."""
    body = request.form.get("body", "")
    known = people_of(application(), mentioned_logins(body))
    return _act(
        module,
        name,
        id,
        lambda tx, entity: add_comment(tx, entity, id, body, lambda _names: known),
    )


@login_required_page
def add_attachment(module: str, name: str, id: int) -> ResponseReturnValue:
    """Take files in and hang them on the record; JSON for a script that asks for it."""
    request.max_content_length = application().runtime.max_upload * 5 + 1_000_000
    given = [one for one in request.files.getlist("file") if one.filename]
    if wants_json():
        return _attach_for_script(open_screen(module, name), id, given)

    def work(tx: Transaction, entity: str) -> None:
        for one in given:
            attach(tx, entity, id, one.stream, one.filename or "file")

    return _act(module, name, id, work)


def _attach_for_script(
    screen: Screen, id_: int, given: Sequence[FileStorage]
) -> ResponseReturnValue:
    if not given:
        abort(400, say("Choose a file."))
    try:
        with screen.writing() as tx:
            made = [
                attach(tx, screen.id, id_, one.stream, one.filename or "file")
                for one in given
            ]
    except ValidationFailed as refused:
        problems = worded(screen, refused.problems)
        return jsonify(detail=problems[0].message), 422
    return jsonify(ids=made), 201


@login_required_page
def remove_attachment(
    module: str, name: str, id: int, attachment: int
) -> ResponseReturnValue:
    """Take an attachment away."""
    return _act(module, name, id, lambda tx, entity: detach(tx, entity, id, attachment))


@login_required_page
def show_attachment(
    module: str, name: str, id: int, attachment: int
) -> ResponseReturnValue:
    """An attachment for saving; `?small=1` answers a thumbnail."""
    screen = open_screen(module, name)
    with screen.reading() as reader:
        found = attached_file(reader, screen.id, id, attachment)
    runtime = application().runtime
    if request.args.get("small"):
        return send_thumbnail(small_picture(runtime, found), found.sha256)
    return send_file(open_file(runtime, found))


@login_required_page
def add_activity(module: str, name: str, id: int) -> ResponseReturnValue:
    """Plan something."""
    given = request.form
    login = given.get("person", "").strip().removeprefix("@")
    person = people_of(application(), [login]).get(login) if login else None
    try:
        due = date.fromisoformat(given["due"]) if given.get("due") else None
    except ValueError:
        abort(400, say("The date is not understood."))

    def work(tx: Transaction, entity: str) -> None:
        summary, type_ = given.get("summary", ""), given.get("type", "todo")
        plan_activity(tx, entity, id, summary, type_, due, person)

    if login and person is None:
        screen = open_screen(module, name)
        notify(say("There is no such person."), "bad", sub=login[:64])
        return redirect(screen.href(id, "#timeline"))
    return _act(module, name, id, work)


@login_required_page
def finish_activity(
    module: str, name: str, id: int, activity: int
) -> ResponseReturnValue:
    """Mark an activity as done, or as open again."""
    done = request.form.get("done") == "1"
    return _act(
        module, name, id, lambda tx, entity: set_done(tx, entity, id, activity, done)
    )


@login_required_page
def follow_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """Be told of what happens at the record, or no longer."""
    on = request.form.get("on") == "1"
    return _act(module, name, id, lambda tx, entity: follow(tx, entity, id, on))


@login_required_page
def find_people(module: str, name: str, id: int) -> Response:
    """People to mention: those who may read the record."""
    screen = open_screen(module, name)
    text = request.args.get("q", "")[:64]
    with screen.reading() as reader:
        reader.get(screen.id, id, ("id",))
        found = offered(application(), reader, screen.id, id, text)
    items = [
        {"id": one.username, "title": one.display_name, "subtitle": f"@{one.username}"}
        for one in found
    ]
    return jsonify({"items": items})


@login_required_page
def show_notices() -> str:
    """The unread list of somebody: what happened at records he follows."""
    with application().reader(acting()) as reader:
        rows = notice_rows(reader, notices(reader))
    return render_template("pages/notices.html", rows=rows)


@login_required_page
def read_notices() -> ResponseReturnValue:
    """Mark all as read, or one and go to its record."""
    id_ = request.form.get("id", "")
    with application().transaction(acting(), via="ui") as tx:
        mark_read(tx, int(id_) if id_.isdecimal() and len(id_) < 19 else None)
    target = request.form.get("entity", "")
    record = request.form.get("record", "")
    known = target in application().compiled.registry.entities
    if known and record.isdecimal():
        return redirect(f"{address_of(target)}/{record}#timeline")
    return redirect("/notifications")
