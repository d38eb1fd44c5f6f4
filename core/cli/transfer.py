"""`import` and `export`: records from and to files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
import yaml

from core.cli.exits import DONE, PARTLY, WRONG
from core.cli.surroundings import (
    json_option,
    operator,
    print_json,
    ready_application,
)
from core.diagnostics import suggestion
from core.exchange import (
    FORMATS,
    BadMapping,
    Column,
    ExportOptions,
    ImportOptions,
    ImportReport,
    Mapping,
    Table,
    check_mapping,
    export_records,
    format_named,
    guess_mapping,
    keep_mapping,
    mapping_document,
    open_table,
    read_mapping,
    resume_import,
    run_import,
)
from core.services import Actor, Query

_SHOWN_ERRORS = 20
_WISHES = ("mapping_file", "constants", "key", "external_id", "namespace")


@click.command("import")
@click.argument("entity")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML file that says which column goes where; else it is guessed.",
)
@click.option("--set", "constants", multiple=True, help="path=text for every row.")
@click.option("--key", help="How stored records are found: a field, id or @namespace.")
@click.option("--external-id", help="The column that holds the other system's id.")
@click.option("--namespace", help="The name under which these ids are kept.")
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@click.option("--rejected", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", help="How numbers and days are written, for example de.")
@click.option("--dates", type=click.Choice(["dmy", "mdy", "ymd"]))
@click.option("--decimal", type=click.Choice([".", ","]))
@click.option("--format", type=click.Choice(FORMATS), help="Else it is found out.")
@click.option("--sheet", help="The sheet of a workbook; else its first one.")
@click.option(
    "--empty",
    type=click.Choice(["keep", "clear"]),
    default="keep",
    show_default=True,
    help="What an empty cell does to a stored record: keep or clear its value.",
)
@click.option("--encoding", help="Else it is guessed.")
@click.option("--delimiter", help="Else it is guessed.")
@click.option("--company", help="The company of new records, by code or title.")
@click.option("--resume", is_flag=True, help="Go on with an interrupted import.")
@click.option("--show-mapping", is_flag=True, help="Print the mapping, import nothing.")
@json_option
def import_(
    entity: str,
    file: Path,
    show_mapping: bool,
    company: str | None,
    resume: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Import the records of ENTITY from a FILE: CSV, XLSX, JSON, vCard, iCalendar.

    Rows that do not fit are left out and reported; `--rejected` keeps them in a file
    that can be mended and imported again. Exit code 5 if some were left out.
    """
    app = ready_application()
    names = ("encoding", "delimiter", "format", "sheet")
    table = open_table(file, **{name: given[name] for name in names})
    wishes = {name: given.pop(name) for name in _WISHES}
    actor = operator(app, company)
    if resume:
        done = _run(app, actor, file, entity, ImportOptions(**given), as_json)
        return _finished(done, as_json)
    mapping = _mapping(app, entity, table, given["language"] or "en", **wishes)
    problems = check_mapping(app.compiled, mapping, table.header)
    if problems:
        raise BadMapping(" ".join(problems))
    if show_mapping:
        return _show(mapping)
    options = ImportOptions(**given)
    report = _run(app, actor, file, mapping, options, as_json)
    if not report.dry_run and report.rejected < report.rows:
        with app.transaction(Actor.system(), via="cli") as tx:
            keep_mapping(tx, mapping, table.header)
    return _finished(report, as_json)


def _finished(report: ImportReport, as_json: bool) -> int:
    """Tell the report and return the exit code."""
    _tell(report, as_json)
    if report.rejected == 0:
        return DONE
    return WRONG if report.rejected == report.rows else PARTLY


def _mapping(
    app: Any,
    entity: str,
    table: Table,
    language: str,
    *,
    mapping_file: Path | None,
    constants: Iterable[str],
    key: str | None,
    external_id: str | None,
    namespace: str | None,
) -> Mapping:
    """The mapping that the options describe, on top of a file or of a guess."""
    mapping = _found(app, entity, table, mapping_file, language)
    mapping = _amended(mapping, constants, external_id, namespace)
    return mapping if key is None else _keyed(mapping, key, table)


def _found(
    app: Any, entity: str, table: Table, file: Path | None, language: str
) -> Mapping:
    """The mapping of the file that was named, else the best guess."""
    if entity not in app.compiled.ids():
        tail = suggestion(entity, list(app.compiled.ids()))
        raise click.ClickException(f"There is no entity '{entity}'.{tail}")
    if file is None:
        return guess_mapping(app, entity, table, language)
    mapping = read_mapping(file)
    if mapping.entity != entity:
        raise BadMapping(f"The mapping is for {mapping.entity}, not for {entity}.")
    return mapping


