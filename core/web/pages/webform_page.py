"""A web form: a page for people without an account, alone or within another site.

Registered by `register`. It works without scripts and without cookies; what a form
brings back is tied to its showing by a signed text, so that it counts once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from core.compiler import CompiledField, CompiledWebform
from core.definitions.webform import SpamDef
from core.fieldtypes import BadValue, Locale
from core.fieldtypes.files import read_size
from core.services import Actor, AppError, Problem, ValidationFailed
from core.services.people import only_company
from core.services.webforms import Sent, submit, webform_of
from core.web.auth import current_account, visitor
from core.web.pages.form_input import value_of
from core.web.pages.labels import Labels
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen
from core.web.pages.webform_model import (
    consent_text,
    offered,
    policy_of,
    shown_fields,
)
from core.web.settings import derive_key
from core.web.sign_in import count_try, limit_of
from core.web.state import application, web
from core.web.wording import language, say

#: Seconds within which a form has to come back.
GOOD_SECONDS = 24 * 3600
_FORM_BYTES = 300_000


@dataclass(slots=True)
class Showing:
    """One showing of a form: what it holds, and what is wrong with it."""

    screen: Screen
    form: CompiledWebform
    token: str
    given: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    note: str = ""
    agreed: bool = False
    hidden: dict[str, str] = field(default_factory=dict)


def show_webform(module: str, name: str) -> ResponseReturnValue:
    """The empty form; what the address brings is kept in hidden inputs."""
    form = _open(module, name)
    if form.definition.login and current_account() is None:
        return redirect(f"/login/?next=/forms/{module}/{name}")
    hidden = {
        key: request.args[key][:255]
        for key in request.args
        if key in form.definition.hidden or key.startswith("utm_")
    }
    return _page(Showing(_screen(form), form, _token(form), hidden=hidden))


def send_webform(module: str, name: str) -> ResponseReturnValue:
    """Take a filled form in, or show it again with what is wrong."""
    form = _open(module, name)
    request.max_content_length = _FORM_BYTES + _most_bytes(form)
    if form.definition.login and current_account() is None:
        return redirect(f"/login/?next=/forms/{module}/{name}")
    spam = form.definition.spam or SpamDef()
    if request.form.get(spam.honeypot):
        # Whoever fills in what nobody sees is told that all went well.
        return _done(form, "")
    showing = _sent(form)
    once, fault = _once(form, showing, spam)
    if once is None:
        showing.note = fault
        return _page(showing), 422
    limit = limit_of(f"webform {form.id}", visitor().address, spam.throttle)
    if count_try(application().database, (limit,)).pause:
        showing.note = say("Too many forms came from here. Please try again later.")
        return _page(showing), 429
    return _take(showing, once)


def _open(module: str, name: str) -> CompiledWebform:
    id_ = f"{module}.{name}"
    runtime = application().runtime
    known = runtime.compiled.registry.webforms.get(id_)
    if known is None or not known.enabled:
        abort(404)
    wanted = request.args.get("language", "")
    if wanted in web().settings.languages:
        g.language = wanted
    return webform_of(runtime, id_)


def _screen(form: CompiledWebform) -> Screen:
    """The entity as the platform sees it, in the language of the visitor."""
    app, account = application(), current_account()
    with app.database.reading() as connection:
        company = only_company(connection, app.runtime)
    actor = Actor(
        account.id if account is not None and form.definition.login else None,
        "web form",
        is_admin=True,
        language=language(),
        zone=account.time_zone if account is not None else "UTC",
        companies=() if company is None else (company,),
        company=company,
    )
    return Screen(
        compiled=app.compiled,
        entity=app.compiled.entity(form.entity),
        actor=actor,
        labels=Labels(app.registry, actor.language),
        locale=Locale(code=actor.language, zone=actor.zone),
    )


def _sent(form: CompiledWebform) -> Showing:
    given = {
        name: request.form.getlist(name)
        for name in form.definition.fields
        if name in request.form
    }
    hidden = {
        key.removeprefix("h-"): request.form[key][:255]
        for key in request.form
        if key.startswith("h-")
    }
    agreed = request.form.get("agreed") == "1"
    token = request.form.get("form", "")
    return Showing(
        _screen(form), form, token, given=given, hidden=hidden, agreed=agreed
    )


def _once(
    form: CompiledWebform, showing: Showing, spam: SpamDef
) -> tuple[str | None, str]:
    """What only this showing has; None, and why, for one that does not count."""
    try:
        given, made_at = _serializer().loads(
            showing.token, max_age=GOOD_SECONDS, return_timestamp=True
        )
        id_, nonce, person = given
    except (BadData, ValueError, TypeError):
        id_ = ""
    if id_ != form.id or person != showing.screen.actor.user_id:
        showing.token = _token(form)
        return None, say("This form was open for too long. Please send it again.")
    now = application().runtime.clock.read()
    if (now - made_at).total_seconds() < spam.seconds:
        return None, say("That was very quick. Please check and send it again.")
    return f"webform {nonce}", ""


def _take(showing: Showing, once: str) -> ResponseReturnValue:
    form, screen = showing.form, showing.screen
    values, problems = _values(showing)
    files = [one for one in request.files.getlist("files") if one.filename]
    problems += _wrong_files(form, [_size(one.stream) for one in files])
    text = consent_text(form, screen.labels)
    if form.definition.consent is not None and not showing.agreed:
        problems.append(Problem("agreed", "required", say("Please agree to this.")))
    if problems:
        showing.problems = problems
        return _page(showing), 422
    sent = Sent(
        values=values,
        hidden=showing.hidden,
        once=once,
        agreed=text if showing.agreed else None,
        files=[(one.stream, one.filename or "file") for one in files],
    )
    try:
        with application().transaction(screen.actor, via="form") as tx:
            said = submit(tx, form, sent)
    except ValidationFailed as refused:
        showing.problems = list(worded(screen, refused.problems))
        return _page(showing), 422
    except AppError as error:
        showing.note = error.message
        return _page(showing), 422
    return _done(form, said)


def _values(showing: Showing) -> tuple[dict[str, Any], list[Problem]]:
    """The values of the listed fields, and what cannot be read."""
    screen, values, problems = showing.screen, {}, []
    for name in showing.form.definition.fields:
        shown = screen.entity.fields[name]
        try:
            values[name] = value_of(screen, shown, showing.given.get(name, []))
            _check_offered(screen, shown, values[name])
        except BadValue as bad:
            message = f"{screen.labels.field(shown)}: {bad.message}."
            problems.append(Problem(name, bad.code, message, facts=bad.facts))
    return values, list(worded(screen, problems)) if problems else []


def _check_offered(screen: Screen, shown: CompiledField, value: Any) -> None:
    """Refuse a record that the form does not offer, whatever is sent."""
    if shown.kind == "link" and value is not None:
        known = {id_ for id_, _ in offered(screen, shown)}
        if str(value) not in known:
            raise BadValue("unknown_choice", "choose one of those that are offered")


def _wrong_files(form: CompiledWebform, sizes: list[int]) -> list[Problem]:
    rule = form.definition.files
    if rule is None:
        return []
    if len(sizes) > rule.most:
        text = say("At most {number} files can be sent.", number=rule.most)
        return [Problem("files", "too_many", text)]
    if any(size > (read_size(rule.size) or 0) for size in sizes):
        text = say("A file may have at most {size}.", size=rule.size)
        return [Problem("files", "too_large", text)]
    return []


def _page(showing: Showing) -> Response:
    form, screen, definition = showing.form, showing.screen, showing.form.definition
    address = f"webform {form.id}"
    errors = {one.field or "": one.message for one in showing.problems}
    fields = shown_fields(screen, form, showing.given, errors)
    own = {one["name"] for one in fields} | {"agreed", "files"}
    page = render_template(
        "pages/webform.html",
        language=language(),
        title=screen.labels.at(address),
        intro=screen.labels.at(address, "help"),
        fields=fields,
        errors=errors,
        others=[one.message for one in showing.problems if one.field not in own],
        note=showing.note,
        token=showing.token,
        hidden=showing.hidden,
        honeypot=(definition.spam or SpamDef()).honeypot,
        consent=consent_text(form, screen.labels),
        agreed=showing.agreed,
        files=definition.files,
        action=request.full_path.rstrip("?"),
        embedded=bool(request.args.get("embed")),
    )
    return _guarded(form, page)


def _done(form: CompiledWebform, said: str) -> ResponseReturnValue:
    done = form.definition.done
    if done is not None and done.url is not None:
        return redirect(done.url, 303)
    page = render_template(
        "pages/webform.html",
        language=language(),
        title=Labels(application().registry, language()).at(f"webform {form.id}"),
        done=said or say("Thank you. We have got it."),
        embedded=bool(request.args.get("embed")),
    )
    return _guarded(form, page)


def _guarded(form: CompiledWebform, page: str) -> Response:
    response = make_response(page)
    response.headers["Content-Security-Policy"] = policy_of(form.definition)
    response.headers["Cache-Control"] = "no-store"
    # Nobody comes twice, so the browser is to say at once whether it is dark.
    response.headers["Critical-CH"] = "Sec-CH-Prefers-Color-Scheme"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _token(form: CompiledWebform) -> str:
    account = current_account() if form.definition.login else None
    person = None if account is None else account.id
    made = [form.id, secrets.token_urlsafe(12), person]
    return str(_serializer().dumps(made))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(derive_key(web().settings.secret_key, "webform"))


def _most_bytes(form: CompiledWebform) -> int:
    rule = form.definition.files
    return 0 if rule is None else rule.most * (read_size(rule.size) or 0)


def _size(stream: Any) -> int:
    stream.seek(0, 2)
    size = int(stream.tell())
    stream.seek(0)
    return size
