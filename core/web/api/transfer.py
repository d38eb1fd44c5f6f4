"""Files in and out by the API: import, export, the imports that were made, undo.

Registered by `register`; the same services as those of the wizard and the command line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

from flask import Response, request

from core import exchange
from core.services import Actor
from core.web.api.calls import Call, open_call
from core.web.api.credentials import caller
from core.web.api.json_text import answer
from core.web.api.parameters import (
    LIST_PARAMETERS,
    check_names,
    flag_of,
    number_of,
    read_query,
    text_of,
    word_of,
)
from core.web.api.refusals import Refusal, bad_request
from core.web.retelling import retold_errors
from core.web.state import application
from core.web.wording import language

MOST_BYTES = 128 * 1024 * 1024
IMPORT_PARAMETERS = (
    *("dry_run", "format", "key", "language", "dates", "decimal", "empty", "sheet"),
    "encoding",
)
EXPORT_PARAMETERS = ("format", "raw", "language", "archived", "fields", "filter", "q")
_MOST_RUNS = 200


def import_file(module: str, name: str) -> Response:
    """`POST /<module>/<name>/import`: the file is the body; 200 with the report."""
    call = open_call(module, name, "write")
    check_names(request.args, IMPORT_PARAMETERS)
    kind = _format(text_of(request.args, "format") or _sent_format())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"body.{exchange.ENDINGS.get(kind, kind)}"
        _keep_body(path)
        report = _imported(call, path, kind)
    shown = report.document()
    shown.pop("rejected_file")
    shown["errors"] = retold_errors(shown["errors"], language())
    return answer(shown)


def _imported(call: Call, path: Path, kind: str) -> exchange.ImportReport:
    args, app, actor = request.args, application(), call.caller.actor
    given: dict[str, Any] = {
        name: text_of(args, name) for name in ("language", "encoding", "sheet")
    }
    options = exchange.ImportOptions(
        **given,
        format=kind,
        dry_run=flag_of(args, "dry_run"),
        dates=cast(Any, _word("dates", ("dmy", "mdy", "ymd"))),
        decimal=cast(Any, _word("decimal", (".", ","))),
        empty=cast(Literal["keep", "clear"], word_of(args, "empty", ("keep", "clear"))),
        file_name="API",
    )
    table = exchange.open_table(
        path, encoding=options.encoding, format=kind, sheet=options.sheet
    )
    speaks = options.language or actor.language
    mapping = exchange.guess_mapping(app, call.id, table, speaks)
    key = text_of(args, "key")
    if key is not None:
        mapping = mapping.with_key(key)
    wrong = exchange.check_mapping(call.compiled, mapping, table.header)
    if wrong:
        raise exchange.BadMapping(" ".join(wrong))
    return exchange.run_import(app, actor, path, mapping, options)


def _word(name: str, known: tuple[str, ...]) -> str | None:
    return word_of(request.args, name, known) if name in request.args else None


def _format(name: str) -> str:
    try:
        return exchange.known_format(name)
    except exchange.ExchangeError as error:
        raise bad_request(error.message, parameter="format") from error


def _sent_format() -> str:
    """The format that the media type of the body names."""
    for kind, media in exchange.MEDIA.items():
        if media.partition(";")[0] == request.mimetype:
            return kind
    raise Refusal(
        415,
        "unsupported_media_type",
        "Name the format of the file, for example with 'Content-Type: text/csv' or "
        "with 'format=csv'.",
    )


def _keep_body(path: Path) -> None:
    """Write the body to disk piece by piece."""
    request.max_content_length = MOST_BYTES
    with path.open("wb") as file:
        while piece := request.stream.read(1 << 16):
            file.write(piece)


def export_file(module: str, name: str) -> Response:
    """`GET /<module>/<name>/export?format=`: the records of a list as a file."""
    call = open_call(module, name, "read")
    args = request.args.copy()
    kind = _format(args.pop("format", "csv"))
    raw = args.pop("raw", "0") in ("1", "true")
    language = args.pop("language", None) or call.caller.actor.language
    query = read_query(args, LIST_PARAMETERS).query
    with call.reading() as reader:
        reader.access.require(call.id, "export")
        call.check_paths(reader, call.id, query)
    options = exchange.ExportOptions(format=kind, raw=raw, language=language)
    app, actor = application(), call.caller.actor
    pieces = exchange.export_lines(app, actor, call.id, query, options)
    ending = exchange.ENDINGS.get(kind, kind)
    headers = {
        "Content-Disposition": f'attachment; filename="{module}-{name}.{ending}"'
    }
    # The first piece is asked for here, so that a refusal is an answer of its own.
    start = next(pieces, b"")
    return Response(_all(start, pieces), mimetype=exchange.MEDIA[kind], headers=headers)


def _all(start: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from others


def list_imports() -> Response:
    """`GET /imports`: the imports of the caller, administrators see all."""
    check_names(request.args, ("limit",))
    limit = number_of(request.args, "limit", 1, _MOST_RUNS, 50)
    runs = exchange.import_runs(application(), _actor("read"), limit)
    return answer({"items": [run.document() for run in runs]})


def show_import(id: int) -> Response:
    """`GET /imports/<id>`: one import with the rows that it left out."""
    app, actor = application(), _actor("read")
    run = _run(actor, id)
    errors = exchange.run_errors(app, actor, id)
    shown = retold_errors([one.document() for one in errors], language())
    return answer({**run.document(), "errors": shown})


def undo_import(id: int) -> Response:
    """`POST /imports/<id>/undo`: take an import back; 200 with what became of it."""
    actor = _actor("write")
    _run(actor, id)
    return answer(exchange.undo_import(application(), actor, id).document())


def _run(actor: Actor, id_: int) -> exchange.ImportRun:
    try:
        return exchange.run_at(application(), actor, id_)
    except exchange.ExchangeError as error:
        raise Refusal(404, "not_found", error.message) from error


def _actor(kind: str) -> Actor:
    asking = caller()
    if kind not in asking.scopes:
        raise Refusal(403, "out_of_scope", f"Take an API key with the scope '{kind}'.")
    return asking.actor
