"""Administration of users and roles.

Registered by the factory; only administrators get in. It calls accounts and roles;
what a role may do is not decided here.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.web.accounts import (
    Account,
    AccountRefused,
    create_user,
    end_everything,
    list_accounts,
    load_account,
    set_active,
    set_password,
    update_user,
)
from core.web.auth import (
    admin_required,
    current_account,
    fresh_admin_required,
    renew_session,
    visitor,
)
from core.web.entrance import codes, passkeys
from core.web.entrance.journal import Event, note
from core.web.notices import notify
from core.web.people import mirror_people
from core.web.roles import PUBLIC, list_roles
from core.web.sign_in import unlock
from core.web.state import application, web
from core.web.wording import say, say_count


def administration_blueprint() -> Blueprint:
    """The pages for administrators."""
    blueprint = Blueprint("administration", __name__, url_prefix="/setup")
    for rule, method, view in (
        ("/users", "GET", users),
        ("/roles", "GET", roles),
        ("/users/new", "GET", new_user),
        ("/users/new", "POST", create),
        ("/users/<int:user_id>", "GET", edit_user),
        ("/users/<int:user_id>", "POST", update),
        ("/users/<int:user_id>/password", "POST", reset_password),
        ("/users/<int:user_id>/access", "POST", set_access),
        ("/users/<int:user_id>/unlock", "POST", unlock_user),
        ("/users/<int:user_id>/sessions/end", "POST", end_sessions),
        ("/users/<int:user_id>/factors/end", "POST", end_factors),
        ("/users/<int:user_id>/passkeys/end", "POST", end_passkeys),
    ):
        blueprint.add_url_rule(rule, view.__name__, view, methods=[method])
    return blueprint


@admin_required
def users() -> ResponseReturnValue:
    """All users."""
    return render_template(
        "accounts/users.html", accounts=list_accounts(web().database)
    )


@admin_required
def roles() -> ResponseReturnValue:
    """All roles and who holds them."""
    return render_template("accounts/roles.html", roles=list_roles(web().database))


@admin_required
def new_user() -> ResponseReturnValue:
    """An empty form."""
    return _form_page(None, {})


@fresh_admin_required
def create() -> ResponseReturnValue:
    """Create the user that was typed in."""
    form = request.form
    try:
        made = create_user(
            web().database,
            form.get("username", ""),
            form.get("password", ""),
            form.get("first_name", ""),
            form.get("last_name", ""),
            form.get("email", ""),
            _chosen_roles(),
        )
    except AccountRefused as refused:
        return _form_page(None, refused.problems)
    mirror_people(application())
    notify(f"{made.display_name} can sign in now.")
    return redirect(url_for("administration.users"))


@admin_required
def edit_user(user_id: int) -> ResponseReturnValue:
    """The form of one user."""
    return _form_page(_user(user_id), {})


@fresh_admin_required
def update(user_id: int) -> ResponseReturnValue:
    """Save name, address and roles."""
    user, form = _user(user_id), request.form
    try:
        saved = update_user(
            web().database,
            user.id,
            form.get("first_name", ""),
            form.get("last_name", ""),
            form.get("email", ""),
            _chosen_roles(),
        )
    except AccountRefused as refused:
        return _form_page(user, refused.problems)
    if saved.roles != user.roles:
        _note(user, "rights_changed")
        _keep_own_session(saved)
    mirror_people(application())
    notify(f"{saved.display_name} is saved.")
    return redirect(url_for("administration.users"))


@fresh_admin_required
def reset_password(user_id: int) -> ResponseReturnValue:
    """Set a new password; the user's sessions end."""
    user = _user(user_id)
    try:
        changed = set_password(web().database, user.id, request.form.get("new", ""))
    except AccountRefused as refused:
        return _form_page(user, {"new": refused.problems["password"]})
    _note(user, "password_changed")
    _keep_own_session(changed)
    unlock(web().database, user.username, user.id)
    notify(f"{user.display_name} has a new password.")
    return redirect(url_for("administration.edit_user", user_id=user.id))


@fresh_admin_required
def set_access(user_id: int) -> ResponseReturnValue:
    """Turn a user off or on again."""
    user, active = _user(user_id), bool(request.form.get("active"))
    me = current_account()
    if me is not None and me.id == user.id and not active:
        return _form_page(
            user, {"": say("You cannot turn yourself off; ask a colleague.")}
        )
    try:
        set_active(web().database, user.id, active)
    except AccountRefused as refused:
        return _form_page(user, refused.problems)
    _note(user, "turned_on" if active else "turned_off")
    mirror_people(application())
    notify(f"{user.display_name} {'can' if active else 'cannot'} sign in now.")
    return redirect(url_for("administration.edit_user", user_id=user.id))


