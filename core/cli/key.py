"""`key`: API keys from the command line, for programs that are set up by scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from core.app import Application
from core.cli.exits import DONE
from core.cli.surroundings import json_option, print_json, ready_application
from core.web.accounts import Account, find_account
from core.web.entrance.journal import Event, note
from core.web.entrance.kept_sessions import Visitor
from core.web.tokens import (
    ApiKey,
    create_api_key,
    list_api_keys,
    revoke_api_key,
    scopes_for,
)


@click.group()
def key() -> None:
    """Make, list and revoke API keys."""


@key.command("list")
@click.argument("username")
@json_option
def list_(username: str, as_json: bool) -> int:
    """List the keys of a user; their texts are kept nowhere."""
    app = ready_application()
    keys = list_api_keys(app.database, _account(app, username).id)
    if as_json:
        print_json([_document(one) for one in keys])
        return DONE
    for one in keys:
        state = "" if one.usable else "  (revoked)" if one.revoked_at else "  (ended)"
        scopes = ", ".join(sorted(one.scopes))
        click.echo(f"{one.id:>6}  int_{one.prefix}_...  {one.name}  {scopes}{state}")
    return DONE


@key.command()
@click.argument("username")
@click.argument("name")
@click.option("--read", "kinds", flag_value="read", multiple=True, help="May read.")
@click.option("--write", "kinds", flag_value="write", multiple=True, help="May write.")
@click.option(
    "--only",
    "entities",
    multiple=True,
    help="An entity or all of a module (crm.*); repeatable. Else all the user reaches.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="Else it has no end.")
@json_option
def add(
    username: str,
    name: str,
    kinds: tuple[str, ...],
    entities: tuple[str, ...],
    days: int | None,
    as_json: bool,
) -> int:
    """Make a key for USERNAME, used by NAME; its text is shown only now.

    It reads unless --write stands alone.
    """
    app = ready_application()
    account = _account(app, username)
    _check(app, entities)
    try:
        scopes = scopes_for(kinds or ("read",), entities)
        made, text = create_api_key(app.database, account.id, name, scopes, days)
    except ValueError as refused:
        raise click.ClickException(f"No key was made: {refused}.") from refused
    note(app.database, Event("key_made", account.id, "cli"), Visitor())
    if as_json:
        print_json({**_document(made), "key": text})
        return DONE
    click.echo(f"The key, shown only now: {text}")
    return DONE


@key.command()
@click.argument("username")
@click.argument("id", type=int)
def revoke(username: str, id: int) -> int:
    """End a key at once."""
    app = ready_application()
    account = _account(app, username)
    if not revoke_api_key(app.database, account.id, id):
        raise click.ClickException(f"'{username}' has no key {id} in use.")
    note(app.database, Event("key_revoked", account.id, "cli"), Visitor())
    click.echo(f"Key {id} is revoked.")
    return DONE


def _check(app: Application, entities: tuple[str, ...]) -> None:
    from core.diagnostics import did_you_mean

    known = set(app.registry.entities)
    known |= {f"{entity.partition('.')[0]}.*" for entity in known}
    for one in entities:
        if one not in known:
            hint = did_you_mean(one, sorted(known))
            tail = f"; {hint}" if hint else ""
            raise click.ClickException(f"There is no entity '{one}'{tail}.")


def _account(app: Application, username: str) -> Account:
    found = find_account(app.database, username)
    if found is None:
        raise click.ClickException(f"There is no user '{username}'.")
    return found


def _document(one: ApiKey) -> dict[str, object]:
    def moment(value: int | None) -> str | None:
        return None if value is None else datetime.fromtimestamp(value, UTC).isoformat()

    return {
        "id": one.id,
        "name": one.name,
        "prefix": f"int_{one.prefix}",
        "scopes": sorted(one.scopes),
        "usable": one.usable,
        "made": moment(one.created_at),
        "last_used": moment(one.last_used_at),
        "ends": moment(one.expires_at),
        "revoked": moment(one.revoked_at),
    }
