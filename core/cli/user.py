"""`user`: accounts from the command line, for the first day and for scripts."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import click

from core.cli.exits import DONE
from core.cli.surroundings import json_option, print_json, ready_application
from core.storage import Database
from core.web.accounts import (
    Account,
    AccountRefused,
    create_user,
    end_everything,
    find_account,
    list_accounts,
    set_active,
    set_password,
    update_user,
)
from core.web.entrance.codes import turn_off
from core.web.entrance.journal import ACTS, Entry, Event, entries, note
from core.web.entrance.kept_sessions import Visitor, end_others
from core.web.entrance.passkeys import remove_all
from core.web.people import mirror_people
from core.web.roles import ADMIN
from core.web.sign_in import unlock as forget_failures


@click.group()
def user() -> None:
    """Create users, set passwords and roles."""


@user.command("list")
@json_option
def list_(as_json: bool) -> int:
    """List all users with their roles."""
    accounts = list_accounts(ready_application().database)
    if as_json:
        print_json([_document(account) for account in accounts])
        return DONE
    for account in accounts:
        state = "" if account.active else " (inactive)"
        roles = ", ".join(sorted(account.roles))
        click.echo(f"{account.username:<20} {account.display_name}{state}  {roles}")
    return DONE


@user.command()
@click.argument("username")
@click.option("--name", default="", help="First and last name.")
@click.option("--email", default="")
@click.option("--role", "roles", multiple=True, help="A role id; repeatable.")
@click.option("--admin", is_flag=True, help="Make an administrator.")
@click.option("--password", help="Else one is made and printed once.")
@json_option
def add(
    username: str,
    name: str,
    email: str,
    roles: tuple[str, ...],
    admin: bool,
    password: str | None,
    as_json: bool,
) -> int:
    """Create a user."""
    app = ready_application()
    first, _, last = name.strip().partition(" ")
    chosen = password or secrets.token_urlsafe(12)
    wanted = (*roles, ADMIN) if admin else roles
    try:
        account = create_user(
            app.database, username, chosen, first, last, email, wanted
        )
    except (AccountRefused, ValueError) as refused:
        raise click.ClickException(str(refused)) from refused
    mirror_people(app)
    if as_json:
        made = None if password else chosen
        print_json({**_document(account), "password": made})
        return DONE
    click.echo(f"User '{account.username}' is created.")
    if not password:
        click.echo(f"The password, shown only now: {chosen}")
    return DONE


@user.command()
@click.argument("username")
@click.option("--password", help="Else one is made and printed once.")
def password(username: str, password: str | None) -> int:
    """Give a user a new password; open sessions end."""
    app = ready_application()
    account = _account(app.database, username)
    chosen = password or secrets.token_urlsafe(12)
    try:
        set_password(app.database, account.id, chosen)
    except AccountRefused as refused:
        raise click.ClickException(str(refused)) from refused
    _note(app.database, account, "password_changed")
    if not password:
        click.echo(f"The password, shown only now: {chosen}")
    return DONE


@user.command()
@click.argument("username")
@click.argument("names", nargs=-1)
def roles(username: str, names: tuple[str, ...]) -> int:
    """Replace the roles of a user by NAMES."""
    app = ready_application()
    account = _account(app.database, username)
    try:
        update_user(
            app.database,
            account.id,
            account.first_name,
            account.last_name,
            account.email,
            names,
        )
    except (AccountRefused, ValueError) as refused:
        raise click.ClickException(str(refused)) from refused
    _note(app.database, account, "rights_changed")
    click.echo(f"{username}: {', '.join(names) or 'no roles'}")
    return DONE


@user.command()
@click.argument("username")
@click.option("--off/--on", "off", default=True, help="Off: may no longer sign in.")
def deactivate(username: str, off: bool) -> int:
    """Close an account, or open it again."""
    app = ready_application()
    account = _account(app.database, username)
    try:
        set_active(app.database, account.id, not off)
    except AccountRefused as refused:
        raise click.ClickException(str(refused)) from refused
    _note(app.database, account, "turned_off" if off else "turned_on")
    mirror_people(app)
    return DONE


@user.command("sign-ins")
@click.argument("username", required=False)
@click.option("--act", type=click.Choice(list(ACTS)), help="Only this.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def sign_ins(username: str | None, act: str | None, limit: int, as_json: bool) -> int:
    """Show who signed in when, from where and how, or why not; the newest first."""
    database = ready_application().database
    of = _account(database, username).id if username else None
    found = entries(database, of, act or "", limit=limit)
    if as_json:
        print_json([_line(one) for one in found])
        return DONE
    for one in found:
        line = _line(one)
        shown = (line["at"], line["user"] or "-", line["act"], line["reason"])
        place = (line["way"], line["address"], line["by"] and f"by {line['by']}")
        click.echo("  ".join(str(part) for part in (*shown, *place) if part))
    return DONE


@user.command()
@click.argument("username")
def unlock(username: str) -> int:
    """End the pause after failed tries to sign in."""
    database = ready_application().database
    account = _account(database, username)
    forget_failures(database, account.username, account.id)
    _note(database, account, "unlocked")
    click.echo(f"{username} may try again at once.")
    return DONE


@user.command("sign-out")
@click.argument("username")
def sign_out(username: str) -> int:
    """End every session and access token of a user."""
    database = ready_application().database
    account = _account(database, username)
    number = end_others(database, account.id)
    end_everything(database, account.id)
    _note(database, account, "session_ended")
    click.echo(f"{username}: {number} sessions ended.")
    return DONE


@user.command("codes-off")
@click.argument("username")
def codes_off(username: str) -> int:
    """Sign in without a code again, for who lost phone and recovery codes."""
    database = ready_application().database
    account = _account(database, username)
    if not turn_off(database, account.id):
        raise click.ClickException(f"Codes are not on for '{username}'.")
    _note(database, account, "factor_off")
    click.echo(f"{username} signs in without a code now.")
    return DONE


@user.command("passkeys-off")
@click.argument("username")
def passkeys_off(username: str) -> int:
    """Forget the passkeys of a user, for who lost the device."""
    database = ready_application().database
    account = _account(database, username)
    number = remove_all(database, account.id)
    if not number:
        raise click.ClickException(f"'{username}' has no passkeys.")
    _note(database, account, "passkey_removed")
    click.echo(f"{username}: {number} passkeys removed.")
    return DONE


def _note(database: Database, account: Account, act: str) -> None:
    note(database, Event(act, account.id, "cli"), Visitor())


def _line(entry: Entry) -> dict[str, object]:
    event = entry.event
    return {
        "at": datetime.fromtimestamp(entry.at, UTC).isoformat(),
        "user": entry.username or None,
        "act": event.act,
        "reason": event.reason or None,
        "way": event.way or None,
        "address": entry.visitor.address or None,
        "device": entry.visitor.agent or None,
        "by": entry.by_username or None,
    }


def _account(database: Database, username: str) -> Account:
    found = find_account(database, username)
    if found is None:
        raise click.ClickException(f"There is no user '{username}'.")
    return found


def _document(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "username": account.username,
        "name": account.display_name,
        "email": account.email,
        "active": account.active,
        "roles": sorted(account.roles),
    }
