"""`field['name']` of a `properties` field: its type is that of what it stands beside.

Part of the type checker. Definitions of properties are rows, so an expression cannot
know their types: `answers['height'] > 180` reads a number, `answers['colour'] == 'red'`
a text. Where nothing says more, it is a text.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.expressions import functions_properties as properties
from core.expressions.tree import Call, Extent, Literal, Node, Select
from core.expressions.types import DECIMAL, NUMBERS, PROPERTIES, TEXT, Kind, Type

if TYPE_CHECKING:
    from core.expressions.checker import Checker

_READINGS = MappingProxyType(
    {
        Kind.TEXT: properties.AS_TEXT,
        Kind.CHOICE: properties.AS_TEXT,
        Kind.INTEGER: properties.AS_WHOLE,
        Kind.DECIMAL: properties.AS_NUMBER,
        Kind.PERCENT: properties.AS_NUMBER,
        Kind.BOOLEAN: properties.AS_TRUTH,
        Kind.DATE: properties.AS_DAY,
    }
)
#: In the order in which a function that takes several kinds gets one.
_PREFERRED = (Kind.DECIMAL, Kind.INTEGER, Kind.TEXT, Kind.DATE, Kind.BOOLEAN)
_TRUTH, _NUMBER = frozenset({"any", "all"}), frozenset({"sum", "avg"})
_ORDERS = frozenset({"min", "max"})


def property_of(of: Node, name: str, extent: Extent) -> Node | None:
    """One property; None if the node holds no properties."""
    if of.type != PROPERTIES:
        return None
    key = Literal(TEXT, extent, name)
    return Call(TEXT, extent, properties.AS_TEXT, (of, key))


def is_property(node: Node) -> bool:
    """Whether the node is a property whose type has not been settled."""
    return isinstance(node, Call) and node.function is properties.AS_TEXT


def reads_as(node: Node, wanted: Type) -> Node | None:
    """The property read as a value of the type; None if none has that type."""
    reading = _READINGS.get(wanted.kind)
    if reading is None or not isinstance(node, Call):
        return None
    type = reading.result_type(())
    if wanted.kind in (Kind.PERCENT, Kind.CHOICE):
        type = replace(wanted, digits=type.digits, places=type.places)
    return Call(type, node.extent, reading, node.args)


def read_for(node: Node, kinds: frozenset[Kind]) -> Node:
    """The property as an argument that may be of these kinds; others as they are."""
    if not is_property(node) or Kind.TEXT in kinds:
        return node
    kind = next((k for k in _PREFERRED if k in kinds), None)
    return node if kind is None else reads_as(node, Type(kind)) or node


def as_operand(symbol: str, node: Node, other: Node) -> Node:
    """The property as one side of `+ - * / %`; beside another one it is a number."""
    if not is_property(node):
        return node
    kind = other.type.kind
    if is_property(other) or kind in NUMBERS or kind in (Kind.MONEY, Kind.QUANTITY):
        wanted = DECIMAL
    elif kind in (Kind.DATE, Kind.MONTHS) or (kind is Kind.DURATION and symbol in "+-"):
        wanted = Type(Kind.DATE)
    elif kind is Kind.DURATION:
        wanted = DECIMAL
    else:
        wanted = TEXT
    return reads_as(node, wanted) or node


def common_with(types: list[Type]) -> Type:
    """The type at which properties are read beside values of these types."""
    numbers = [type for type in types if type.kind in NUMBERS]
    return DECIMAL if numbers and len(numbers) == len(types) else types[0]


def items_for(checker: Checker, name: str, select: Select) -> Select | None:
    """The list of an aggregate with its properties read as the aggregate needs."""
    if not is_property(select.item):
        return select
    if name in _ORDERS:
        no_type(checker, select.item)
        return None
    wanted = DECIMAL if name in _NUMBER else Type(Kind.BOOLEAN)
    if name not in _NUMBER | _TRUTH:
        return select
    item = reads_as(select.item, wanted)
    return select if item is None else replace(select, item=item)


def no_type(checker: Checker, node: Node) -> None:
    """Report that nothing says in which order properties stand."""
    message = "nothing here says of which type this property is"
    help_ = "a text, number or day beside it does: ['height'] + 0 is a number"
    checker.report("E406", message, node.extent, help_)
