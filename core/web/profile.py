"""A user's own page: name, language, password and API keys.

Registered by the factory; it calls accounts and tokens and redirects after each change.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.web.accounts import (
    Account,
    AccountRefused,
    set_locale,
    set_password,
    update_user,
)
from core.web.auth import (
    current_account,
    is_fresh,
    login_required_page,
    renew_session,
    sign_in_again,
    visitor,
)
from core.web.entrance.journal import Event, note
from core.web.notices import notify
from core.web.people import mirror_people
from core.web.sign_in import check
from core.web.sign_in_views import refusal
from core.web.state import application, web
from core.web.tokens import (
    create_api_key,
    list_api_keys,
    revoke_api_key,
    scopes_for,
)
from core.web.wording import say

Fields = list[dict[str, Any]]
_LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "no end"))


def profile_blueprint() -> Blueprint:
    """The pages of the signed-in user."""
    blueprint = Blueprint("profile", __name__, url_prefix="/profile")
    for rule, method, view in (
        ("/", "GET", show),
        ("/", "POST", save),
        ("/password", "POST", change_password),
        ("/keys", "POST", create_key),
        ("/keys/<int:key_id>/revoke", "POST", revoke_key),
    ):
        blueprint.add_url_rule(rule, view.__name__, view, methods=[method])
    return blueprint


@login_required_page
def show() -> ResponseReturnValue:
    """The page."""
    return _page()


@login_required_page
def save() -> ResponseReturnValue:
    """Save name, address, language and time zone."""
    me, form = _me(), request.form
    problems = {}
    if form.get("time_zone") not in available_timezones():
        problems["time_zone"] = say("Choose a time zone such as Europe/Berlin.")
    if form.get("language") not in web().settings.languages:
        problems["language"] = say("Choose one of the languages.")
    moves = form.get("email", "").strip().casefold() != me.email.casefold()
    if moves and any(one.link_by_email for one in web().settings.providers):
        # Whoever took somebody's address would be taken for that person.
        text = say("You are known by this address; an administrator can change it.")
        problems["email"] = text
    if problems:
        return _page(about=problems, typed=form)
    if moves and not is_fresh():
        return sign_in_again(url_for("profile.show"))
    names = (form.get(key, "") for key in ("first_name", "last_name", "email"))
    try:
        update_user(web().database, me.id, *names)
    except AccountRefused as refused:
        return _page(about=refused.problems, typed=form)
    set_locale(web().database, me.id, form["language"], form["time_zone"])
    mirror_people(application())
    notify(say("Your profile is saved."))
    return redirect(url_for("profile.show"))


@login_required_page
def change_password() -> ResponseReturnValue:
    """Change the password after checking the present one; stay signed in here."""
    me, form = _me(), request.form
    database = web().database
    # Counted like signing in: an open session must not be a place to guess it.
    proof = check(database, me.username, form.get("current", ""), visitor())
    if proof.account is None:
        text = (
            refusal(proof) if proof.pause else say("This is not your present password.")
        )
        return _page(password={"current": text})
    if form.get("new", "") != form.get("again", ""):
        return _page(password={"again": say("The two new passwords differ.")})
    try:
        changed = set_password(database, me.id, form.get("new", ""))
    except AccountRefused as refused:
        return _page(password={"new": refused.problems["password"]})
    renew_session(changed)
    _note("password_changed")
    notify(say("Your password is changed; other devices are signed out."))
    return redirect(url_for("profile.show"))


@login_required_page
def create_key() -> ResponseReturnValue:
    """Make an API key and show it once; it opens more than an unlocked screen."""
    form = request.form
    if not is_fresh():
        return sign_in_again(url_for("profile.show"))
    days = form.get("days", "")
    kinds = [kind for kind in form.getlist("scopes") if kind]
    bounds = form.get("entities", "").replace(",", " ").split()
    if unknown := _unknown_bounds(bounds):
        return _page(key={"entities": unknown})
    try:
        _, text = create_api_key(
            web().database,
            _me().id,
            form.get("name", ""),
            scopes_for(kinds, bounds),
            int(days) if days else None,
        )
    except ValueError:
        reason = say("A key needs a name and at least one thing it may do.")
        return _page(key={"name": reason})
    _note("key_made")
    return _page(new_key=text)


@login_required_page
def revoke_key(key_id: int) -> ResponseReturnValue:
    """End one of the user's keys."""
    if revoke_api_key(web().database, _me().id, key_id):
        _note("key_revoked")
        notify(say("The key is revoked; programs that use it are locked out now."))
    return redirect(url_for("profile.show"))


