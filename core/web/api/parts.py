"""The parts of a multipart request: how large it may be, and one number for all of it.

Used by `multipart`, `files` and, for idempotency keys, by `calls`.
"""

from __future__ import annotations

import hashlib

from flask import Request

from core.web.state import application

_SLACK = 1_000_000
_MOST_FILES = 20
_BLOCK = 1024 * 1024


def open_parts(request: Request) -> None:
    """Say how large the body may be, before its first part is read."""
    if request.mimetype == "multipart/form-data":
        most = application().runtime.max_upload
        request.max_content_length = most * _MOST_FILES + _SLACK
        request.max_form_memory_size = 10_000_000


def parts_digest(request: Request) -> bytes:
    """A hash of names and contents; the boundary, which always changes, is left out."""
    open_parts(request)
    digest = hashlib.sha256()
    for name in sorted(request.form):
        for text in request.form.getlist(name):
            digest.update(repr((name, text)).encode("utf-8", "surrogateescape"))
    for name in sorted(request.files):
        for part in request.files.getlist(name):
            inner = hashlib.sha256()
            part.stream.seek(0)
            while block := part.stream.read(_BLOCK):
                inner.update(block)
            part.stream.seek(0)
            told = repr((name, part.filename, inner.hexdigest()))
            digest.update(told.encode("utf-8", "surrogateescape"))
    return digest.digest()
