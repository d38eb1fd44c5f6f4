"""Parameters of operations, as the OpenAPI document describes them.

Called by `openapi.py`; operations refer to them by name.
"""

from __future__ import annotations

from typing import Any

from core.exchange import FORMATS
from core.services.timeline import KINDS
from core.web.api.openapi_values import record_id, whole
from core.web.api.parameters import MOST_ITEMS, MOST_OFFSET

Part = dict[str, Any]


def parameters() -> dict[str, Part]:
    """All parameters by the name that operations use."""
    parts = (_texts(), _numbers(), _words(), _flags(), _headers(), _files())
    return {name: one for part in parts for name, one in part.items()}


def _files() -> dict[str, Part]:
    """What imports and exports ask for."""
    told = {
        "key": "How stored records are found: a field, `id` or `@namespace`.",
        "language": "How numbers and days are written, for example `de`.",
        "sheet": "The sheet of a workbook; else its first one.",
        "encoding": "How the bytes of a text file are read; else it is found out.",
    }
    words: dict[str, tuple[str, tuple[str, ...]]] = {
        "format": ("The format of the file.", FORMATS),
        "dates": ("How days are written in digits.", ("dmy", "mdy", "ymd")),
        "decimal": ("The decimal mark.", (".", ",")),
        "empty": ("What an empty cell does to a stored value.", ("keep", "clear")),
    }
    flags = {
        "dry_run": "Check everything, keep nothing.",
        "raw": "Paths as heads and values as in the API: it imports again as it is.",
    }
    return {
        **{n: _query(n, text, {"type": "string"}) for n, text in told.items()},
        **{
            name: _query(name, text, {"type": "string", "enum": list(known)})
            for name, (text, known) in words.items()
        },
        **{n: _query(n, text, {"type": "boolean"}) for n, text in flags.items()},
    }


def _query(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _path(name: str, description: str) -> Part:
    place = {"name": name, "in": "path", "required": True, "schema": record_id()}
    return {**place, "description": description}


def _texts() -> dict[str, Part]:
    told = {
        "filter": "An expression that is true for the records wanted, such as "
        "`amount > 5 and state == 'open'`. Named filters stand first and narrow all "
        "that follows: `@open and amount > 5`.",
        "q": "Words that the search fields contain.",
        "order": "Fields or paths with commas between, `-` for descending.",
        "fields": "Fields and paths (`party.name`) to return, with commas between.",
        "cursor": "`next` of the page before, with the same order.",
        "by": "Up to three fields, paths or expressions with commas between; a day or "
        "moment takes a period: `state,due:month` (day, week, month, quarter, year).",
        "measures": "Up to twelve with commas between: `count`, `sum(amount)`, `avg`, "
        "`min`, `max`, `count_distinct`, or an expression over `rows`.",
        "for": "A link field `module.entity.field`: find only what it may lead to.",
        "verb": "Only this verb or action.",
        "values": "The record with that link field, as a JSON object.",
    }
    return {name: _query(name, text, {"type": "string"}) for name, text in told.items()}


def _numbers() -> dict[str, Part]:
    number = {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS}
    place = {"type": "integer", "minimum": 0, "maximum": MOST_OFFSET}
    return {
        "saved": _query("saved", "A saved view to begin with.", record_id()),
        "version": {
            **_path("version", "A version that the record once had."),
            "schema": whole(),
        },
        "attachment": _path("attachment", "The attachment's id."),
        "activity": _path("activity", "The activity's id."),
        "view": _path("view", "The saved view's id."),
        "user": _query("user", "Whose rights; by default yours.", record_id()),
        "limit": _query("limit", "How many items to return at most.", number),
        "offset": _query(
            "offset",
            "How many records to leave out; slow far into a list, prefer `cursor`.",
            place,
        ),
        "id": _path("id", "The record's id."),
    }


def _words() -> dict[str, Part]:
    def one_of(*words: str) -> Part:
        return {"type": "string", "enum": list(words), "default": words[0]}

    kinds = {"type": "string", "enum": list(KINDS)}
    return {
        "kind": _query("kind", "Only entries of this kind.", kinds),
        "count": _query(
            "count",
            "Whether to count all records that the filter names.",
            one_of("none", "exact", "estimate"),
        ),
        "archived": _query(
            "archived",
            "Whether archived records are left out, included, or the only ones.",
            one_of("no", "yes", "only"),
        ),
    }


def _flags() -> dict[str, Part]:
    told = {
        "titles": "Return links as objects with their title.",
        "accept_warnings": "Save even though rules warn.",
        "small": "A thumbnail instead of the file.",
        "permanent": "Delete even where the entity has an archive.",
    }
    flag = {"type": "boolean", "default": False}
    return {name: _query(name, text, flag) for name, text in told.items()}


def _headers() -> dict[str, Part]:
    def header(name: str, description: str, **schema: Any) -> Part:
        return {
            "name": name,
            "in": "header",
            "description": description,
            "schema": {"type": "string", **schema},
        }

    return {
        "if_match": header(
            "If-Match",
            "The entity tag, or the version in quotes, that the change is based on; "
            "`version` in the body does the same.",
            pattern=r'^(\*|(W/)?"\d{1,9}(-[0-9a-f]{1,64})?")$',
        ),
        "if_none_match": header(
            "If-None-Match", "An entity tag; 304 if the record still looks the same."
        ),
        "idempotency_key": header(
            "Idempotency-Key",
            "A text of your own. Sending the same request again with it writes nothing "
            "and returns the first answer.",
            minLength=1,
            maxLength=255,
        ),
    }
