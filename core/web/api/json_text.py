"""Writes the JSON of the API: compact, in UTF-8, never NaN.

Called by views, problems and the OpenAPI document; values are plain already.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Response


def to_bytes(value: Any) -> bytes:
    """Return the JSON text of a plain value."""
    text = json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        check_circular=False,
    )
    return text.encode("utf-8")


def answer(value: Any, status: int = 200) -> Response:
    """Return a plain value as a response that only its reader may keep."""
    response = Response(to_bytes(value), status, mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    return response
