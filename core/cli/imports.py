"""`imports`: the imports that were made, and how one is undone."""

from __future__ import annotations

import click

from core.cli.exits import DONE, PARTLY
from core.cli.surroundings import json_option, print_json, ready_application
from core.exchange import import_runs, run_at, run_errors, undo_import
from core.services import Actor

_SHOWN = 20


@click.group()
def imports() -> None:
    """List imports, show what one left out, undo one."""


@imports.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_option
def list_(limit: int, as_json: bool) -> int:
    """List the imports, newest first."""
    runs = import_runs(ready_application(), Actor.system(), limit)
    if as_json:
        print_json([run.document() for run in runs])
        return DONE
    for run in runs:
        click.echo(
            f"{run.id:>6}  {run.at:%Y-%m-%d %H:%M}  {run.state:<8} {run.entity}  "
            f"{run.file}: {run.rows} rows, {run.created} created, {run.updated} "
            f"updated, {run.rejected} rejected"
        )
    if not runs:
        click.echo("There are no imports.")
    return DONE


@imports.command()
@click.argument("number", type=int)
@json_option
def show(number: int, as_json: bool) -> int:
    """Show an import with the rows that it left out."""
    app, actor = ready_application(), Actor.system()
    run, errors = run_at(app, actor, number), run_errors(app, actor, number)
    if as_json:
        print_json({**run.document(), "errors": [one.document() for one in errors]})
        return DONE
    click.echo(f"{run.file} into {run.entity}, {run.state}: {run.rows} rows")
    for error in errors:
        place = f", {error.column}" if error.column else ""
        click.echo(f"line {error.line}{place}: {error.reason}")
    return DONE


@imports.command()
@click.argument("number", type=int)
@json_option
def undo(number: int, as_json: bool) -> int:
    """Delete what an import created and restore what it changed.

    Records that somebody has changed since stay as they are and are named; exit code 5
    if there are such.
    """
    report = undo_import(ready_application(), Actor.system(), number)
    if as_json:
        print_json(report.document())
        return PARTLY if report.stayed else DONE
    for entity, id_, reason in report.kept[:_SHOWN]:
        click.echo(f"{entity} {id_} stays: {reason}", err=True)
    click.echo(
        f"{report.deleted} deleted, {report.restored} restored, {report.stayed} stay "
        f"as they are, {report.gone} were gone already."
    )
    return PARTLY if report.stayed else DONE
