"""`shell`: Python with the ready_application and an open transaction."""

from __future__ import annotations

import code

import click

from core.cli.exits import DONE
from core.cli.surroundings import as_platform, ready_application


@click.command()
@click.option("--commit", is_flag=True, help="Keep what was written when leaving.")
def shell(commit: bool) -> int:
    """Open Python with `app`, `tx` and `Query`; without --commit all is undone."""
    from core.services import Query

    app = ready_application()
    banner = "app, tx and Query are there; leave with Ctrl-D."
    try:
        with as_platform(app) as tx:
            code.interact(banner, local={"app": app, "tx": tx, "Query": Query})
            if not commit:
                raise _Undone
    except _Undone:
        click.echo("Nothing was written.")
    return DONE


class _Undone(Exception):
    """Leaves the transaction without keeping anything."""
