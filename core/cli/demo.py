"""`demo`: sample records, tagged, so that one command takes them out again."""

from __future__ import annotations

import click

from core.cli.exits import DONE
from core.cli.surroundings import (
    as_platform,
    json_option,
    print_json,
    ready_application,
)
from core.services.seed import load_demo, remove_demo


@click.group()
def demo() -> None:
    """Load or remove sample records."""


@demo.command()
@json_option
def load(as_json: bool) -> int:
    """Load the sample records of all enabled modules."""
    with as_platform(ready_application(), via="seed") as tx:
        report = load_demo(tx)
    if as_json:
        print_json({"created": report.created, "unchanged": report.unchanged})
    else:
        click.echo(f"{sum(report.created.values())} sample records loaded.")
    return DONE


@demo.command()
@json_option
def remove(as_json: bool) -> int:
    """Remove the sample records; those that real records lead to are archived."""
    with as_platform(ready_application(), via="seed") as tx:
        removed = remove_demo(tx)
    if as_json:
        print_json({"removed": removed})
    else:
        click.echo(f"{removed} sample records removed.")
    return DONE
