"""Sends the bytes of a file so that no browser ever runs what is in them.

Pages and the API answer with it; who may have the file was decided before.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from flask import Response, request

from core.services.files import THUMBNAIL_TYPE, OpenFile, has_thumbnail

#: Even shown by itself, the file may run nothing, load nothing and see no cookie.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_BLOCK = 64 * 1024


def send_file(file: OpenFile) -> Response:
    """The whole file, to be saved under its name."""
    response = _tagged(file.sha256)
    if response is not None:
        file.content.close()
        return response
    response = Response(_blocks(file), mimetype=file.media_type)
    response.call_on_close(file.content.close)
    response.content_length = file.size
    plain = file.name.encode("ascii", "replace").decode().replace("?", "_")
    plain = plain.replace('"', "_").replace("\\", "_")
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}"
    )
    return _guarded(response, file.sha256)


def _blocks(file: OpenFile) -> Iterator[bytes]:
    with file.content as content:
        while block := content.read(_BLOCK):
            yield block


def send_thumbnail(content: bytes, sha256: str) -> Response:
    """A small picture that was made here, to be shown in a page."""
    known = _tagged(f"{sha256}-small")
    if known is not None:
        return known
    response = Response(content, mimetype=THUMBNAIL_TYPE)
    return _guarded(response, f"{sha256}-small")


def _tagged(tag: str) -> Response | None:
    """The short answer for who has this very file already."""
    if not request.if_none_match.contains_weak(tag):
        return None
    return _guarded(Response(status=304), tag)


def _guarded(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Asked again each time: a right may be gone tomorrow.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


__all__ = ["has_thumbnail", "send_file", "send_thumbnail"]
