"""`recompute`: stored formulas compared with what they say now, and mended."""

from __future__ import annotations

from itertools import islice

import click

from core.app import Application
from core.cli.exits import DONE, WRONG
from core.cli.surroundings import (
    as_platform,
    json_option,
    print_json,
    ready_application,
)
from core.services import Actor
from core.services.recompute import Wrong, wrong_values
from core.services.recompute import recompute as work_out

_SHOWN = 100


@click.command()
@click.argument("entities", nargs=-1)
@click.option("--verify", is_flag=True, help="Only compare; change nothing.")
@json_option
def recompute(entities: tuple[str, ...], verify: bool, as_json: bool) -> int:
    """Work out the stored formulas of ENTITIES anew, of all by default.

    With --verify the command fails if a stored value is not what its formula says.
    """
    app = ready_application()
    wanted = _wanted(app, entities)
    return _verify(app, wanted, as_json) if verify else _mend(app, wanted, as_json)


def _wanted(app: Application, entities: tuple[str, ...]) -> list[tuple[str, str]]:
    every = app.compiled.upkeep.levels
    known = app.registry.entities
    for entity in entities:
        if entity not in known:
            raise click.ClickException(f"There is no entity '{entity}'.")
    return [key for key in every if not entities or key[0] in entities]


def _verify(app: Application, wanted: list[tuple[str, str]], as_json: bool) -> int:
    with app.reader(Actor.system()) as reader:
        found = list(islice(wrong_values(reader, wanted), _SHOWN + 1))
    if as_json:
        print_json([_document(one) for one in found[:_SHOWN]])
        return WRONG if found else DONE
    for one in found[:_SHOWN]:
        click.echo(f"{one.entity} {one.id} {one.field}: {one.stored} is {one.computed}")
    if len(found) > _SHOWN:
        click.echo("... and more.")
    what = "a formula" if len(wanted) == 1 else f"{len(wanted)} formulas"
    click.echo(f"Compared {what}: {'differences' if found else 'all right'}.")
    return WRONG if found else DONE


def _document(one: Wrong) -> dict[str, object]:
    return {
        "entity": one.entity,
        "id": one.id,
        "field": one.field,
        "stored": one.stored,
        "computed": one.computed,
    }


def _mend(app: Application, wanted: list[tuple[str, str]], as_json: bool) -> int:
    with as_platform(app) as tx:
        done = work_out(tx, wanted)
    messages = [problem.message for problem in done.problems]
    if as_json:
        print_json({"mended": done.mended, "problems": messages})
    else:
        for message in messages:
            click.echo(message)
        click.echo(f"Values mended: {done.mended}.")
    return WRONG if messages else DONE
