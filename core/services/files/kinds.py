"""The media type of a file by what is inside it; its name is only heard as a witness.

`inspect` is called for every upload. It refuses files that are two things at once, that
call themselves something else, that unfold without end or that run as programs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO

from core.services.files.archives import check_gzip, check_zip, is_zip
from core.services.files.pictures import check_picture, picture_type
from core.services.files.refused import UploadRefused
from core.services.files.texts import check_svg, text_type

UNKNOWN = "application/octet-stream"
_HEAD = 16_384
_PROGRAMS: tuple[bytes, ...] = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
#: What a file with this ending must be; an ending that is not here proves nothing.
_PROMISED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "png": ("image/png",),
        "jpg": ("image/jpeg",),
        "jpeg": ("image/jpeg",),
        "gif": ("image/gif",),
        "webp": ("image/webp",),
        "avif": ("image/avif",),
        "bmp": ("image/bmp",),
        "tif": ("image/tiff",),
        "tiff": ("image/tiff",),
        "svg": ("image/svg+xml",),
        "pdf": ("application/pdf",),
        "zip": ("application/zip", "application/vnd.", "application/epub+zip"),
        "docx": ("application/vnd.openxmlformats-",),
        "xlsx": ("application/vnd.openxmlformats-",),
        "pptx": ("application/vnd.openxmlformats-",),
        "csv": ("text/csv", "text/plain"),
        "txt": ("text/",),
        "mp4": ("video/", "audio/"),
        "mp3": ("audio/",),
    }
)
_ACTIVE = re.compile(rb"<script|<iframe|<!doctype html|<\?php", re.IGNORECASE)
_EDGE = re.compile(rb"<html|<body|<svg[\s>]|%PDF-1", re.IGNORECASE)
_BLOCK = 1024 * 1024


def inspect(file: BinaryIO, name: str) -> str:
    """The media type of an open file; UploadRefused for what is not kept.

    The file is read from its beginning and left anywhere.
    """
    file.seek(0)
    head = file.read(_HEAD)
    found = _type_of(file, head, name)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    promised = _PROMISED.get(ending)
    if promised is not None and not found.startswith(promised):
        raise UploadRefused(
            "mismatched_type",
            f"'{name}' is called .{ending}, but its content is {found}. "
            "Give it its true name, or choose the right file.",
            media_type=found,
            ending=ending,
        )
    return found


def _type_of(file: BinaryIO, head: bytes, name: str) -> str:
    windows = head.startswith(b"MZ") and b"\x00" in head[:64]
    if windows or head.startswith(_PROGRAMS):
        raise UploadRefused(
            "program", f"'{name}' is a program; programs are not kept here."
        )
    picture = picture_type(head)
    if picture is not None:
        check_picture(file, picture, name)
        _refuse_polyglot(file, name, "a picture")
        return picture
    if head.startswith(b"%PDF-"):
        if is_zip(file):
            raise _polyglot(name, "a PDF")
        return "application/pdf"
    if is_zip(file):
        if not head.startswith(b"PK"):
            raise _polyglot(name, "something else")
        return check_zip(file, name)
    if head.startswith(b"\x1f\x8b"):
        check_gzip(file, name)
        return "application/gzip"
    text = text_type(file, head, name)
    if text == "image/svg+xml":
        check_svg(file, name)
    return text or _by_magic(head, name)


def _by_magic(head: bytes, name: str) -> str:
    """Ask the table of signatures; pictures and texts were recognised before."""
    import puremagic

    try:
        found = puremagic.magic_string(head, name)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    for one in found:
        if one.mime_type and not one.mime_type.startswith(("image/", "text/")):
            return str(one.mime_type)[:127].lower()
    return UNKNOWN


def _refuse_polyglot(file: BinaryIO, name: str, what: str) -> None:
    """A picture that is an archive, a page or a script as well is refused."""
    if is_zip(file):
        raise _polyglot(name, what)
    file.seek(0)
    before, first = b"", True
    while block := file.read(_BLOCK):
        if _ACTIVE.search(before + block):
            raise _polyglot(name, what)
        if first and _EDGE.search(block[:8192]):
            raise _polyglot(name, what)
        before, first = block[-8192:], False
    if _EDGE.search(before):
        raise _polyglot(name, what)


def _polyglot(name: str, what: str) -> UploadRefused:
    return UploadRefused(
        "polyglot",
        f"'{name}' is {what} and another kind of file at once; that is how harmful "
        "files are smuggled in. Save it anew with the program it comes from.",
    )
