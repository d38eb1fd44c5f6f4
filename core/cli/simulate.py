"""`test`: runs test documents on a database in memory, with a clock of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import click

from core.app import DefinitionErrors, Definitions, read_definitions
from core.cli.exits import DONE, WRONG
from core.cli.surroundings import config, json_option, print_json
from core.definitions import ScenarioDef
from core.jobs.simulator import Laboratory, Result, chosen


@click.command("test")
@click.argument("names", nargs=-1, metavar="[MODULE|FILE|ID]...")
@json_option
def test(names: tuple[str, ...], as_json: bool) -> int:
    """Run the test documents of all modules, of some, in a file, or one by its id."""
    began = time.perf_counter()
    settings = config()
    read = read_definitions(settings)
    if read.diagnostics.has_errors:
        raise DefinitionErrors(read.diagnostics)
    results = []
    with Laboratory(settings) as laboratory:
        for one in laboratory.run(_chosen(read, names)):
            results.append(one)
            if not as_json:
                _show(one)
    failed = sum(not one.holds for one in results)
    if as_json:
        print_json([one.document() for one in results])
    else:
        spent = time.perf_counter() - began
        told = f"{len(results)} tests, {failed} failed ({spent:.2f} s)."
        click.secho(told, bold=True)
    return WRONG if failed else DONE


def _chosen(read: Definitions, names: Sequence[str]) -> list[ScenarioDef]:
    try:
        return chosen(read.registry, names)
    except KeyError as error:
        name = error.args[0]
        raise click.UsageError(f"'{name}' is no module, file or test.") from error


def _show(one: Result) -> None:
    good = click.style("holds ", fg="green")
    bad = click.style("failed", fg="red")
    click.echo(f"{good if one.holds else bad} {one.id} ({one.seconds:.2f} s)")
    for each in one.differences:
        place = os.path.relpath(each.file) if Path(each.file).is_absolute() else None
        at = f"{place or each.file}:{each.line}"
        step = f"step {each.step}" if each.step else "beginning"
        click.echo(f"  {at}, {step}: {each.what}")
        click.echo(f"    expected: {each.expected}")
        click.echo(f"    found:    {each.found}")
