"""Every kind of value, one class with all its facets each.

Used by every stage above; the types themselves stand one file per family and are made
by `builtin_catalog`.
"""

from core.fieldtypes.base import GENERAL_KEYS, Coercer, FieldType
from core.fieldtypes.catalog import FieldTypeCatalog
from core.fieldtypes.context import ChoiceList, FieldContext
from core.fieldtypes.locale import NEUTRAL, Locale
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
    "ChoiceDef",
    "ChoiceList",
    "Coercer",
    "Conversion",
    "DeriveDef",
    "FieldContext",
    "FieldDef",
    "FieldType",
    "FieldTypeCatalog",
    "Locale",
    "Method",
    "Safety",
    "TextHints",
    "Value",
    "WidgetSpec",
]
