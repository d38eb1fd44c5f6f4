"""`docs`: the references that are made from the code, so that they cannot be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core.cli.exits import DONE, WRONG
from core.cli.references import REFERENCES
from core.config import ROOT
from core.definitions import schemas


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=ROOT / "docs" / "reference",
    help="Where to write; docs/reference by default.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if a page is old.")
def docs(folder: Path, check: bool) -> int:
    """Write the generated references: YAML, expressions, errors, commands, hooks.

    The folder `schemas` holds a JSON Schema per kind for editors.
    """
    pages = {f"{name}.md": make() for name, make in REFERENCES.items()}
    for kind, schema in schemas().items():
        text = json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False)
        pages[f"schemas/{kind}.json"] = f"{text}\n"
    old = [name for name, text in pages.items() if not _same(folder / name, text)]
    if check:
        for name in old:
            click.echo(f"{name} is not what the code says; run: cli.py docs")
        return WRONG if old else DONE
    for name in old:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[name], "utf-8")
    click.echo(f"{len(old)} of {len(pages)} pages written to {folder}.")
    return DONE


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text
