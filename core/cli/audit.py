"""`audit`: whether the audit is as it was written."""

from __future__ import annotations

import click

from core.cli.exits import DONE, WRONG
from core.cli.surroundings import json_option, print_json, ready_application
from core.services.checking_seals import check_seals
from core.services.sealing import seal_block


@click.group()
def audit() -> None:
    """Seal the audit, and compare it with its seals."""


@audit.command()
@click.option("--head", default="", help="A digest that an earlier call has printed.")
@json_option
def verify(head: str, as_json: bool) -> int:
    """Name the entries that were changed, removed or put in afterwards.

    Exit code 1 if there is one. Keep the printed digest somewhere else and give it as
    --head the next time: then seals that were made anew are found as well.
    """
    verdict = check_seals(ready_application().database, head.strip())
    if as_json:
        print_json(verdict.document())
        return WRONG if verdict.faults else DONE
    for one in verdict.faults:
        click.echo(one.text, err=True)
    for one in verdict.reasons:
        click.echo(one.text)
    click.echo(
        f"{verdict.entries} entries under {verdict.seals} seals, {verdict.amended} of "
        f"them amended as the audit says; {verdict.open} not sealed yet."
    )
    click.echo(f"Digest of the newest seal: {verdict.head or 'none'}")
    return WRONG if verdict.faults else DONE


@audit.command()
def seal() -> int:
    """Seal now what waits, without the minute that entries usually rest."""
    app = ready_application()
    total, done = 0, -1
    while done:
        with app.database.writing() as connection:
            done = seal_block(connection, app.runtime.clock.read())
        total += max(done, 0)
    click.echo(f"{total} entries sealed.")
    return DONE
