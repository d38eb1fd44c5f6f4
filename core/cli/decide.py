"""`decide`: which row of a decision takes some inputs, and why not the others."""

from __future__ import annotations

from typing import Any

import click

from core.cli.exits import DONE
from core.cli.surroundings import json_option, print_json, ready_application
from core.fieldtypes import BadValue
from core.services import Actor


@click.command()
@click.argument("decision")
@click.argument("inputs", nargs=-1, metavar="[INPUT=VALUE]...")
@json_option
def decide(decision: str, inputs: tuple[str, ...], as_json: bool) -> int:
    """Say which row of a decision takes the inputs, and why the others do not."""
    app = ready_application()
    definition = app.registry.decisions.get(decision)
    if definition is None:
        raise click.ClickException(f"There is no decision '{decision}'.")
    values: dict[str, Any] = dict.fromkeys(definition.inputs)
    for one in inputs:
        name, equals, text = one.partition("=")
        if not equals or name not in values:
            known = ", ".join(values)
            raise click.ClickException(f"'{one}' is no input; there are: {known}.")
        field = definition.inputs[name]
        try:
            values[name] = app.compiled.catalog[field.type].coerce(text, field)
        except BadValue as bad:
            raise click.ClickException(f"{name}: {bad.message}.") from None
    with app.reader(Actor.system()) as reader:
        found = reader.explain_decision(decision, values)
    if as_json:
        print_json(
            [
                {"row": r.row, "fits": r.fits, "taken": r.taken, "why": str(r.why)}
                for r in found
            ]
        )
        return DONE
    for row in found:
        click.echo(f"{'->' if row.taken else '  '} {row.row}: {row.why}")
    return DONE
