"""`clocks`: how long what takes, what is late, and a look at all records."""

from __future__ import annotations

import dataclasses

import click

from core.cli.exits import DONE
from core.cli.surroundings import (
    as_platform,
    json_option,
    print_json,
    ready_application,
)
from core.fieldtypes.moments import iso_duration
from core.services import Actor
from core.services.clocks.shown import ASKED, ShownClock, count_clock, list_clocks


@click.group()
def clocks() -> None:
    """See how clocks stand, and let one look at all records."""


@clocks.command("list")
@click.option("--state", default="open", type=click.Choice(ASKED))
@click.option("--clock", default="", help="Only this clock.")
@click.option("--limit", default=100, help="So many at most.")
@json_option
def list_(state: str, clock: str, limit: int, as_json: bool) -> int:
    """List clocks, the earliest end first."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_clocks(reader, clock, state, limit)
    if as_json:
        print_json([_plain(one) for one in found])
        return DONE
    for one in found:
        click.echo(_line(one))
    return DONE


@clocks.command()
@click.argument("clock")
def count(clock: str) -> int:
    """Let CLOCK look at every record, for instance once it is new."""
    with as_platform(ready_application()) as tx:
        changed = count_clock(tx, clock)
    click.echo(f"{changed} records changed.")
    return DONE


def _plain(one: ShownClock) -> dict[str, object]:
    found = dataclasses.asdict(one)
    for name in ("target", "elapsed", "left"):
        found[name] = None if found[name] is None else iso_duration(found[name])
    return found


def _line(one: ShownClock) -> str:
    due = "" if one.due_at is None else f", due {one.due_at:%Y-%m-%d %H:%M} UTC"
    target = "" if one.target is None else f" of {iso_duration(one.target)}"
    counted = iso_duration(one.elapsed)
    about = f"{one.clock} {one.entity} {one.record}"
    return f"{about}: {one.state}, {counted}{target}{due}"
