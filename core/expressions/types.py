"""The types of the expression language, as small frozen values.

The type checker makes and compares them, field types hand them out for their columns,
and the back ends read from them how a value is stored.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from core.frozen import frozen

Path = tuple[str, ...]


class Kind(StrEnum):
    """What sort of value an expression yields; Python values are named in `PYTHON`."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    PERCENT = "percent"
    MONEY = "money"
    QUANTITY = "quantity"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"
    MONTHS = "months"
    CHOICE = "choice"
    LINK = "link"
    REFERENCE = "reference"
    RECORD = "record"
    LIST = "list"
    JSON = "json"
    NULL = "null"


NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT})
AMOUNTS = frozenset({Kind.MONEY, Kind.QUANTITY})
NUMERIC = NUMBERS | AMOUNTS
SCALED = NUMERIC - {Kind.INTEGER}
RELATIONAL = frozenset({Kind.LINK, Kind.REFERENCE, Kind.RECORD})


@frozen
class Type:
    """One type; attributes that do not belong to the kind stay at their defaults.

    `digits` and `places` describe the storage of exact numbers. `currency`, `unit` and
    `per` are either a literal code or a path of names from the root record; a money
    with `per` is a price for one unit. `entities` are the possible targets of a link,
    record or reference. `item` is the type of a list's items. `choices` holds the keys
    in rank order.
    """

    kind: Kind
    digits: int | None = None
    places: int | None = None
    currency: Path | str | None = None
    unit: Path | str | None = None
    per: Path | str | None = None
    choices: tuple[str, ...] = ()
    ordered: bool = False
    entities: tuple[str, ...] = ()
    item: Type | None = None

    @property
    def entity(self) -> str:
        """The target of a link or record type."""
        return self.entities[0]

    def sized(self, digits: int | None, places: int | None) -> Type:
        """The same type with another storage size."""
        return replace(self, digits=digits, places=places)

    def __str__(self) -> str:
        if self.kind is Kind.LIST and self.item is not None:
            return f"list of {self.item}"
        if self.kind in RELATIONAL:
            return f"{self.kind} to {' or '.join(self.entities)}"
        if self == PROPERTIES:
            return "set of properties"
        if self.kind is Kind.JSON and self.entities:
            return f"group of {self.entity}"
        if self.kind is Kind.MONEY and self.per is not None:
            return "money per unit"
        return str(self.kind)


TEXT = Type(Kind.TEXT)
INTEGER = Type(Kind.INTEGER)
DECIMAL = Type(Kind.DECIMAL)
PERCENT = Type(Kind.PERCENT)
BOOLEAN = Type(Kind.BOOLEAN)
DATE = Type(Kind.DATE)
DATETIME = Type(Kind.DATETIME)
TIME = Type(Kind.TIME)
DURATION = Type(Kind.DURATION)
MONTHS = Type(Kind.MONTHS)
JSON = Type(Kind.JSON)
NULL = Type(Kind.NULL)
#: Values by names that rows define; `field['name']` reads one of them.
PROPERTIES = Type(Kind.JSON, item=JSON)


def decimal(digits: int = 18, places: int = 4) -> Type:
    """An exact number with this many digits in all and places after the point."""
    return Type(Kind.DECIMAL, digits=digits, places=places)


def percent(digits: int = 9, places: int = 4) -> Type:
    """A percentage; 12.5 means 12.5 %."""
    return Type(Kind.PERCENT, digits=digits, places=places)


def money(
    currency: Path | str,
    *,
    per: Path | str | None = None,
    digits: int = 18,
    places: int = 4,
) -> Type:
    """An amount in the currency found by a path, or in a literal currency code."""
    return Type(Kind.MONEY, digits=digits, places=places, currency=currency, per=per)


def quantity(unit: Path | str, *, digits: int = 18, places: int = 6) -> Type:
    """An amount in the unit found by a path, or in a literal unit code."""
    return Type(Kind.QUANTITY, digits=digits, places=places, unit=unit)


def choice(*keys: str, ordered: bool = False) -> Type:
    """One of these keys, in rank order."""
    return Type(Kind.CHOICE, choices=keys, ordered=ordered)


def link(entity: str) -> Type:
    """The id of a record of this entity."""
    return Type(Kind.LINK, entities=(entity,))


def reference(*entities: str) -> Type:
    """A record of one of these entities."""
    return Type(Kind.REFERENCE, entities=entities)


def record(entity: str) -> Type:
    """A whole record, the start of a path."""
    return Type(Kind.RECORD, entities=(entity,))


def group(trait: str) -> Type:
    """A whole group of the fields of this trait."""
    return Type(Kind.JSON, entities=(trait,))


def kept_expression(entity: str, result: Type) -> Type:
    """A text that is an expression over records of the entity and gives the result."""
    return Type(Kind.TEXT, entities=(entity,), item=result)


def list_of(item: Type) -> Type:
    """A list; multichoice is a list of a choice, to-many members lists of records."""
    return Type(Kind.LIST, item=item)
