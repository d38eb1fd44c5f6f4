"""The import wizard: choose a file, map its columns, try it out, take it over.

Registered by `register`. A trial runs every rule and writes nothing; what is refused is
listed by line and handed back as a file.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import (
    abort,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
)
from flask.typing import ResponseReturnValue

from core import exchange
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.import_files import (
    keep_upload,
    rejected_path,
    state_of,
    upload_name,
    upload_path,
    written_rejects,
)
from core.web.pages.import_jobs import BIG, run_import_job
from core.web.pages.screen import Screen, acting, known_screen, may, screen_of
from core.web.state import application
from core.web.wording import said_again, say

_SAMPLES = 3


@login_required_page
def choose_file() -> ResponseReturnValue:
    """The first step: which entity, which file."""
    return _first_step(request.args.get("entity", ""))


def _first_step(entity: str, problem: str = "") -> str:
    return render_template(
        "pages/import.html", entities=_offered(), entity=entity, problem=problem
    )


def _offered() -> list[tuple[str, str]]:
    """The entities that the reader may import into, by their names."""
    actor, compiled = acting(), application().compiled
    names = [
        name
        for name, entity in compiled.registry.entities.items()
        if not entity.part_of and may(compiled, actor, name, "import")
    ]
    screens = [screen_of(name) for name in names]
    named = [(one.id, one.labels.plural(one.entity)) for one in screens]
    return sorted(named, key=lambda pair: pair[1].casefold())


@login_required_page
def upload_file() -> ResponseReturnValue:
    """Keep the file and go on to its columns."""
    entity = request.form.get("entity", "")
    upload = request.files.get("file")
    if entity not in dict(_offered()):
        return _first_step(entity, say("Choose what the file holds.")), 422
    if upload is None or not upload.filename:
        return _first_step(entity, say("Choose a file.")), 422
    name = keep_upload(application().config.home, _user(), upload)
    try:
        exchange.open_table(_file(name))
    except exchange.ExchangeError as error:
        return _first_step(entity, said_again(error.message)), 422
    return redirect(f"/import/{entity}/{name}")


def _user() -> int:
    return acting().user_id or 0


def _file(name: str) -> Path:
    path = upload_path(application().config.home, _user(), name)
    if path is None:
        abort(404)
    return path


def _screen(entity: str) -> Screen:
    if not known_screen(entity):
        abort(404)
    screen = screen_of(entity)
    if not screen.can("import"):
        abort(403)
    return screen


@login_required_page
def map_columns(entity: str, name: str) -> ResponseReturnValue:
    """The second step: which column fills which place."""
    screen = _screen(entity)
    table = _table(_file(name))
    mapping = exchange.guess_mapping(
        application(), screen.id, table, screen.actor.language
    )
    return _second_step(screen, name, table, mapping)


@login_required_page
def run_file(entity: str, name: str) -> ResponseReturnValue:
    """Try the file out, or take it over."""
    screen = _screen(entity)
    path = _file(name)
    table = _table(path)
    mapping = _sent_mapping(screen, table)
    try:
        wrong = exchange.check_mapping(screen.compiled, mapping, table.header)
    except exchange.ExchangeError as error:
        wrong = (said_again(error.message),)
    if wrong:
        return _second_step(screen, name, table, mapping, problems=wrong), 422
    options = _options(name, request.form.get("_do") != "import")
    if table.size >= BIG:
        run_import_job(application(), screen.actor, path, name, mapping, options)
        return redirect(f"/import/{entity}/{name}/progress")
    try:
        report = exchange.run_import(
            application(), screen.actor, path, mapping, options
        )
    except exchange.ExchangeError as error:
        return _second_step(
            screen, name, table, mapping, problems=(said_again(error.message),)
        ), 422
    if not options.dry_run:
        with screen.writing() as tx:
            exchange.keep_mapping(tx, mapping, table.header)
        if not report.rejected:
            found = report.document()
            notify(say("{created} created, {updated} changed.", **_counts(found)))
            return redirect(f"{screen.base}?tab=all&sort=-created_at")
    return _second_step(screen, name, table, mapping, report=report.document())


def _options(name: str, trial: bool) -> exchange.ImportOptions:
    home, user = application().config.home, _user()
    return exchange.ImportOptions(
        dry_run=trial,
        rejected=rejected_path(home, user, name),
        sheet=request.args.get("sheet") or None,
        empty="clear" if request.form.get("empty") == "clear" else "keep",
        file_name=upload_name(home, user, name),
    )


def _table(path: Path) -> exchange.Table:
    try:
        return exchange.open_table(path, sheet=request.args.get("sheet") or None)
    except exchange.ExchangeError:
        abort(404)


@login_required_page
def show_progress(entity: str, name: str) -> ResponseReturnValue:
    """How far the import of a big file has come, and its report in the end."""
    screen, path = _screen(entity), _file(name)
    state = state_of(application().config.home, _user(), name)
    if state is None:
        return redirect(f"/import/{entity}/{name}")
    mapping = exchange.mapping_from(state["mapping"])
    if state["state"] in ("running", "lost"):
        page = render_template(
            "pages/import_progress.html",
            screen=screen,
            plural=screen.labels.plural(screen.entity),
            name=name,
            file=upload_name(application().config.home, _user(), name),
            state=state,
            percent=int(100 * state["share"]),
        )
        response = make_response(page)
        if state["state"] == "running":
            response.headers["Refresh"] = "2"
        return response
    problems: tuple[str, ...] = ()
    if state["state"] == "failed":
        problems = (
            said_again(state["problem"] or "")
            or say("The import stopped over an error."),
        )
    return _second_step(
        screen, name, _table(path), mapping, problems, state.get("report")
    )


@login_required_page
def resume_file(entity: str, name: str) -> ResponseReturnValue:
    """Go on with an import whose worker has gone."""
    screen, path = _screen(entity), _file(name)
    state = state_of(application().config.home, _user(), name)
    if state is None or state["state"] != "lost":
        abort(404)
    mapping = exchange.mapping_from(state["mapping"])
    options = _options(name, state["dry_run"])
    resume = not options.dry_run
    run_import_job(
        application(), screen.actor, path, name, mapping, options, resume=resume
    )
    return redirect(f"/import/{entity}/{name}/progress")


def _counts(report: Any) -> dict[str, int]:
    return {
        key: report[key]
        for key in ("rows", "created", "updated", "unchanged", "rejected")
    }


def _sent_mapping(screen: Screen, table: Any) -> Any:
    """The mapping of the form; a column that was left as guessed keeps its details."""
    guessed = exchange.guess_mapping(
        application(), screen.id, table, screen.actor.language
    )
    known = {column.target: column for column in guessed.columns}
    columns: dict[str, Any] = {}
    for number, header in enumerate(table.header):
        target = request.form.get(f"column-{number}", "")
        if not target:
            continue
        before = columns.get(target)
        if before is not None:
            # Two columns for one place are joined in the order of the file.
            columns[target] = replace(before, sources=(*before.sources, header))
            continue
        made = known.get(target) or exchange.Column((header,), target)
        columns[target] = replace(made, sources=(header,))
    key = request.form.get("key") or None
    worked_out = [column for column in guessed.columns if column.computed]
    filled = [
        c for c in columns.values() if c.target not in {w.target for w in worked_out}
    ]
    return replace(guessed, columns=(*filled, *worked_out), key=key)


def _second_step(
    screen: Screen,
    name: str,
    table: Any,
    mapping: Any,
    problems: tuple[str, ...] = (),
    report: Any = None,
) -> str:
    targets = exchange.targets_of(application(), screen.id, screen.actor.language)
    chosen = _chosen(mapping)
    sample = table.sample(_SAMPLES)
    offered = [(choice.path, choice.label) for choice in targets]
    extra = set(chosen.values()) - {path for path, _ in offered}
    return render_template(
        "pages/import_columns.html",
        screen=screen,
        plural=screen.labels.plural(screen.entity),
        name=name,
        table=table,
        columns=[
            {
                "number": number,
                "header": header,
                "target": chosen.get(header, ""),
                "samples": [row[number] for row in sample if number < len(row)],
            }
            for number, header in enumerate(table.header)
        ],
        targets=offered + [(path, _shown(path)) for path in sorted(extra)],
        keys=_keys(screen, mapping),
        key=mapping.key or "",
        constants=dict(mapping.constants),
        worked_out=_worked_out(mapping),
        problems=problems,
        report=report,
        counts=_counts(report) if report is not None else {},
        rejects=report is not None and report["rejected"] > 0,
        sheets=list(table.workbook.sheets) if table.format == "xlsx" else [],
        empty=request.form.get("empty", "keep"),
    )


def _chosen(mapping: Any) -> dict[str, str]:
    """The place that each column fills."""
    plain = [column for column in mapping.columns if not column.computed]
    return {s: column.target for column in plain for s in column.sources}


def _worked_out(mapping: Any) -> dict[str, str]:
    """The places that expressions fill, with the columns that they read."""
    worked = [column for column in mapping.columns if column.computed]
    return {column.target: ", ".join(column.sources) for column in worked}


def _shown(path: str) -> str:
    """What a place is called that no field is."""
    if not path.startswith("@"):
        return path
    return say("Id in the other system ({name})", name=path[1:])


def _keys(screen: Screen, mapping: Any) -> list[tuple[str, str]]:
    """What may tell that a row is a record that is there already."""
    fields = screen.entity.fields
    unique = [name for name, field in fields.items() if field.definition.unique]
    names = [n for n in dict.fromkeys([screen.entity.key, *unique]) if n in fields]
    found = [(n, screen.labels.field(fields[n])) for n in names if n is not None]
    if mapping.key and mapping.key not in dict(found):
        found.append((mapping.key, _shown(mapping.key)))
    return found


@login_required_page
def rejected_rows(entity: str, name: str) -> ResponseReturnValue:
    """The rows that were not taken, with the reasons, to be mended."""
    _screen(entity)
    path = written_rejects(application().config.home, _user(), name)
    if path is None:
        abort(404)
    return send_file(
        path.absolute(),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=f"rejected{path.suffix}",
    )
