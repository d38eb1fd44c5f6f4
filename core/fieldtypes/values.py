"""What every facet of a field type shares: bad values, widgets, conversions.

Used by the field types and by all who call them; small frozen values without I/O.

Public: `Value`, `BadValue`, `WidgetSpec`, `Conversion` (its parts), `TextHints`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.frozen import frozen

# A canonical value: str, int, Decimal, bool, date, aware datetime, time, timedelta,
# tuple, Ref, dict (json, group) or None. Which one, each type says in its docstring.
Value = Any

NOTHING: Mapping[str, object] = MappingProxyType({})


class BadValue(ValueError):
    """An input that is no value of the field.

    `code` is a short stable word (`too_long`), `message` a whole sentence with the
    remedy, `facts` what the sentence names (for translations and the API).
    """

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts: Mapping[str, object] = MappingProxyType(facts)


@frozen
class WidgetSpec:
    """Which control edits the value (`kind`), with its plain attributes."""

    kind: str
    attributes: Mapping[str, object] = field(default_factory=lambda: NOTHING)


class Safety(StrEnum):
    """What a change of a field's type does to the values there are."""

    SAFE = "safe"
    LOSSY = "lossy"
    REFUSED = "refused"


class Method(StrEnum):
    """How the values get into the new form.

    KEEP: the column stays as it is. ALTER: the column's SQL type changes, values stay.
    RECODE: each value goes through `recode` of the new type; what does not fit is
    archived and becomes null. NONE: it is not possible.
    """

    KEEP = "keep"
    ALTER = "alter"
    RECODE = "recode"
    NONE = "none"


@frozen
class Conversion:
    """Whether and how the values of an old definition become those of a new one."""

    safety: Safety
    how: Method
    note: str = ""


@frozen
class TextHints:
    """What only the caller knows when a value is shown.

    `places` of the record's currency or unit, the `currency` or `unit` to print behind
    the number, `title(entity, id)` for links, `label(key)` for translated choices.
    """

    places: int | None = None
    currency: str | None = None
    unit: str | None = None
    title: Callable[[str, int], str | None] | None = None
    label: Callable[[str], str | None] | None = None


NO_HINTS = TextHints()
