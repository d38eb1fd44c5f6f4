"""What every command begins with: configuration, application, output in two forms.

Made by the commands; nothing is built before it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from core.app import Application, build_application
from core.config import AppConfig, load_config
from core.services import Actor, Transaction

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


def application() -> Application:
    """The application as its definitions and the database's modules say."""
    return build_application(config())


@contextmanager
def as_platform(app: Application, via: str = "cli") -> Iterator[Transaction]:
    """A transaction that acts for the platform itself."""
    with app.transaction(Actor.system(), via=via) as tx:
        yield tx


def print_json(document: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def heading(text: str) -> None:
    """Print a line that stands out."""
    click.secho(text, bold=True)
