"""Fields of uploaded files.

Public: `FileType`, `ImageType` (value: `StoredFile`, with `multiple` a tuple of them),
`StoredFile`, `read_size(text)`. The bytes are kept elsewhere under their hash; a value
says which they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa

from core.expressions import types
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
    Conversion,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    Method,
    Safety,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import complain
from core.fieldtypes.cleaning import clean_line, kind_of, limited
from core.fieldtypes.documents import json_column

_HASH = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(B|KB|MB|GB)?", re.IGNORECASE)
_UNITS = ("B", "KB", "MB", "GB")
_MEDIA = re.compile(r"[a-z0-9.+-]+/(?:\*|[a-z0-9.+-]+)")
_ENDING = re.compile(r"\.[a-z0-9]{1,16}")
MOST_FILES = 200


class StoredFile(NamedTuple):
    """A file by the SHA-256 of its bytes, with the name it came under."""

    sha256: str
    name: str
    size: int
    media_type: str


def read_size(text: str) -> int | None:
    """The bytes of a size such as `10 MB` (1 MB = 1,000,000), or None if it is none."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    power = _UNITS.index((found[2] or "B").upper())
    return int(Decimal(found[1]) * 1000**power)


class FileType(FieldType):
    """One file, or several with `multiple`."""

    name: ClassVar[str] = "file"
    keys: ClassVar[frozenset[str]] = frozenset({"accept", "size", "multiple"})
    refused_keys: ClassVar[frozenset[str]] = frozenset(
        {"unique", "index", "search", "default"}
    )
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    sortable: ClassVar[bool] = False
    safe_from: ClassVar[frozenset[str]] = frozenset({"image"})
    usual: ClassVar[tuple[str, ...]] = ()
    widget_kind: ClassVar[str] = "file"

    def accepted(self, field: FieldDef) -> tuple[str, ...]:
        """The media types and endings that may be uploaded; none means any."""
        return tuple(a.lower() for a in field.accept) or self.usual

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (json_column(name),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.JSON

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.size is not None and read_size(field.size) is None:
            message = f"'{field.size}' is no size of a file"
            complain(ctx, field, "E212", message, "size", "write it like 10 MB")
        for accept in field.accept:
            if not _MEDIA.fullmatch(accept.lower()) and not _ENDING.fullmatch(
                accept.lower()
            ):
                message = f"'{accept}' is neither a media type nor an ending"
                help_ = "write it like image/*, application/pdf or .pdf"
                complain(ctx, field, "E212", message, "accept", help_)

    def load(self, row: Mapping[str, Any], name: str, field: FieldDef) -> Value:
        found = row[name]
        if not found:
            return None
        if not isinstance(found, list):
            found = [found]
        files = tuple(StoredFile(**part) for part in found)
        return files if field.multiple else files[0]

    def store(self, value: Value, name: str, field: FieldDef) -> dict[str, object]:
        return {name: None if value is None else self.to_json(value, field)}

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None or raw == "":
            return None
        if not field.multiple:
            one = raw
            if isinstance(raw, list) and len(raw) == 1:
                one = raw[0]
            return self._file(one, field)
        parts = [raw] if isinstance(raw, Mapping | StoredFile) else raw
        if not isinstance(parts, list | tuple):
            raise BadValue("wrong_type", f"files are needed, not {kind_of(raw)}")
        if len(parts) > MOST_FILES:
            message = f"there are {len(parts)} files, at most {MOST_FILES} are kept"
            raise BadValue("too_many", message)
        return tuple(self._file(part, field) for part in parts) or None

    def _file(self, raw: object, field: FieldDef) -> StoredFile:
        if isinstance(raw, StoredFile):
            found = raw
        elif isinstance(raw, Mapping):
            found = _described(raw)
        else:
            message = f"an uploaded file is needed here, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        most = None if field.size is None else read_size(field.size)
        if most is not None and found.size > most:
            message = (
                f"'{found.name}' has {found.size} bytes, at most {field.size} are "
                "allowed; make it smaller"
            )
            raise BadValue("too_large", message, size=found.size, allowed=most)
        accepted = self.accepted(field)
        if accepted and not any(_accepts(rule, found) for rule in accepted):
            message = (
                f"'{found.name}' is of the kind {found.media_type}; "
                f"only {', '.join(accepted)} may be uploaded"
            )
            raise BadValue("wrong_media_type", message, accepted=accepted)
        return found

    def _json(self, value: Value, field: FieldDef) -> object:
        if isinstance(value, StoredFile):
            return value._asdict()
        return [part._asdict() for part in value]

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        one: dict[str, object] = {
            "type": "object",
            "required": list(StoredFile._fields),
            "properties": {
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "name": {"type": "string", "maxLength": 255},
                "size": {"type": "integer", "minimum": 0},
                "media_type": {"type": "string"},
            },
        }
        return {"type": "array", "items": one} if field.multiple else one

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The names of the files."""
        if value is None:
            return ""
        files = (value,) if isinstance(value, StoredFile) else value
        return "; ".join(part.name for part in files)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        """Only an empty cell; a name does not say which bytes are meant."""
        if text.strip():
            raise BadValue("needs_upload", "a file cannot be typed in; upload it")
        return None

    def widget(self, field: FieldDef) -> WidgetSpec:
        attributes: dict[str, object] = {
            "accept": ",".join(self.accepted(field)),
            "multiple": field.multiple,
        }
        if field.size is not None:
            attributes["size"] = read_size(field.size)
        return WidgetSpec(self.widget_kind, attributes)

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.multiple == new.multiple:
            return Conversion(Safety.SAFE, Method.KEEP)
        if new.multiple:
            return Conversion(Safety.SAFE, Method.RECODE)
        note = "where there are several files they are archived and become empty"
        return Conversion(Safety.LOSSY, Method.RECODE, note)


class ImageType(FileType):
    """A picture that browsers show, in a format that cannot carry scripts."""

    name: ClassVar[str] = "image"
    safe_from: ClassVar[frozenset[str]] = frozenset()
    lossy_from: ClassVar[frozenset[str]] = frozenset({"file"})
    usual: ClassVar[tuple[str, ...]] = (
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
    )
    widget_kind: ClassVar[str] = "image"


def _described(raw: Mapping[object, object]) -> StoredFile:
    sha256, size = raw.get("sha256"), raw.get("size")
    if not isinstance(sha256, str) or not _HASH.fullmatch(sha256):
        raise BadValue("wrong_type", "'sha256' has to be 64 hexadecimal digits")
    if type(size) is not int or not 0 <= size < 2**63:
        raise BadValue("wrong_type", "'size' has to be the number of bytes")
    name = clean_line(raw.get("name") or "file") or "file"
    # The name is shown and offered for download; it never is a path.
    name = limited(re.split(r"[/\\]", name)[-1] or "file", 255)
    media = str(raw.get("media_type") or "application/octet-stream").lower()
    if "*" in media or not _MEDIA.fullmatch(media):
        raise BadValue("wrong_type", f"'{media[:40]}' is no media type")
    return StoredFile(sha256, name, size, media)


def _accepts(rule: str, file: StoredFile) -> bool:
    if rule.startswith("."):
        return file.name.lower().endswith(rule)
    if rule.endswith("/*"):
        return file.media_type.startswith(rule[:-1])
    return file.media_type == rule
