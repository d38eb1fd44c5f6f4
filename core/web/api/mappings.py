"""The view that runs a mapping: records become others, or are only shown as such.

Registered by `register`; rights are those of the caller on sources and targets.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from core.compiler import CompiledMapping
from core.diagnostics import suggestion
from core.services import Transaction
from core.services.mapping import mapping_of, plan_mapping, run_mapping
from core.services.mapping_run import Mapped
from core.web.api.bodies import read_object
from core.web.api.calls import open_call
from core.web.api.credentials import caller
from core.web.api.envelopes import MappingRun, loaded
from core.web.api.refusals import Refusal
from core.web.state import application


def run(id: str) -> Response:
    """`POST /mappings/<id>`: run it over `records`; `preview` only shows the result."""
    mapping = _mapping(id)
    module, _, name = mapping.target.partition(".")
    call = open_call(module, name, "write")
    call.caller.require(mapping.source, "read")
    for lines in mapping.lines:
        kind = "write" if lines.definition.back else "read"
        call.caller.require(lines.entity, kind)
    body = loaded(MappingRun(), read_object(request))

    def work(tx: Transaction) -> Response:
        plan = plan_mapping if body["preview"] else run_mapping
        made = plan(tx, id, body["records"], body["ask"], body["take"])
        response = jsonify({"items": [_shown(tx, mapping, one) for one in made]})
        response.status_code = 200 if body["preview"] else 201
        return response

    return call.write(work)


def _mapping(id: str) -> CompiledMapping:
    app = application()
    caller()
    mappings = app.registry.mappings
    # Mappings of foreign data are for files; they take no records.
    known = {name for name, one in mappings.items() if one.foreign is None}
    if id not in known:
        detail = f"There is no mapping '{id[:100]}'.{suggestion(id, known)}"
        raise Refusal(404, "not_found", detail)
    return mapping_of(app.runtime, id)


def _shown(tx: Transaction, mapping: CompiledMapping, one: Mapped) -> dict[str, Any]:
    """What became, or would become, of some sources."""
    found: dict[str, Any] = {"sources": [source.id for source in one.sources]}
    if one.record is not None:
        return {**found, "entity": mapping.target, "id": one.record.id}
    found["values"] = _values(tx, mapping.target, one.values)
    found["lines"] = [
        {
            "lines": line.lines.id,
            "rows": [row.id for row in line.rows],
            "open": None if line.open is None else str(line.open),
            "values": _values(tx, line.lines.child, line.values),
        }
        for line in one.lines
    ]
    return found


def _values(tx: Transaction, id: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values that the caller may read, as JSON."""
    entity = tx.runtime.compiled.entity(id)
    readable = tx.access.of(id).readable
    shown: dict[str, Any] = {}
    for name in values.keys() & readable:
        value = values[name]
        field = entity.fields[name]
        if value is None or field.kind in ("lines", "group"):
            shown[name] = None
        else:
            kept = field.type.coerce(value, field.definition)
            shown[name] = field.type.to_json(kept, field.definition)
    return shown
