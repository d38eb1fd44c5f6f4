"""`webhook`: who is told of what happens to records, and how it went."""

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
from core.services.webhooks import (
    ALL,
    EVENTS,
    STATES,
    add_webhook,
    deliveries,
    list_webhooks,
    remove_webhook,
    replay_deliveries,
)


@click.group()
def webhook() -> None:
    """Keep webhooks and their deliveries."""


@webhook.command("list")
@json_option
def list_(as_json: bool) -> int:
    """List the webhooks."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_webhooks(reader)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        state = "" if one.active else " (paused)"
        click.echo(f"{one.id:4} {one.entity} {','.join(one.events)} {one.url}{state}")
    return DONE


@webhook.command()
@click.argument("entity")
@click.argument("url")
@click.option("--event", "events", multiple=True, type=click.Choice([ALL, *EVENTS]))
@click.option("--filter", "filter_", help="Only records for which this holds.")
@click.option("--secret", help="Else one is made up and printed once.")
def add(
    entity: str,
    url: str,
    events: tuple[str, ...],
    filter_: str | None,
    secret: str | None,
) -> int:
    """Tell URL what happens to records of ENTITY."""
    app = ready_application()
    values = {
        "entity": entity,
        "url": url,
        "events": list(events) or [ALL],
        "filter": filter_,
        "secret": secret,
    }
    with as_platform(app) as tx:
        made, known = add_webhook(tx, app.secret_box, values)
    click.echo(f"Webhook {made.id}. Its secret, shown only now: {known}")
    return DONE


@webhook.command()
@click.argument("number", type=int)
def remove(number: int) -> int:
    """Delete webhook NUMBER and what it was still to be told."""
    with as_platform(ready_application()) as tx:
        remove_webhook(tx, number)
    click.echo(f"Webhook {number} is gone.")
    return DONE


@webhook.command("deliveries")
@click.argument("number", type=int)
@click.option("--state", default="", type=click.Choice(["", *STATES]))
@json_option
def deliveries_(number: int, state: str, as_json: bool) -> int:
    """List the latest deliveries of webhook NUMBER."""
    with ready_application().reader(Actor.system()) as reader:
        found = deliveries(reader, number, state)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        told = f"{one.state:8} {one.attempts} tries {one.said or ''}"
        click.echo(f"{one.id:6} {one.name} {one.key} {told}")
    return DONE


@webhook.command()
@click.argument("number", type=int)
@click.option("--delivery", type=int, help="Else all that were given up.")
def replay(number: int, delivery: int | None) -> int:
    """Tell webhook NUMBER again what was given up."""
    ids = None if delivery is None else [delivery]
    with as_platform(ready_application()) as tx:
        count = replay_deliveries(tx, number, ids)
    click.echo(f"{count} deliveries will be tried again.")
    return DONE
