"""`init`: everything a first start needs; running it again changes nothing."""

from __future__ import annotations

import secrets

import click

from core.app import Application
from core.cli.exits import DONE, REFUSED
from core.cli.setup import apply_with_data
from core.cli.surroundings import application, as_platform, json_option, print_json
from core.migrations import make_plan
from core.services.seed import load_demo
from core.web.accounts import ensure_admin, list_accounts
from core.web.people import mirror_people


@click.command()
@click.option("--demo", "with_demo", is_flag=True, help="Load sample records as well.")
@json_option
def init(with_demo: bool, as_json: bool) -> int:
    """Make the database ready: tables, shipped rows, roles and the administrator.

    The password of `admin` comes from INTARSIA_ADMIN_PASSWORD; else one is made and
    printed once.
    """
    app = application()
    plan = make_plan(app.compiled, app.database)
    if plan.blocked:
        click.echo(plan.text(), err=True)
        return REFUSED
    apply_with_data(app, plan, None if as_json else _progress)
    password = first_password(app)
    if with_demo:
        with as_platform(app, via="seed") as tx:
            load_demo(tx)
    if as_json:
        document = {"home": app.config.home, "steps": len(plan.steps)}
        print_json({**document, "admin_password": password})
        return DONE
    click.echo(f"Ready: {app.database.kind} in {app.config.home}.")
    if password is not None:
        click.echo(f"Sign in as 'admin' with the password: {password}")
        click.echo("It is shown only now; change it under your name.")
    return DONE


def first_password(app: Application) -> str | None:
    """Make the administrator unless there is one; returns a password made up for it."""
    if any(account.is_admin for account in list_accounts(app.database)):
        return None
    given = app.config.admin_password
    password = given or secrets.token_urlsafe(12)
    ensure_admin(app.database, password)
    mirror_people(app)
    return None if given else password


def _progress(done: int, number: int, text: str) -> None:
    if number > 20 and done % 20 == 0:
        click.echo(f"  {done} of {number} steps", err=True)
