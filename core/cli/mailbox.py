"""`mailbox`: mails that come in, their servers, and mails that lie in files."""

from __future__ import annotations

import dataclasses
from typing import BinaryIO

import click

from core.cli.exits import DONE, WRONG
from core.cli.surroundings import (
    as_platform,
    json_option,
    print_json,
    ready_application,
)
from core.services import Actor
from core.services.mailboxes import (
    ARRIVAL_STATES,
    list_arrivals,
    list_mailboxes,
    pull_now,
    take_file,
)


@click.group()
def mailbox() -> None:
    """See mailboxes and what came in, ask servers, take files in."""


@mailbox.command("list")
@json_option
def list_(as_json: bool) -> int:
    """List the mailboxes with their last look."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_mailboxes(reader)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        server = "server" if one.served else "no server"
        looked = f"{one.pulled_at:%Y-%m-%d %H:%M}" if one.pulled_at else "never"
        click.echo(f"{one.id} {one.address or '-'} {server} {looked} {one.said or ''}")
    return DONE


@mailbox.command()
@click.argument("mailbox")
def pull(mailbox: str) -> int:
    """Ask the server of MAILBOX at once; a worker does it."""
    with as_platform(ready_application()) as tx:
        pull_now(tx, mailbox)
    click.echo(f"{mailbox} will be asked in a moment.")
    return DONE


@mailbox.command()
@click.argument("mailbox")
@click.argument("files", type=click.File("rb"), nargs=-1, required=True)
def take(mailbox: str, files: tuple[BinaryIO, ...]) -> int:
    """Take FILES in, each a mail (.eml), as if they had come to MAILBOX."""
    app, good = ready_application(), True
    for file in files:
        with as_platform(app, via="mail") as tx:
            taken = take_file(tx, mailbox, file.read())
        about = f" record {taken.record}" if taken.record else ""
        click.echo(f"{file.name}: {taken.state}{about} {taken.said}".rstrip())
        good = good and taken.state != "refused"
    return DONE if good else WRONG


@mailbox.command()
@click.option("--mailbox", default="", help="Only mails to this one.")
@click.option("--state", default="", type=click.Choice(["", *ARRIVAL_STATES]))
@json_option
def arrivals(mailbox: str, state: str, as_json: bool) -> int:
    """List the mails that came in, newest first, and what became of them."""
    with ready_application().reader(Actor.system()) as reader:
        found = list_arrivals(reader, mailbox, state)
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
        return DONE
    for one in found:
        about = f"{one.entity} {one.record}" if one.record else "-"
        head = f"{one.id:6} {one.at:%Y-%m-%d %H:%M} {one.mailbox} {one.state:8}"
        click.echo(f"{head} {about} {one.sender} '{one.subject}' {one.said or ''}")
    return DONE
