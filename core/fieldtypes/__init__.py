"""Every kind of value, one class with all its facets each.

Used by every stage above; the types themselves stand one file per family and are made
by `builtin_catalog`.
"""

from core.fieldtypes.base import GENERAL_KEYS, Coercer, FieldType
from core.fieldtypes.catalog import FieldTypeCatalog, builtin_catalog
from core.fieldtypes.choices import Choice, choices_of
from core.fieldtypes.context import ChoiceList, FieldContext
from core.fieldtypes.files import StoredFile
from core.fieldtypes.group import GroupDef, GroupMember, flat_members
from core.fieldtypes.locale import NEUTRAL, Locale
from core.fieldtypes.secrets import Sealed, SecretBox
from core.fieldtypes.spec import CaseDef, ChoiceDef, DeriveDef, FieldDef
from core.fieldtypes.values import (
    NO_HINTS,
    BadValue,
    Conversion,
    Method,
    Safety,
    TextHints,
    Value,
    WidgetSpec,
)

__all__ = [
    "GENERAL_KEYS",
    "NEUTRAL",
    "NO_HINTS",
    "BadValue",
    "CaseDef",
    "Choice",
    "ChoiceDef",
    "ChoiceList",
    "Coercer",
    "Conversion",
    "DeriveDef",
    "FieldContext",
    "FieldDef",
    "FieldType",
    "FieldTypeCatalog",
    "GroupDef",
    "GroupMember",
    "Locale",
    "Method",
    "Safety",
    "Sealed",
    "SecretBox",
    "StoredFile",
    "TextHints",
    "Value",
    "WidgetSpec",
    "builtin_catalog",
    "choices_of",
    "flat_members",
]
