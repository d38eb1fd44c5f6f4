"""`jobs`: what is done after a commit and by the clock, and what went wrong."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import click

from core.cli.exits import DONE
from core.cli.surroundings import (
    as_platform,
    json_option,
    print_json,
    ready_application,
)
from core.services import Actor
from core.services.jobs import KINDS, STATES, list_jobs, replay_jobs, waiting
from core.services.schedules import planned, run_now


@click.group()
def jobs() -> None:
    """See jobs, schedules and timers, and try again what was given up."""


@jobs.command()
@json_option
def status(as_json: bool) -> int:
    """Say how much there is to do, and when schedules run."""
    with ready_application().reader(Actor.system()) as reader:
        found, schedules = waiting(reader), planned(reader)
    if as_json:
        shown = [dataclasses.asdict(one) for one in schedules]
        print_json({**dataclasses.asdict(found), "schedules": shown})
        return DONE
    counts = ", ".join(f"{number} {state}" for state, number in found.states.items())
    click.echo(f"Jobs: {counts}. {found.events} events and {found.timers} timers wait.")
    for one in schedules:
        upcoming = "off" if one.next_at is None else f"next {_when(one.next_at)}"
        last = "" if one.last_at is None else f", last {_when(one.last_at)}"
        click.echo(f"  {one.id}: {upcoming}{last}")
    return DONE


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


@jobs.command("list")
@click.option("--state", default="", type=click.Choice(["", *STATES]))
@click.option("--kind", default="", type=click.Choice(["", *KINDS]))
@json_option
def list_(state: str, kind: str, as_json: bool) -> int:
    """List the latest jobs, newest first."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_jobs(reader, state, kind)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        told = f"{one.state:8} {one.attempts} tries {one.said or ''}"
        click.echo(f"{one.id:6} {one.kind} {one.what} {one.key} {told}")
    return DONE


@jobs.command()
@click.option("--job", type=int, help="Else all that were given up.")
def replay(job: int | None) -> int:
    """Try again what was given up."""
    with as_platform(ready_application()) as tx:
        count = replay_jobs(tx, None if job is None else [job])
    click.echo(f"{count} jobs will be tried again.")
    return DONE


@jobs.command()
@click.argument("schedule")
def run(schedule: str) -> int:
    """Let SCHEDULE run at once; a worker does it."""
    with as_platform(ready_application()) as tx:
        run_now(tx, schedule)
    click.echo(f"{schedule} will run now.")
    return DONE
