"""`endpoint`: the addresses that modules bring to the API, and who called them."""

from __future__ import annotations

import dataclasses

import click

from core.cli.exits import DONE
from core.cli.surroundings import json_option, print_json, ready_application
from core.services import Actor
from core.services.endpoints import list_calls


@click.group()
def endpoint() -> None:
    """See the endpoints of modules and the calls that came in."""


@endpoint.command("list")
@json_option
def list_(as_json: bool) -> int:
    """List the endpoints with their addresses."""
    known = ready_application().registry.endpoints
    found = [
        {
            "id": id_,
            "method": one.method,
            "path": f"/api/v1{one.path}",
            "auth": list(one.auth),
            "enabled": one.enabled,
        }
        for id_, one in known.items()
    ]
    if as_json:
        print_json(found)
        return DONE
    for one in found:
        off = "" if one["enabled"] else " (off)"
        click.echo(f"{one['id']} {one['method']} {one['path']}{off}")
    return DONE


@endpoint.command()
@click.argument("endpoint", default="")
@click.option("--refused", is_flag=True, help="Only those that were refused.")
@json_option
def calls(endpoint: str, refused: bool, as_json: bool) -> int:
    """List the calls that came in, newest first; of one ENDPOINT or of all."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_calls(reader, endpoint, refused)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        head = f"{one.id:6} {one.at:%Y-%m-%d %H:%M} {one.endpoint} {one.status}"
        click.echo(f"{head} {one.way} {one.key or '-'} {one.said or ''}".rstrip())
    return DONE
