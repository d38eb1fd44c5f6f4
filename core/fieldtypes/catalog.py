"""Which field types there are: name -> the one object that knows all about it.

Made once per Application by `builtin_catalog`, extended by modules with `with_types`;
asked by every stage that meets a field.

Public: `FieldTypeCatalog`, `builtin_catalog(secrets)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from core.diagnostics import did_you_mean
from core.fieldtypes.base import FieldType
from core.fieldtypes.booleans import BooleanType
from core.fieldtypes.choices import ChoiceType, MultiChoiceType
from core.fieldtypes.codes import BarcodeType, ColorType, IbanType, TaxIdType
from core.fieldtypes.contacts import EmailType, PhoneType, UrlType
from core.fieldtypes.dates import DateType, TimeType
from core.fieldtypes.files import FileType, ImageType
from core.fieldtypes.group import GroupType
from core.fieldtypes.links import LinkType, ReferenceType
from core.fieldtypes.many import LinesType, LinksType, TagsType
from core.fieldtypes.moments import DateTimeType, DurationType
from core.fieldtypes.money import MoneyType, QuantityType
from core.fieldtypes.numbers import DecimalType, IntegerType, PercentType
from core.fieldtypes.opaque import ExpressionType, FieldNamesType, JsonType
from core.fieldtypes.properties import PropertiesType
from core.fieldtypes.secrets import SecretBox, SecretType
from core.fieldtypes.special import (
    GeoType,
    NumberType,
    RatingType,
    RecurrenceType,
)
from core.fieldtypes.texts import LongTextType, RichTextType, TextType


class FieldTypeCatalog:
    """An immutable set of field types by name."""

    def __init__(self, types: Iterable[FieldType]) -> None:
        found: dict[str, FieldType] = {}
        for type_ in types:
            if type_.name in found:
                raise ValueError(f"the field type '{type_.name}' is there twice")
            found[type_.name] = type_
        self._types = MappingProxyType(found)

    def get(self, name: str) -> FieldType | None:
        """The type of this name, or None."""
        return self._types.get(name)

    def __getitem__(self, name: str) -> FieldType:
        return self._types[name]

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def names(self) -> tuple[str, ...]:
        """All names in alphabetical order."""
        return tuple(sorted(self._types))

    def suggestion(self, name: str) -> str | None:
        """The help text of E203 for an unknown type, or None."""
        return did_you_mean(name, self._types)

    def with_types(self, extra: Iterable[FieldType]) -> FieldTypeCatalog:
        """A catalog with further types; a name that exists is a ValueError."""
        return FieldTypeCatalog((*self._types.values(), *extra))


def builtin_catalog(secrets: SecretBox | None = None) -> FieldTypeCatalog:
    """All field types of the grammar; without `secrets` no secret can be saved."""
    return FieldTypeCatalog(
        (
            *(TextType(), LongTextType(), RichTextType()),
            *(IntegerType(), DecimalType(), PercentType()),
            *(MoneyType(), QuantityType(), BooleanType()),
            *(DateType(), DateTimeType(), TimeType(), DurationType()),
            *(ChoiceType(), MultiChoiceType(), TagsType()),
            *(LinkType(), LinksType(), LinesType(), ReferenceType(), GroupType()),
            *(NumberType(), FileType(), ImageType()),
            *(EmailType(), PhoneType(), UrlType(), ColorType()),
            *(BarcodeType(), IbanType(), TaxIdType()),
            *(GeoType(), RatingType(), RecurrenceType()),
            *(JsonType(), SecretType(secrets), ExpressionType()),
            *(FieldNamesType(), PropertiesType()),
        )
    )
