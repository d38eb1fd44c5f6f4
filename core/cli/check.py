"""`check`: all mistakes of all definitions in one run, nothing is touched."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from core.app import read_definitions, source_text
from core.cli.exits import DONE, WRONG
from core.cli.surroundings import config, json_option, print_json
from core.diagnostics import as_json as diagnostics_as_json
from core.diagnostics import render_all, summary


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--color/--no-color", default=None, help="Colour the carets.")
@json_option
def check(folders: tuple[Path, ...], color: bool | None, as_json: bool) -> int:
    """Check all modules, or those in FOLDERS beside the ones they depend on."""
    started = time.perf_counter()
    read = read_definitions(config(), also=folders)
    wrong = read.diagnostics.has_errors
    if as_json:
        print_json(diagnostics_as_json(read.diagnostics))
        return WRONG if wrong else DONE
    shown = os.isatty(1) if color is None else color
    text = render_all(read.diagnostics, source_text, color=shown)
    if text:
        click.echo(text)
    spent = time.perf_counter() - started
    click.echo(f"{summary(read.diagnostics)} ({spent:.2f} s)")
    return WRONG if wrong else DONE
