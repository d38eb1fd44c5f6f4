"""`worker`: delivers events and runs jobs, as many processes as are wanted."""

from __future__ import annotations

import signal
from types import FrameType

import click

from core.cli.exits import DONE
from core.cli.surroundings import ready_application
from core.jobs import dispatcher_of


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def worker(once: bool) -> int:
    """Run automations, schedules, timers and webhooks until a signal comes.

    On SQLite `serve` does it by itself; on PostgreSQL run one or more of these.
    """
    app = ready_application()
    dispatcher = dispatcher_of(lambda: app)
    if once:
        click.echo(f"{dispatcher.drain()} events and jobs.")
        return DONE

    def stop(_number: int, _frame: FrameType | None) -> None:
        dispatcher.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    click.echo("Working. Ctrl-C stops.")
    dispatcher.run()
    return DONE
