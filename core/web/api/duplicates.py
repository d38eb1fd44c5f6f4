"""Views of records that may be the same: all pairs, one record's, a draft's; merging.

Registered by `register`. Only records and fields that the caller may read take part.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from core.services import Suspect, Transaction
from core.services.duplicates.apart import bring_together, keep_apart, kept_apart
from core.services.merging import survivor_of
from core.web.api.bodies import read_object
from core.web.api.calls import Call, open_call
from core.web.api.collection import WRITE_PARAMETERS, written
from core.web.api.envelopes import Draft, Merging, PairOfIds, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of
from core.web.api.rendering import moment_text
from core.web.api.versions import expected_version

MOST_PAIRS = 1000


def list_pairs(module: str, name: str) -> Response:
    """`GET /<module>/<name>/duplicates?limit=`: pairs of records, the likest first."""
    call = open_call(module, name, "read")
    check_names(request.args, ("limit",))
    limit = number_of(request.args, "limit", 1, MOST_PAIRS, 100)
    with call.reading() as reader:
        found = reader.suspects(call.id, limit)
    items = [
        {"ids": [one.first, one.second], "score": one.score, "fields": list(one.why)}
        for one in found.pairs
    ]
    return answer({"items": items, "more": found.more})


def list_apart(module: str, name: str) -> Response:
    """`GET /<module>/<name>/duplicates/apart`: pairs that are not the same."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        found = kept_apart(reader, call.id)
    items = [
        {"ids": [one.first, one.second], "at": moment_text(one.at), "by": one.by}
        for one in found
    ]
    return answer({"items": items})


def mark_apart(module: str, name: str) -> Response:
    """`POST .../duplicates/apart` {ids}: these two are not the same."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    pair = loaded(PairOfIds(), read_object(request))["ids"]

    def work(tx: Transaction) -> Response:
        keep_apart(tx, call.id, *pair)
        return answer({"ids": sorted(pair)})

    return call.write(work)


def mark_together(module: str, name: str) -> Response:
    """`POST .../duplicates/together` {ids}: let these two be compared again."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    pair = loaded(PairOfIds(), read_object(request))["ids"]

    def work(tx: Transaction) -> Response:
        bring_together(tx, call.id, *pair)
        return answer({"ids": sorted(pair)})

    return call.write(work)


def find_for_draft(module: str, name: str) -> Response:
    """`POST /<module>/<name>/duplicates` {values, id}: records like a draft."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    draft = loaded(Draft(), read_object(request))
    values = draft["values"]
    with call.reading() as reader:
        # All of it was just typed; "" makes a draft without values one as well.
        state = reader.evaluate(call.id, values, draft["id"], [*values, ""])
    return answer({"items": [_shown(one) for one in state.similar]})


def find_for_record(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/duplicates`: records like a stored one."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        found = reader.similar(call.id, id)
    return answer({"items": [_shown(one) for one in found]})


def merge_records(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/merge` {records: [{id, version}], version, take}: one of several.

    The record of the address stays; `take` maps fields to the id of the record whose
    value it gets.
    """
    call = open_call(module, name, "write")
    check_names(request.args, WRITE_PARAMETERS[1:])
    body = loaded(Merging(), read_object(request))
    version = expected_version(request, body)
    others = [one["id"] for one in body["records"]]
    given = [(id, version), *((one["id"], one["version"]) for one in body["records"])]
    versions = {id_: seen for id_, seen in given if seen is not None}

    def work(tx: Transaction) -> Response:
        record = tx.merge(call.id, id, others, body["take"], versions)
        return written(call, tx, record)

    return call.write(work)


def merged_away(call: Call, module: str, name: str, id_: int) -> Response | None:
    """301 to the record that stands for one that was merged; None if none does."""
    with call.reading() as reader:
        survivor = survivor_of(reader.scene, call.id, id_)
        if not survivor or not reader.permitted(call.id, "read", [survivor]):
            return None
    target = url_for("api.record", module=module, name=name, id=survivor)
    response = answer({"id": survivor}, 301)
    response.headers["Location"] = target
    return response


def _shown(one: Suspect) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "subtitle": one.subtitle,
        "score": one.score,
        "fields": list(one.why),
    }