@admin_required
def unlock_user(user_id: int) -> ResponseReturnValue:
    """End the pause that follows failed tries."""
    user = _user(user_id)
    unlock(web().database, user.username, user.id)
    _note(user, "unlocked")
    notify(f"{user.display_name} may try again at once.")
    return redirect(url_for("administration.edit_user", user_id=user.id))


@admin_required
def end_sessions(user_id: int) -> ResponseReturnValue:
    """End every session and token of a user; an administrator's own session goes on."""
    user = _user(user_id)
    _keep_own_session(end_everything(web().database, user.id))
    _note(user, "session_ended")
    notify(say("{name} must sign in again on every device.", name=user.display_name))
    return redirect(url_for("administration.edit_user", user_id=user.id))


@fresh_admin_required
def end_factors(user_id: int) -> ResponseReturnValue:
    """Turn off the codes of a user who lost phone and recovery codes."""
    user = _user(user_id)
    if codes.turn_off(web().database, user.id):
        _note(user, "factor_off")
    notify(say("{name} signs in without a code now.", name=user.display_name))
    return redirect(url_for("administration.edit_user", user_id=user.id))


@fresh_admin_required
def end_passkeys(user_id: int) -> ResponseReturnValue:
    """Forget the passkeys of a user who lost the device."""
    user = _user(user_id)
    number = passkeys.remove_all(web().database, user.id)
    if number:
        _note(user, "passkey_removed")
    notify(say_count(number, "1 passkey is removed.", "{number} passkeys are removed."))
    return redirect(url_for("administration.edit_user", user_id=user.id))


def _note(user: Account, act: str) -> None:
    me = current_account()
    by = me.id if me is not None else None
    note(web().database, Event(act, user.id, by=by), visitor())


def _user(user_id: int) -> Account:
    account = load_account(web().database, user_id)
    if account is None:
        abort(404)
    return account


def _keep_own_session(changed: Account) -> None:
    me = current_account()
    if me is not None and me.id == changed.id:
        renew_session(changed)


def _chosen_roles() -> list[str]:
    known = list_roles(web().database)
    return [role for role in request.form.getlist("roles") if role in known]


def _form_page(
    user: Account | None, problems: Mapping[str, str]
) -> ResponseReturnValue:
    typed = request.form if request.method == "POST" else {}
    fields = _fields(user, typed)
    for field in fields:
        field["error"] = problems.get(field["name"], "")
    page = render_template(
        "accounts/user.html",
        user=user,
        asks_codes=user is not None and codes.state_of(web().database, user.id).on,
        has_passkeys=user is not None
        and bool(passkeys.list_passkeys(web().database, user.id)),
        fields=fields,
        password_field=_new_password("new") | {"error": problems.get("new", "")},
        problems=[{"field": f, "message": m} for f, m in problems.items()],
    )
    return page, 422 if problems else 200


def _fields(user: Account | None, typed: Mapping[str, str]) -> list[dict[str, Any]]:
    def value(name: str) -> str:
        return typed.get(name, getattr(user, name) if user else "")

    chosen = request.form.getlist("roles") if typed else (user.roles if user else ())
    role_ids = [role for role in list_roles(web().database) if role != PUBLIC]
    fields: list[dict[str, Any]] = [
        {
            "name": "username",
            "label": say("User name"),
            "required": True,
            "focus": not user,
        },
        {"name": "email", "label": say("E-mail"), "kind": "email"},
        {"name": "first_name", "label": say("First name"), "maxlength": 64},
        {"name": "last_name", "label": say("Last name"), "maxlength": 64},
    ]
    for field in fields:
        field["value"] = value(field["name"])
    fields[0]["readonly"] = user is not None
    if user is None:
        fields.append(_new_password("password"))
    roles_field = {
        "name": "roles",
        "label": say("Roles"),
        "kind": "multiselect",
        "options": [(role, role) for role in role_ids],
        "value": tuple(chosen),
        "wide": True,
    }
    return [*fields, roles_field]


def _new_password(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": say("Password" if name == "password" else "New password"),
        "kind": "password",
        "required": True,
        "value": "",
        "autocomplete": "new-password",
        "maxlength": 256,
        "hint": say("At least 10 characters; a sentence is easy to keep in mind."),
    }
