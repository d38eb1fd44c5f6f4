"""`flows`: what goes on step by step, where it rests, and what may be done about it."""

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
from core.services import Actor
from core.services.flows.shown import (
    ASKED,
    Asked,
    Shown,
    cancel_flow,
    list_flows,
    start_flow,
    wake_flow,
)


@click.group()
def flows() -> None:
    """See instances of flows, start, wake and cancel them."""


@flows.command("list")
@click.option("--state", default="", type=click.Choice(["", *ASKED]))
@click.option("--flow", default="", help="Only instances of this flow.")
@json_option
def list_(state: str, flow: str, as_json: bool) -> int:
    """List instances, newest first."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_flows(reader, Asked(flow=flow, state=state))
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        click.echo(_line(one))
    return DONE


@flows.command()
@click.argument("flow")
@click.argument("record", type=int)
@click.option("--key", help="Instead of the one that the flow says.")
def start(flow: str, record: int, key: str | None) -> int:
    """Start FLOW about RECORD, a number; a worker goes on with it."""
    with as_platform(ready_application()) as tx:
        one, fresh = start_flow(tx, flow, record, key)
    click.echo(("" if fresh else "There is one: ") + _line(one))
    return DONE


@flows.command()
@click.argument("instance", type=int)
def wake(instance: int) -> int:
    """Let INSTANCE be woken at once; a worker goes on with it."""
    with as_platform(ready_application()) as tx:
        click.echo(_line(wake_flow(tx, instance)))
    return DONE


@flows.command()
@click.argument("instance", type=int)
@click.option("--reason", default="", help="What is noted about it.")
def cancel(instance: int, reason: str) -> int:
    """Cancel INSTANCE and undo its steps, the last one first."""
    with as_platform(ready_application()) as tx:
        click.echo(_line(cancel_flow(tx, instance, reason)))
    return DONE


def _line(one: Shown) -> str:
    where = f" at {one.step}" if one.step and one.is_open else ""
    why = f": {one.said}" if one.said else ""
    due = "" if one.due_at is None else f", next {one.due_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.id:6} {one.flow} {one.title}: {one.state}{where}{why}{due}"
