"""Writing a mail at a record: a template fills the form, which shows what goes out.

Registered by `register`; needs the verb `mail` on the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.services import Problem, Reader, ValidationFailed
from core.services.mails import draft, templates, write_mail
from core.services.timeline import feed
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say


@login_required_page
def write(module: str, name: str, id: int) -> ResponseReturnValue:
    """The form, filled by `?template=`."""
    screen = open_screen(module, name)
    with screen.reading() as reader:
        found = draft(reader, screen.id, id, request.args.get("template", ""))
        given = {
            "template": found.template,
            "to": request.args.get("to") or found.to,
            "subject": found.subject,
            "body": found.body,
            "files": found.files,
        }
        return _page(screen, reader, id, given, ())


@login_required_page
def send(module: str, name: str, id: int) -> ResponseReturnValue:
    """Queue the mail and go back to the record; a refused one comes back."""
    screen = open_screen(module, name)
    form = request.form
    names = ("template", "to", "cc", "subject", "body")
    given: dict[str, Any] = {key: form.get(key, "") for key in names}
    chosen = [one for one in form.getlist("attachments") if one.isdecimal()]
    given["attachments"] = [int(one) for one in chosen]
    try:
        with screen.writing() as tx:
            write_mail(tx, screen.id, id, given)
    except ValidationFailed as refused:
        problems = worded(screen, refused.problems)
        with screen.reading() as reader:
            return _page(screen, reader, id, given, problems), 422
    notify(say("The mail will be sent in a moment."))
    return redirect(screen.href(id, "#timeline"))


def _page(
    screen: Screen,
    reader: Reader,
    id_: int,
    given: Mapping[str, Any],
    problems: tuple[Problem, ...] | list[Problem],
) -> str:
    labels = screen.labels
    known = [(one, labels.at(f"mail {one}")) for one, _ in templates(reader, screen.id)]
    entries = feed(reader, screen.id, id_, ("attachment",), 100)
    return render_template(
        "pages/mail.html",
        screen=screen,
        id=id_,
        title=reader.title(screen.id, id_) or f"#{id_}",
        given=given,
        templates=known,
        attachments=[(one.id, one.facts["name"]) for one in entries],
        problems=problems,
        errors={one.field: one.message for one in problems},
    )
