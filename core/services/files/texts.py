"""Texts: plain, CSV, JSON, XML, HTML, and drawings in SVG that must not run anything.

Used by `kinds` for what is neither picture nor archive.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import BinaryIO

from core.services.files.refused import UploadRefused

_PAGE = re.compile(
    r"\s*(<!--.{0,2000}?-->\s*)*<(!doctype html|html|head|body|script|iframe|title|"
    r"style|table|div|a\s|img\s|h1|p>|br)",
    re.IGNORECASE | re.DOTALL,
)
_DRAWING = re.compile(
    r"\s*(<\?xml[^>]{0,200}\?>)?\s*(<!--.{0,4000}?-->\s*)*(<!doctype svg[^>]{0,400}>)?"
    r"\s*<svg[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_RUNS = frozenset(
    {"script", "foreignobject", "iframe", "object", "embed", "handler", "listener"}
)
_BY_ENDING = MappingProxyType(
    {
        "csv": "text/csv",
        "tsv": "text/csv",
        "json": "application/json",
        "md": "text/markdown",
        "ics": "text/calendar",
        "vcf": "text/vcard",
        "css": "text/css",
    }
)
_MOST_SVG = 5_000_000


def text_type(file: BinaryIO, head: bytes, name: str) -> str | None:
    """The media type of a text by its content, None for what is no text."""
    text = _decoded(head)
    if text is None:
        return None
    if _PAGE.match(text):
        return "text/html"
    if _DRAWING.match(text):
        return "image/svg+xml"
    if text.lstrip().startswith("<?xml"):
        return "application/xml"
    ending = name.rpartition(".")[2].lower()
    return _BY_ENDING.get(ending, "text/plain")


def _decoded(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if b"\x00" in head:
        return None
    head = head.removeprefix(b"\xef\xbb\xbf")
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3:
            # The head ends within a character.
            return head[: error.start].decode("utf-8")
    odd = sum(1 for byte in head if byte < 32 and byte not in (9, 10, 12, 13, 27))
    return head.decode("latin-1") if odd == 0 else None


def check_svg(file: BinaryIO, name: str) -> None:
    """UploadRefused for a drawing with scripts, entities or addresses elsewhere."""
    from defusedxml.ElementTree import iterparse

    file.seek(0)
    if file.seek(0, 2) > _MOST_SVG:
        raise _active(name, "it has more than 5 MB")
    file.seek(0)
    try:
        for _, element in iterparse(file, events=("end",)):
            tag = str(element.tag).rpartition("}")[2].lower()
            if tag in _RUNS:
                raise _active(name, f"it holds <{tag}>")
            for key, value in element.attrib.items():
                _check_attribute(key.rpartition("}")[2].lower(), value, name)
            style = (element.text or "") if tag == "style" else ""
            if "@import" in style or "url(" in style:
                raise _active(name, "its styles load something")
    except UploadRefused:
        raise
    except Exception as error:
        # Broken XML and forbidden entities alike: it cannot be proven harmless.
        raise _active(name, "it is no sound XML") from error


def _check_attribute(key: str, value: str, name: str) -> None:
    text = "".join(value.split()).lower()
    if key.startswith("on"):
        raise _active(name, f"it reacts with '{key}'")
    if key in ("href", "src") and not text.startswith(("#", "data:image/")):
        raise _active(name, "it leads to another address")
    if "javascript:" in text or "data:image/svg" in text:
        raise _active(name, "it holds a script")


def _active(name: str, why: str) -> UploadRefused:
    return UploadRefused(
        "active_content",
        f"'{name}' is a drawing that is not kept: {why}. Save it as PNG or WebP.",
    )
