"""What every command begins with: configuration, application, output in two forms.

Made by the commands; nothing is built before it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click
import sqlalchemy as sa

from core.app import Application, build_application
from core.cli.exits import UNAVAILABLE
from core.config import AppConfig, load_config
from core.services.context import Actor
from core.storage import tables

if TYPE_CHECKING:
    from core.services import Transaction

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """Add `--json`: the result as one JSON document on standard output."""
    option = click.option(
        "--json", "as_json", is_flag=True, help="Print the result as JSON."
    )
    return option(command)


def config() -> AppConfig:
    """The configuration from configs/ and the environment."""
    return load_config()


def application(rows: bool = True) -> Application:
    """The application as its definitions and the database's modules say.

    rows: shipped data and samples are checked, so that they can be loaded.
    """
    return build_application(config(), rows=rows)


def ready_application() -> Application:
    """The application over a database that was set up; else says how to do so."""
    app = application()
    with app.database.reading() as connection:
        if sa.inspect(connection).has_table(tables.snapshot.name):
            return app
    raise NotReady("The database is not set up yet. Run: cli.py init")


class NotReady(click.ClickException):
    """A command came before `init`."""

    exit_code = UNAVAILABLE


@contextmanager
def as_platform(app: Application, via: str = "cli") -> Iterator[Transaction]:
    """A transaction that acts for the platform itself."""
    with app.transaction(operator(app), via=via) as tx:
        yield tx


def operator(app: Application, company: str | None = None) -> Actor:
    """The platform itself at work for a company: the one named, else the only one.

    company: its code or title. Defaults such as the currency of the company need it.
    """
    from core.services.people import COMPANY, only_company

    platform = Actor.system()
    with app.reader(platform) as reader:
        if company is None:
            chosen = only_company(reader.scene.connection, app.runtime)
        else:
            chosen = reader.resolve(COMPANY, company)
            if chosen is None:
                raise click.UsageError(f"There is no company '{company}'.")
    return platform if chosen is None else platform.in_company(chosen)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def heading(text: str) -> None:
    """Print a line that stands out."""
    click.secho(text, bold=True)
