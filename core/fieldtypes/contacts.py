"""Fields by which somebody is reached.

Public: `EmailType`, `PhoneType`, `UrlType`. All values are texts in a normal form.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import SplitResult, urlsplit, urlunsplit

from core.fieldtypes.base import (
    NO_HINTS,
    BadValue,
    FieldDef,
    Locale,
    TextHints,
    Value,
)
from core.fieldtypes.cleaning import shortened
from core.fieldtypes.texts import LineType

CONTACT_SOURCES = frozenset({"text", "longtext"})


class EmailType(LineType):
    """An e-mail address; the domain in small letters, nothing is looked up."""

    name: ClassVar[str] = "email"
    lossy_from: ClassVar[frozenset[str]] = CONTACT_SOURCES
    widget_kind: ClassVar[str] = "email"
    json_format: ClassVar[str | None] = "email"

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        from email_validator import EmailNotValidError, validate_email

        try:
            found = validate_email(text, check_deliverability=False)
        except EmailNotValidError as error:
            why = str(error).rstrip(".")
            message = f"'{shortened(text)}' is not an e-mail address: {why}"
            raise BadValue("not_an_email", message, value=text) from None
        return found.normalized


class UrlType(LineType):
    """The address of a web page; without a scheme it is taken as https."""

    name: ClassVar[str] = "url"
    most: ClassVar[int] = 2000
    lossy_from: ClassVar[frozenset[str]] = CONTACT_SOURCES
    widget_kind: ClassVar[str] = "url"
    json_format: ClassVar[str | None] = "uri"
    # Others, javascript above all, must not become something to click on.
    schemes: ClassVar[frozenset[str]] = frozenset({"http", "https", "ftp", "sftp"})

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        whole = text if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)", text) else ""
        try:
            parts = urlsplit(whole or f"https://{text.lstrip('/')}")
            host, _port = parts.hostname, parts.port
        except ValueError:
            raise _no_url(text, "it cannot be read") from None
        if parts.scheme not in self.schemes:
            allowed = ", ".join(sorted(self.schemes))
            raise _no_url(text, f"it has to begin with one of {allowed}")
        if not host or re.search(r"\s", text) or not _is_host(host):
            raise _no_url(text, "it names no server")
        if parts.username is not None or parts.password is not None:
            raise _no_url(text, "it must not carry a user name or password")
        return urlunsplit(_with_small_host(parts))


def _with_small_host(parts: SplitResult) -> SplitResult:
    return parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower())


def _is_host(host: str) -> bool:
    if ":" in host:
        # An IPv6 address; urlsplit has checked it.
        return True
    labels = host.rstrip(".").split(".")
    usual = (len(labels) > 1 or host == "localhost") and len(host) <= 253
    return usual and all(re.fullmatch(r"[\w-]{1,63}", label) for label in labels)


def _no_url(text: str, why: str) -> BadValue:
    message = (
        f"'{shortened(text)}' is not a web address: {why}; "
        "write it like https://example.com/page"
    )
    return BadValue("not_a_url", message, value=text)


class PhoneType(LineType):
    """A telephone number.

    One that is valid is kept as `+493012345678`, an extension behind it as ` ext. 12`.
    Anything else with digits is kept as typed, so that no number is ever lost.
    """

    name: ClassVar[str] = "phone"
    most: ClassVar[int] = 60
    lossy_from: ClassVar[frozenset[str]] = CONTACT_SOURCES
    widget_kind: ClassVar[str] = "phone"

    def normalize(self, text: str, field: FieldDef, locale: Locale) -> str:
        import phonenumbers

        text = " ".join(text.split())
        if not re.search(r"\d", text):
            message = f"'{shortened(text)}' has no digit; write it like +49 30 123456"
            raise BadValue("not_a_phone", message, value=text)
        number = _parsed(text, locale)
        if number is None:
            return text
        extension = f" ext. {number.extension}" if number.extension else ""
        number.extension = None
        form = phonenumbers.PhoneNumberFormat.E164
        return phonenumbers.format_number(number, form) + extension

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The number in groups, with its country: `+49 30 12345678`."""
        if value is None:
            return ""
        import phonenumbers

        # What was kept as typed is shown as typed.
        number = _parsed(value, Locale()) if value.startswith("+") else None
        if number is None:
            return str(value)
        form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(number, form)


def _parsed(text: str, locale: Locale) -> Any:
    """The valid number that a text holds in full, or None."""
    import phonenumbers

    if not text.startswith("+"):
        text = re.sub(r"^00(?=[1-9])", "+", text)
    country = None if text.startswith("+") else locale.country()
    if country is None and not text.startswith("+"):
        return None
    # Letters beyond those of an extension are remarks, which would be lost.
    rest = re.sub(r"(?i)\b(?:ext|extn|x|tel|phone)\b\.?:?", "", text)
    if re.search(r"[^\W\d_]", rest):
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
