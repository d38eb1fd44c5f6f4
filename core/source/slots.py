"""The slot types of single values: text, name, id, number, expression, value, duration.

Used as annotations of definition dataclasses (`check: Expr`); `StructureReader` finds
the `Slot` inside the annotation and lets it read.

Public: `Text Name NewName Id Ref Int Bool Number Expr BoolExpr Value Path OrderPath
Filled Duration Raw`.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from core.source import names
from core.source.durations import DURATION_RULE, parse_duration
from core.source.node import Node, Scalar
from core.source.placed import ExprText, FilledText, OrderText, PathText, ValueSlot
from core.source.slot import MISSING, JsonSchema, Reading, Schemas, Slot


class TextSlot(Slot):
    """A text; numbers are taken as they are written, since nobody quotes a year."""

    expected = "a text"

    def accepts(self, node: Node) -> bool:
        return isinstance(node, Scalar) and not (
            node.value is None or isinstance(node.value, bool)
        )

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if not isinstance(node, Scalar) or not self.accepts(node):
            return reading.wrong(node, self.expected)
        return self.taken(node, reading)

    def taken(self, node: Scalar, reading: Reading) -> object:
        """Turn an accepted scalar into the value; subclasses check and convert."""
        return node.text

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"type": ["string", "number"]}


class NameSlot(TextSlot):
    """A name, either one that refers or (`new`) one that is made here."""

    expected = "a name"

    def __init__(self, new: bool = False) -> None:
        self.new = new

    def taken(self, node: Scalar, reading: Reading) -> object:
        good = names.check_name(node.text, node.span, reading.diagnostics, self.new)
        return node.text if good else MISSING

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"type": "string", "pattern": NAME_PATTERN, "maxLength": names.LONGEST}


class IdSlot(TextSlot):
    """`module.name`; with `short` a bare name is taken as well."""

    def __init__(self, short: bool = False) -> None:
        self.short = short
        self.expected = "a name or module.name" if short else "an id (module.name)"

    def taken(self, node: Scalar, reading: Reading) -> object:
        if self.short and names.is_name(node.text):
            return node.text
        good = names.check_id(node.text, node.span, reading.diagnostics)
        return node.text if good else MISSING

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"type": "string", "pattern": REF_PATTERN if self.short else ID_PATTERN}


class NativeSlot(Slot):
    """A value that YAML itself reads: boolean, integer or exact number."""

    def __init__(self, expected: str, name: str, types: tuple[type, ...]) -> None:
        self.expected = expected
        self.name = name
        self.types = types

    def accepts(self, node: Node) -> bool:
        # type() and not isinstance(): a boolean is no number here.
        return isinstance(node, Scalar) and type(node.value) in self.types

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if not isinstance(node, Scalar) or not self.accepts(node):
            return reading.wrong(node, self.expected)
        if self.name == "number":
            return Decimal(node.text)
        return node.value

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"type": self.name}


class PlacedSlot(TextSlot):
    """A text that a later stage parses; it keeps its place for that stage's carets."""

    def __init__(
        self,
        expected: str,
        make: Callable[[Scalar], object],
        valid: Callable[[str], bool] | None = None,
    ) -> None:
        self.expected = expected
        self.make = make
        self.valid = valid

    def taken(self, node: Scalar, reading: Reading) -> object:
        if self.valid is not None and not self.valid(node.text):
            reading.diagnostics.error(
                "E206",
                f"'{node.text}' is not {self.expected}",
                node.span,
                "expected names joined by dots",
                f"write '{node.text[1:].strip()}'" if node.text[:1] == "=" else None,
            )
            return MISSING
        return self.make(node)


class ExprSlot(Slot):
    """An expression; with `boolean` a YAML true or false is kept as it is."""

    expected = "an expression"

    def __init__(self, boolean: bool = False) -> None:
        self.boolean = boolean

    def accepts(self, node: Node) -> bool:
        return isinstance(node, Scalar) and node.value is not None

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if not isinstance(node, Scalar) or node.value is None or not node.text.strip():
            return reading.wrong(node, self.expected, _expr_help(node))
        if isinstance(node.value, bool):
            return node.value if self.boolean else _boolean_text(node)
        return expr_of(node)

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"type": ["string", "number", "boolean"]}


class ValueSlotReader(Slot):
    """A literal of whatever type the target has, or `=` and an expression."""

    def accepts(self, node: Node) -> bool:
        return True

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            text = node.value.lstrip()
            if text.startswith("="):
                if not text[1:].strip():
                    return reading.wrong(node, "an expression after '='")
                return ValueSlot(expr=expr_of(node), span=node.span)
        return ValueSlot(literal=node, span=node.span)

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {}


class DurationSlot(TextSlot):
    """A length of time that is the same everywhere: seconds up to weeks."""

    expected = "a duration"

    def accepts(self, node: Node) -> bool:
        return isinstance(node, Scalar) and parse_duration(node.text) is not None

    def read(self, node: Node, address: str, reading: Reading) -> object:
        value = parse_duration(node.text) if isinstance(node, Scalar) else None
        if value is None:
            return reading.wrong(node, self.expected, DURATION_RULE)
        return value

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"type": "string", "examples": ["30 days", "1 hour 30 minutes", "PT90M"]}


class RawSlot(Slot):
    """Any value, kept as the node it is; its owner reads it later."""

    def accepts(self, node: Node) -> bool:
        return True

    def read(self, node: Node, address: str, reading: Reading) -> object:
        return node

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {}


def expr_of(node: Scalar) -> ExprText:
    """Return a scalar as an expression text; a leading `=` is dropped."""
    text = node.text.lstrip()
    skip = len(node.text) - len(text)
    return ExprText.of(node, skip + 1 if text.startswith("=") else 0)


def _boolean_text(node: Scalar) -> ExprText:
    # YAML also takes True and TRUE; the expression language only knows small letters.
    return ExprText(node.text.lower(), node.span)


def _expr_help(node: Node) -> str | None:
    if isinstance(node, Scalar):
        return None
    return "an expression with brackets, braces or commas goes into quotes"


def _is_path(text: str) -> bool:
    return all(names.is_name(step) for step in text.split("."))


def _is_order(text: str) -> bool:
    return _is_path(text.removeprefix("-").lstrip())


NAME_PATTERN = "^[a-z][a-z0-9]*(_[a-z0-9]+)*_?$"
ID_PATTERN = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"
REF_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$"

Text = Annotated[str, TextSlot()]
Name = Annotated[str, NameSlot()]
NewName = Annotated[str, NameSlot(new=True)]
Id = Annotated[str, IdSlot()]
Ref = Annotated[str, IdSlot(short=True)]
Int = Annotated[int, NativeSlot("a whole number", "integer", (int,))]
Bool = Annotated[bool, NativeSlot("true or false", "boolean", (bool,))]
Number = Annotated[Decimal, NativeSlot("a number", "number", (int, Decimal))]
Expr = Annotated[ExprText, ExprSlot()]
BoolExpr = Annotated[bool | ExprText, ExprSlot(boolean=True)]
Value = Annotated[ValueSlot, ValueSlotReader()]
Path = Annotated[PathText, PlacedSlot("a path", PathText.of, _is_path)]
OrderPath = Annotated[OrderText, PlacedSlot("a path", OrderText.of, _is_order)]
Filled = Annotated[FilledText, PlacedSlot("a text", FilledText.of)]
Duration = Annotated[timedelta, DurationSlot()]
Raw = Annotated[Node, RawSlot()]
