"""The input of a field of files: what it shows, what it sends, and plain uploads.

Used by `inputs`, `form_input` and `form_page`. Each file stands in a hidden input as
`hash:size:type:name`; the services believe none of it but the hash. Without scripts the
file itself comes with the form and is taken in before the form is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from core.compiler import CompiledField
from core.fieldtypes.files import FileType, StoredFile
from core.services import Problem, ValidationFailed
from core.services.files import has_thumbnail, limit_of, receive, size_text
from core.services.files.fields import files_in
from core.web.pages.screen import Screen
from core.web.state import application
from core.web.wording import say

#: Before the name of the input that holds the file itself.
PLAIN = "_file-"
_MOST_PLAIN = 50


def upload_of(
    screen: Screen, shown: CompiledField, value: Any, record: int | None
) -> dict[str, Any]:
    """The input: the files it holds, where to send new ones and what may be sent."""
    assert isinstance(shown.type, FileType)
    accepted = shown.type.accepted(shown.definition)
    most = size_text(limit_of(application().runtime, shown))
    base = "/uploads"
    if record is not None:
        base = screen.href(record, f"/files/{shown.name}")
    return {
        "kind": "upload",
        "accept": ",".join(accepted),
        "multiple": shown.definition.multiple,
        "picture": shown.type.name == "image",
        "url": f"{screen.base}/upload/{shown.name}",
        "limit": say("at most {size}", size=most),
        "items": [item_of(one, f"{base}/{one.sha256}") for one in files_in(value)],
    }


def item_of(file: StoredFile, href: str) -> dict[str, Any]:
    """What an input shows of a file and sends for it."""
    small = f"{href}?small=1" if has_thumbnail(file.media_type) else ""
    value = f"{file.sha256}:{file.size}:{file.media_type}:{file.name}"
    size = size_text(file.size)
    return {
        "value": value,
        "title": file.name,
        "size": size,
        "href": href,
        "small": small,
    }


def files_of(shown: CompiledField, texts: Sequence[str]) -> Any:
    """The files that the hidden inputs of a field stand for; BadValue if none."""
    given = [_part(text) for text in texts if text.strip()]
    if not shown.definition.multiple:
        given = given[-1:]
    raw: Any = given if shown.definition.multiple else (given[0] if given else None)
    return shown.type.coerce(raw or None, shown.definition)


def _part(text: str) -> dict[str, Any]:
    sha256, _, rest = text.partition(":")
    size, _, rest = rest.partition(":")
    media_type, _, name = rest.partition(":")
    number = int(size) if size.isascii() and size.isdigit() and len(size) < 19 else -1
    return {"sha256": sha256, "size": number, "media_type": media_type, "name": name}


def writable_field(screen: Screen, name: str) -> CompiledField | None:
    """The field of files of this name, if the person may write it at all."""
    shown = screen.entity.fields.get(name)
    rights = screen.compiled.access.of(screen.actor.roles, admin=screen.actor.is_admin)
    if shown is None or not isinstance(shown.type, FileType):
        return None
    may = screen.can("create") or screen.can("update")
    return shown if may and name in rights.entity(screen.id).writable else None


def take_uploads(screen: Screen, request: Request) -> list[Problem]:
    """Take in files that came with the form itself, and put them into the form.

    Afterwards the form looks as if a script had sent the files ahead.
    """
    given = [
        (key.removeprefix(PLAIN), one)
        for key, one in list(request.files.items(multi=True))[:_MOST_PLAIN]
        if key.startswith(PLAIN) and one.filename
    ]
    if not given:
        return []
    form: MultiDict[str, str] = MultiDict(request.form)
    problems: list[Problem] = []
    for name, one in given:
        found = _field_of(screen, name)
        if found is None:
            continue
        try:
            with screen.writing() as tx:
                made = receive(tx.scene, one.stream, one.filename or "file", found)
        except ValidationFailed as refused:
            problems.extend(refused.problems)
        else:
            form.add(name, item_of(made.file, "")["value"])
    # The request keeps its parsed form in this attribute; all readers share it.
    request.form = ImmutableMultiDict(form)
    return problems


def _field_of(screen: Screen, name: str) -> CompiledField | None:
    """The field that an input belongs to, also in a row of lines."""
    parts = name.split("-")
    if len(parts) != 3:
        return writable_field(screen, name)
    lines = screen.entity.lines.get(parts[0])
    if lines is None:
        return None
    return writable_field(screen.other(lines.child), parts[2])
