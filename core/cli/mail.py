"""`mail`: what was sent about records, who gets none, and writing one."""

from __future__ import annotations

import dataclasses
from typing import BinaryIO

import click

from core.cli.exits import DONE
from core.cli.surroundings import (
    as_platform,
    json_option,
    print_json,
    ready_application,
)
from core.services import Actor
from core.services.mails import (
    STATES,
    list_mails,
    list_suppressed,
    release,
    suppress_by_hand,
    take_bounce,
    write_mail,
)


@click.group()
def mail() -> None:
    """See and write mails about records, and who gets none."""


@mail.command("list")
@click.option("--state", default="", type=click.Choice(["", *STATES]))
@json_option
def list_(state: str, as_json: bool) -> int:
    """List the latest mails, newest first."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_mails(reader, state)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        to = ", ".join(receiver["address"] for receiver in one.receivers)
        about = f"{one.entity} {one.record}"
        said = one.said or ""
        click.echo(f"{one.id:6} {one.state:8} {about} {to} '{one.subject}' {said}")
    return DONE


@mail.command()
@click.argument("entity")
@click.argument("record", type=int)
@click.option("--template", default="", help="The id of a mail to fill in.")
@click.option("--to", help="By default the address in the record.")
@click.option("--cc", default="")
@click.option("--subject", default="")
@click.option("--body", default="")
def send(
    entity: str,
    record: int,
    template: str,
    to: str | None,
    cc: str,
    subject: str,
    body: str,
) -> int:
    """Send a mail about RECORD of ENTITY; a worker does it."""
    values = {"template": template, "to": to, "cc": cc}
    values |= {"subject": subject, "body": body}
    with as_platform(ready_application()) as tx:
        made = write_mail(tx, entity, record, values)
    click.echo(f"Mail {made} will be sent.")
    return DONE


@mail.command()
@json_option
def suppressed(as_json: bool) -> int:
    """List addresses that get no mails."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_suppressed(reader)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        only = " (marketing)" if one.marketing else ""
        click.echo(f"{one.address} {one.reason}{only} {one.said or ''}")
    return DONE


@mail.command()
@click.argument("address")
@click.option("--marketing", is_flag=True, help="Only mails of that kind.")
def suppress(address: str, marketing: bool) -> int:
    """Send no more mails to ADDRESS."""
    with as_platform(ready_application()) as tx:
        suppress_by_hand(tx, address, marketing)
    click.echo(f"{address} gets no mails.")
    return DONE


@mail.command("release")
@click.argument("address")
def release_(address: str) -> int:
    """Send mails to ADDRESS again."""
    with as_platform(ready_application()) as tx:
        release(tx, address)
    click.echo(f"{address} gets mails again.")
    return DONE


@mail.command()
@click.argument("file", type=click.File("rb"))
def bounce(file: BinaryIO) -> int:
    """Keep back the addresses that FILE, a mail that came back, tells of."""
    with as_platform(ready_application()) as tx:
        found = take_bounce(tx, file.read())
    click.echo(f"Kept back: {', '.join(found) or 'none'}.")
    return DONE
