"""Entity tags and versions: `ETag`, `If-Match`, `If-None-Match` and `version`.

The record views call these. A tag is the version and a hash of the answer, so a link's
new title makes a new tag, while `If-Match` looks at the version alone.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from flask import Request, Response

from core.services import Problem, ValidationFailed
from core.web.api.refusals import bad_request

_TAG = re.compile(r'(?:W/)?"(\d{1,9})(?:-[0-9a-f]{1,64})?"')


def tagged(response: Response, version: object) -> Response:
    """Give the response its entity tag."""
    digest = hashlib.blake2b(response.get_data(), digest_size=6).hexdigest()
    response.headers["ETag"] = f'"{version}-{digest}"'
    return response


def unchanged(request: Request, response: Response) -> Response | None:
    """The answer 304 if the caller has this very representation."""
    tag = response.headers["ETag"].strip('"')
    known = request.if_none_match
    if not known or not (known.star_tag or known.contains_weak(tag)):
        return None
    headers = {"ETag": response.headers["ETag"], "Cache-Control": "private, no-cache"}
    return Response(status=304, headers=headers)


def matched_version(request: Request) -> int | None:
    """The version in `If-Match`; None where there is none or any will do (`*`)."""
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    found = _TAG.fullmatch(given.strip())
    if found is None:
        raise bad_request(
            "'If-Match' takes one entity tag as the record came with: \"7-0f3a…\", or "
            '"7" for version 7.',
            header="If-Match",
        )
    return int(found[1])


def expected_version(request: Request, body: dict[str, Any]) -> int | None:
    """Take `version` out of the body, or the version of `If-Match`; they must agree."""
    matched = matched_version(request)
    given = body.pop("version", None)
    if given is None:
        return matched
    if type(given) is not int or not 0 < given < 2**31:
        message = "'version' is the whole number that the record came with."
        raise ValidationFailed([Problem("version", "wrong_type", message)])
    if matched is not None and matched != given:
        raise bad_request(
            f"'If-Match' says version {matched}, the body says {given}; send one.",
            header="If-Match",
        )
    return given