def _unknown_bounds(bounds: list[str]) -> str:
    """Why a key cannot be bounded to these; "" where all of them exist."""
    registry = getattr(application(), "registry", None)
    known = set(registry.entities) if registry is not None else set()
    known |= {f"{entity.partition('.')[0]}.*" for entity in known}
    unknown = [one for one in bounds if one not in known]
    if not unknown:
        return ""
    return say(
        "There is no “{name}”; write entities such as {sample}.",
        name=unknown[0][:80],
        sample=", ".join(sorted(known)[:2]) or "module.*",
    )


def _me() -> Account:
    account = current_account()
    assert account is not None
    return account


def _note(act: str) -> None:
    me = _me()
    note(web().database, Event(act, me.id, by=me.id), visitor())


def _page(
    about: Mapping[str, str] | None = None,
    password: Mapping[str, str] | None = None,
    key: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    new_key: str = "",
) -> ResponseReturnValue:
    me = _me()
    refused = {"about": about or {}, "password": password or {}, "key": key or {}}
    page = render_template(
        "accounts/profile.html",
        about=_marked(_about_fields(me, typed or {}), refused["about"]),
        password=_marked(_password_fields(), refused["password"]),
        key_fields=_marked(_key_fields(), refused["key"]),
        keys=list_api_keys(web().database, me.id),
        new_key=new_key,
        problems={
            part: [{"field": f, "message": m} for f, m in found.items()]
            for part, found in refused.items()
        },
    )
    headers = {"Cache-Control": "no-store"} if new_key else {}
    return page, 422 if any(refused.values()) else 200, headers


def _marked(fields: Fields, problems: Mapping[str, str]) -> Fields:
    return [field | {"error": problems.get(field["name"], "")} for field in fields]


def _about_fields(me: Account, typed: Mapping[str, str]) -> Fields:
    languages = [
        (code, Locale.parse(code, sep="-").get_display_name(code) or code)
        for code in web().settings.languages
    ]
    zones = [(name, name.replace("_", " ")) for name in sorted(available_timezones())]
    fields: Fields = [
        {"name": "first_name", "label": say("First name"), "maxlength": 64},
        {"name": "last_name", "label": say("Last name"), "maxlength": 64},
        {"name": "email", "label": say("E-mail"), "kind": "email", "required": True},
        {
            "name": "language",
            "label": say("Language"),
            "kind": "select",
            "options": languages,
            "required": True,
        },
        {
            "name": "time_zone",
            "label": say("Time zone"),
            "kind": "select",
            "options": zones,
            "required": True,
        },
    ]
    return [
        field | {"value": typed.get(field["name"], getattr(me, field["name"]))}
        for field in fields
    ]


def _password_fields() -> Fields:
    present = {"autocomplete": "current-password"}
    fresh = {"autocomplete": "new-password", "maxlength": 256}
    common = {"kind": "password", "required": True, "value": ""}
    return [
        common | present | {"name": "current", "label": say("Present one")},
        common | fresh | {"name": "new", "label": say("New one")},
        common | fresh | {"name": "again", "label": say("Once more")},
    ]


def _key_fields() -> Fields:
    return [
        {
            "name": "name",
            "id": "key-name",
            "label": say("Used by"),
            "value": "",
            "required": True,
            "maxlength": 128,
            "placeholder": say("name of the program"),
        },
        {
            "name": "days",
            "label": say("Valid for"),
            "kind": "select",
            "value": "90",
            "required": True,
            "options": [(days, say(text)) for days, text in _LIFETIMES],
        },
        {
            "name": "scopes",
            "label": say("May"),
            "kind": "multiselect",
            "value": ("read",),
            "options": (("read", say("read")), ("write", say("write"))),
        },
        {
            "name": "entities",
            "label": say("Only these entities"),
            "value": "",
            "maxlength": 200,
            "placeholder": say("everything you may reach"),
            "hint": say("Names with a comma between them; base.* is a whole module."),
        },
    ]
