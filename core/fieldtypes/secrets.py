"""Fields that are written and never shown again.

Public: `SecretType` (value: text going in, `Sealed` coming out), `SecretBox`, `Sealed`.
The keys come from the configuration of the installation; no key is kept in the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa

from core.expressions import types
from core.expressions.storage_types import code_point_text
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.cleaning import kind_of, limited

MOST = 10_000


class Sealed(NamedTuple):
    """An encrypted secret as the database has it; shows nothing of its content."""

    token: str

    def __repr__(self) -> str:
        return "<secret>"

    def __str__(self) -> str:
        return "<secret>"


class SecretBox:
    """Encrypts and opens secrets with keys derived from configured texts.

    The first key encrypts; former ones still open what they encrypted.
    """

    __slots__ = ("_keys",)

    def __init__(self, key: str, *former: str) -> None:
        if any(len(text) < 16 for text in (key, *former)):
            raise ValueError("a key for secrets has at least 16 characters")
        self._keys = (key, *former)

    def seal(self, text: str) -> Sealed:
        """The text encrypted with the first key."""
        return Sealed(self._fernet().encrypt(text.encode()).decode())

    def open(self, sealed: Sealed) -> str:
        """The text again; BadValue if none of the keys made it or it was changed."""
        from cryptography.fernet import InvalidToken

        try:
            found: bytes = self._fernet().decrypt(sealed.token.encode())
        except InvalidToken:
            message = "the secret was encrypted with another key; enter it again"
            raise BadValue("wrong_key", message) from None
        return found.decode()

    def _fernet(self) -> Any:
        from cryptography.fernet import MultiFernet

        return MultiFernet([_derived(key) for key in self._keys])

    def __repr__(self) -> str:
        return "<SecretBox>"


def _derived(key: str) -> Any:
    from base64 import urlsafe_b64encode

    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derive = HKDF(SHA256(), 32, salt=None, info=b"intarsia secret fields 1")
    return Fernet(urlsafe_b64encode(derive.derive(key.encode())))


class SecretType(FieldType):
    """A password or key for another system: write only, encrypted, never exported."""

    name: ClassVar[str] = "secret"
    refused_keys: ClassVar[frozenset[str]] = frozenset(
        {"unique", "index", "search", "default", "derive", "formula", "cases"}
        | {"stored", "copy", "convert"}
    )
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    sortable: ClassVar[bool] = False
    write_only: ClassVar[bool] = True

    def __init__(self, box: SecretBox | None = None) -> None:
        self._box = box

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, code_point_text(None)),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        # Only whether there is one can be asked.
        return types.JSON

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None or isinstance(raw, Sealed):
            return raw
        if not isinstance(raw, str):
            raise BadValue("wrong_type", f"a text is needed here, not {kind_of(raw)}")
        # Taken to the letter: white space may be a part of a password.
        return limited(raw, MOST) if raw.strip() else None

    def load(self, row: Mapping[str, Any], name: str, field: FieldDef) -> Value:
        token = row[name]
        return None if token is None else Sealed(token)

    def store(self, value: Value, name: str, field: FieldDef) -> dict[str, object]:
        if value is None or isinstance(value, Sealed):
            return {name: None if value is None else value.token}
        return {name: self._opened_box().seal(value).token}

    def reveal(self, value: Value) -> str | None:
        """The text of a secret, for the connector that needs it and nobody else."""
        if isinstance(value, Sealed):
            return self._opened_box().open(value)
        return None if value is None else str(value)

    def _opened_box(self) -> SecretBox:
        if self._box is None:
            message = (
                "secrets cannot be kept: the installation has no secret key; set one "
                "in its configuration"
            )
            raise BadValue("no_key", message)
        return self._box

    def _json(self, value: Value, field: FieldDef) -> object:
        """Always null; the API leaves write-only fields out."""
        return None

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "writeOnly": True, "maxLength": MOST}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        return ""

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("secret", {"maxlength": MOST, "autocomplete": "off"})
