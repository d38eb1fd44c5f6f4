"""`files`: looks after uploaded files: what is lost or damaged, what nobody needs.

Called by `main`; the work is done by core.services.files.cleaning.
"""

from __future__ import annotations

from dataclasses import asdict

import click

from core.cli.exits import DONE, WRONG
from core.cli.surroundings import as_platform, json_option, print_json
from core.cli.surroundings import ready_application as ready
from core.services.files import check_files, clean_files, size_text
from core.services.files.cleaning import GRACE_DAYS


@click.group()
def files() -> None:
    """Check uploaded files and clean away what no record holds."""


@files.command()
@json_option
def check(as_json: bool) -> int:
    """Read every file and compare it with its hash; nothing is changed."""
    app = ready()
    with as_platform(app) as tx, _Bar(as_json) as bar:
        report = check_files(tx, bar)
    if as_json:
        print_json({**asdict(report), "sound": report.sound})
        return DONE if report.sound else WRONG
    click.echo(f"{report.kept} files with {size_text(report.size)} are kept.")
    for title, hashes in (
        ("Lost, though an upload tells of them", report.lost),
        ("Damaged", report.damaged),
        ("Unknown to the database", report.unknown),
        ("Held by no record", report.unused),
    ):
        if hashes:
            click.echo(f"{title}: {len(hashes)}")
            for sha256 in hashes[:20]:
                click.echo(f"  {sha256}")
    return DONE if report.sound else WRONG


@files.command()
@click.option(
    "--days",
    type=click.IntRange(0, 36_500),
    default=GRACE_DAYS,
    show_default=True,
    help="How long ago a record must have given a file up.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would go.")
@json_option
def clean(days: int, dry: bool, as_json: bool) -> int:
    """Remove files that no record has held for some days."""
    app = ready()
    with as_platform(app) as tx:
        gone = clean_files(tx, days, dry)
    if as_json:
        print_json({"removed": gone, "dry_run": dry})
        return DONE
    word = "would be" if dry else "were" if len(gone) != 1 else "was"
    noun = "file" if len(gone) == 1 else "files"
    click.echo(f"{len(gone)} {noun} {word} removed.")
    return DONE


class _Bar:
    """A progress bar on a terminal, nothing in a document."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.shown = 0

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_failure: object) -> None:
        if self.shown:
            click.echo("", err=True)

    def __call__(self, done: int, of: int) -> None:
        percent = done * 100 // of
        if not self.quiet and percent != self.shown and of > 100:
            self.shown = percent
            click.echo(f"\r{percent:3} %", nl=False, err=True)
