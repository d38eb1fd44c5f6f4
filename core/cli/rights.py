"""`rights` and `explain`: who may do what, and why somebody may touch a record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from core.app import Application
from core.cli.exits import DONE
from core.cli.surroundings import (
    application,
    heading,
    json_option,
    print_json,
    ready_application,
)
from core.services import Actor, NotFound, Reader
from core.services.assigning import assigned_of, names_of, rule_label
from core.services.rights_matrix import RightsLine, rights_lines
from core.web.accounts import find_account
from core.web.auth import actor_of, scoped


@click.command()
@click.option("--role", default="", help="Only this role, such as crm.user.")
@click.option("--entity", default="", help="Only this entity, such as base.party.")
@click.option("--verb", default="", help="Only where this verb is granted.")
@json_option
def rights(role: str, entity: str, verb: str, as_json: bool) -> int:
    """List which role may do what to which entity, on which rows and fields."""
    registry = application().registry
    for kind, name, known in (
        ("role", role, registry.rights.roles),
        ("entity", entity, registry.entities),
    ):
        if name and name not in known:
            raise click.ClickException(f"There is no {kind} '{name}'.")
    lines = rights_lines(registry, role, entity, verb)
    if as_json:
        print_json([line.document() for line in lines])
        return DONE
    shown = ""
    for line in lines:
        if line.role != shown:
            heading(line.role)
            shown = line.role
        _show(line)
    return DONE


def _show(line: RightsLine) -> None:
    by = "" if line.by == line.role else f" (by {line.by})"
    click.echo(f"  {line.entity}{by}: {', '.join(line.verbs) or 'nothing'}")
    for word, text in (
        ("where", line.where),
        ("via", ", ".join(line.via)),
        ("only", ", ".join(line.only)),
        ("edit", ", ".join(line.edit)),
        ("fields", "; ".join(f"{k}: {v}" for k, v in line.fields.items())),
        ("limits", "; ".join(line.limits)),
    ):
        if text:
            click.echo(f"      {word}: {text}")


@click.command()
@click.argument("entity")
@click.argument("id", type=int)
@click.argument("username")
@click.option("--verb", default="read", show_default=True, help="What is to be done.")
@click.option("--fields", is_flag=True, help="Say it of the fields as well.")
@json_option
def explain(
    entity: str, id: int, username: str, verb: str, fields: bool, as_json: bool
) -> int:
    """Say why a user may, or may not, do something to a record."""
    app = ready_application()
    account = find_account(app.database, username)
    if account is None:
        raise click.ClickException(f"There is no user '{username}'.")
    if entity not in app.registry.entities:
        raise click.ClickException(f"There is no entity '{entity}'.")
    everything = app.reader(Actor.system())
    with app.reader(scoped(actor_of(account), app)) as reader, everything as viewer:
        allowed = id in reader.permitted(entity, verb, [id])
        reasons = [str(one) for one in reader.explain(entity, verb, id, viewer)]
        found = reader.explain_fields(entity, id, viewer) if fields else []
        given = list(_given(app, viewer, entity, id))
    shown = [
        {"field": f.field, "label": f.label, "state": f.state, "reason": str(f.why)}
        for f in found
    ]
    if as_json:
        document = {
            "verb": verb,
            "allowed": allowed,
            "reasons": reasons,
            "given": given,
        }
        print_json({**document, "fields": shown} if fields else document)
        return DONE
    heading(f"{username} may {'' if allowed else 'not '}{verb} {entity} {id}.")
    for reason in reasons:
        click.echo(f"  {reason}")
    for one in shown:
        click.echo(f"  {one['label']} is {one['state']}: {one['reason']}")
    for got in given:
        why = ": ".join(one for one in (got["rule"], got["reason"]) if one)
        who = got["person"] or "nobody"
        click.echo(f"  {got['at']}: {got['assignment']} gave it to {who} ({why}).")
    return DONE


def _given(
    app: Application, viewer: Reader, entity: str, id_: int
) -> Iterator[dict[str, Any]]:
    """Who got the record by which rule, the latest first; nothing if it is gone."""
    try:
        found = assigned_of(viewer, entity, id_)
    except NotFound:
        return
    people = names_of(viewer, found)
    for one in found:
        yield {
            "at": f"{one.at:%Y-%m-%d %H:%M} UTC",
            "assignment": app.registry.label(f"assignment {one.assignment}"),
            "rule": rule_label(app.registry, one),
            "person": people.get(one.person or 0),
            "reason": one.said,
        }