def _amended(
    mapping: Mapping,
    constants: Iterable[str],
    external_id: str | None,
    namespace: str | None,
) -> Mapping:
    """The mapping with what the options say on top."""
    more: dict[str, str] = {}
    for text in constants:
        path, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--set takes path=text, not '{text}'.")
        more[path.strip()] = value.strip()
    if more:
        mapping = mapping.with_constants(more)
    if bool(external_id) != bool(namespace):
        raise click.UsageError("--external-id and --namespace go together.")
    if external_id and namespace:
        mapping = mapping.with_column(Column((external_id,), f"@{namespace}"))
        mapping = mapping.with_key(f"@{namespace}")
    return mapping


def _keyed(mapping: Mapping, key: str, table: Table) -> Mapping:
    """The mapping with a key; a column that is called like it fills it."""
    filled = any(column.target == key for column in mapping.columns)
    if not filled and key in table.header:
        mapping = mapping.with_column(Column((key,), key))
    return mapping.with_key(key)


def _show(mapping: Mapping) -> int:
    document = mapping_document(mapping)
    click.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    return DONE


def _run(
    app: Any,
    actor: Actor,
    file: Path,
    what: Mapping | str,
    options: ImportOptions,
    quiet: bool,
) -> ImportReport:
    """Run the import with a progress bar, unless the output is for a program.

    what: the mapping; the entity for an import that goes on.
    """
    if quiet or not sys.stderr.isatty():
        return _imported(app, actor, file, what, options)
    from dataclasses import replace

    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(file.name, total=1.0)

        def told(rows: int, share: float) -> None:
            bar.update(task, completed=share, description=f"{file.name} {rows}")

        chosen = replace(options, progress=told)
        return _imported(app, actor, file, what, chosen)


def _imported(
    app: Any, actor: Actor, file: Path, what: Mapping | str, options: ImportOptions
) -> ImportReport:
    if isinstance(what, str):
        return resume_import(app, actor, what, file, options)
    return run_import(app, actor, file, what, options)


def _tell(report: ImportReport, as_json: bool) -> None:
    if as_json:
        print_json(report.document())
        return
    for warning in report.warnings:
        click.echo(f"Note: {warning}", err=True)
    for error in report.errors[:_SHOWN_ERRORS]:
        place = f"line {error.line}"
        place += f", {error.column}" if error.column else ""
        click.echo(f"{place}: {error.reason}", err=True)
    if len(report.errors) > _SHOWN_ERRORS:
        click.echo(f"... and {len(report.errors) - _SHOWN_ERRORS} more", err=True)
    would = " would be" if report.dry_run else ""
    click.echo(
        f"{report.rows} rows:{would} {report.created} created, {report.updated} "
        f"updated, {report.unchanged} unchanged, {report.rejected} rejected."
    )
    if report.run is not None:
        click.echo(f"This is import {report.run}.")
    if report.rejected_file is not None:
        click.echo(f"The rejected rows are in {report.rejected_file}.")


@click.command()
@click.argument("entity")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Else here."
)
@click.option("--filter", "filter_", help="An expression such as: kind == 'person'")
@click.option("--named", multiple=True, help="A named filter; repeatable.")
@click.option("--search", help="Words as in the search box.")
@click.option("--fields", help="Fields and paths with commas between.")
@click.option("--order", help="Fields with commas between, - in front for descending.")
@click.option("--archived", type=click.Choice(["no", "yes", "only"]), default="no")
@click.option("--format", type=click.Choice(FORMATS), help="Else by the file's ending.")
@click.option("--raw", is_flag=True, help="As in the API; imports again as it is.")
@click.option("--bom", is_flag=True, help="Mark the file as UTF-8 for spreadsheets.")
@click.option("--language", help="How numbers and days are written, for example de.")
@click.option("--delimiter", default=",", show_default=True)
def export(
    entity: str,
    output: Path | None,
    filter_: str | None,
    named: tuple[str, ...],
    search: str | None,
    fields: str | None,
    order: str | None,
    archived: Any,
    format: str | None,
    **given: Any,
) -> int:
    """Export the records of ENTITY as a file: CSV, XLSX, JSON, vCard, iCalendar."""
    app = ready_application()
    if entity not in app.compiled.ids():
        tail = suggestion(entity, list(app.compiled.ids()))
        raise click.ClickException(f"There is no entity '{entity}'.{tail}")
    query = Query(
        filter=filter_,
        named=named,
        search=search,
        order=_names(order),
        fields=_names(fields),
        archived=archived,
    )
    kind = format or format_named(output.name if output else "") or "csv"
    options, actor = ExportOptions(format=kind, **given), Actor.system()
    with _written(output) as out:
        number = export_records(app, actor, entity, query, out, options)
    if output is not None:
        click.echo(f"{number} records written to {output}.")
    return DONE


@contextmanager
def _written(path: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that takes its name when it is complete."""
    if path is None:
        yield sys.stdout.buffer
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
