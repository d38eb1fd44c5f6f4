"""`privacy` and `retention`: what is held about a record, and what has to go."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core.cli.exits import DONE, PARTLY
from core.cli.surroundings import json_option, print_json, ready_application
from core.services import Actor
from core.services.privacy import erase_personal_data, personal_data
from core.services.retention import run_retention


@click.group()
def privacy() -> None:
    """Hand out or erase what is held about a record."""


@privacy.command()
@click.argument("entity")
@click.argument("record", type=int)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
def export(entity: str, record: int, output: Path | None) -> int:
    """Write all that is held about RECORD of ENTITY as JSON."""
    app = ready_application()
    _known(app, entity)
    with app.reader(Actor.system()) as reader:
        found = personal_data(reader, entity, record)
    text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    if output is None:
        click.echo(text)
    else:
        output.write_text(f"{text}\n", encoding="utf-8")
        click.echo(f"Written to {output}.")
    return DONE


@privacy.command()
@click.argument("entity")
@click.argument("record", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def erase(entity: str, record: int, yes: bool, as_json: bool) -> int:
    """Overwrite what the retention of ENTITY names, in RECORD, audit and search."""
    app = ready_application()
    _known(app, entity)
    if not yes:
        click.confirm(f"Erase {entity} {record} for good?", abort=True)
    done = erase_personal_data(app, Actor.system(), entity, record)
    if as_json:
        print_json(done.document())
        return DONE
    click.echo(f"Erased: {', '.join(done.erased)}.")
    click.echo(f"Kept, as the retention does not name them: {', '.join(done.kept)}.")
    return DONE


def _known(app: object, entity: str) -> None:
    if entity not in app.compiled.ids():  # type: ignore[attr-defined]
        raise click.ClickException(f"There is no entity '{entity}'.")


@click.group()
def retention() -> None:
    """Do what the retention rules of entities say."""


@retention.command()
@click.option("--dry-run", is_flag=True, help="Count what is due, change nothing.")
@json_option
def run(dry_run: bool, as_json: bool) -> int:
    """Erase, archive or delete what is due; exit code 5 if something had to stay."""
    reports = run_retention(ready_application(), dry_run=dry_run)
    if as_json:
        print_json([one.document() for one in reports])
    for one in () if as_json else reports:
        done = "" if dry_run else f", {one.done} done, {len(one.kept)} kept"
        click.echo(f"{one.entity}: {one.due} to {one.do}{done}")
        for id_, reason in one.kept:
            click.echo(f"  {id_}: {reason}", err=True)
    return PARTLY if any(one.kept for one in reports) else DONE
