"""The slots of composed values: lists, ordered maps, choices and alternatives.

Used as annotations (`fields: Map[FieldDef]`); built by `StructureReader` from the slots
of their items.

Public: `ListOf StrictList Names Ids Refs RefMap IdMap TextMap Values` and the slot
classes behind them.
"""

from enum import Enum
from typing import Annotated, TypeVar

from core.diagnostics import Span, did_you_mean
from core.source import names
from core.source.maps import Map
from core.source.node import Mapping, Node, Scalar, Sequence
from core.source.slot import MISSING, JsonSchema, Reading, Schemas, Slot
from core.source.slots import Id, Name, Ref, Value

X = TypeVar("X")


class ListKind(Enum):
    """Whether one item alone counts as a list of one."""

    ONE_OR_MORE = "one or more"
    STRICT = "list only"


class KeyKind(Enum):
    """What the keys of an ordered map are."""

    NEW_NAME = "names made here"
    REF = "names that refer"
    ID = "ids"
    TEXT = "any text"


class ListSlot(Slot):
    """A list of one kind of item; items that do not fit are left out."""

    def __init__(self, item: Slot, one_alone: bool) -> None:
        self.item = item
        self.one_alone = one_alone
        self.expected = f"{item.expected} or a list" if one_alone else "a list"

    def accepts(self, node: Node) -> bool:
        if isinstance(node, Sequence):
            return True
        return self.one_alone and self.item.accepts(node)

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if not isinstance(node, Sequence):
            if not self.one_alone:
                return reading.wrong(node, self.expected)
            value = self.item.read(node, f"{address}/0", reading)
            return MISSING if value is MISSING else (value,)
        values = []
        for index, item in enumerate(node.items):
            value = self.item.read(item, f"{address}/{index}", reading)
            if value is MISSING:
                reading.diagnostics.mark_broken(f"{address}/{index}")
            else:
                values.append(value)
        return tuple(values)

    def schema(self, schemas: Schemas) -> JsonSchema:
        item = self.item.schema(schemas)
        many: JsonSchema = {"type": "array", "items": item}
        return {"anyOf": [item, many]} if self.one_alone else many


class MapSlot(Slot):
    """An ordered map id -> body; bodies that do not fit are left out and marked."""

    expected = "a map"

    def __init__(self, item: Slot, keys: KeyKind) -> None:
        self.item = item
        self.keys = keys

    def accepts(self, node: Node) -> bool:
        return isinstance(node, Mapping)

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if not isinstance(node, Mapping):
            return reading.wrong(node, self.expected)
        values: dict[str, object] = {}
        spans: dict[str, Span] = {}
        for key, body in node.entries:
            here = f"{address}/{key.text}"
            good = self._good_key(key, reading)
            value = self.item.read(body, here, reading)
            if value is MISSING or not good:
                reading.diagnostics.mark_broken(here)
            else:
                values[key.text] = value
                spans[key.text] = key.span
        return Map(values, spans)

    def _good_key(self, key: Scalar, reading: Reading) -> bool:
        found = reading.diagnostics
        if self.keys is KeyKind.NEW_NAME:
            return names.check_name(key.text, key.span, found, new=True)
        if self.keys is KeyKind.ID:
            return names.check_id(key.text, key.span, found)
        if self.keys is KeyKind.REF:
            first, *rest = key.text.split(".")
            if not rest or not all(names.is_name(step) for step in (first, *rest)):
                return names.check_name(key.text, key.span, found, new=False)
        return True

    def schema(self, schemas: Schemas) -> JsonSchema:
        schema: JsonSchema = {
            "type": "object",
            "additionalProperties": self.item.schema(schemas),
        }
        if self.keys is KeyKind.NEW_NAME:
            schema["propertyNames"] = {"pattern": "^[a-z][a-z0-9_]*$"}
        return schema


class ChoiceSlot(Slot):
    """One word of a fixed list."""

    def __init__(self, values: tuple[object, ...]) -> None:
        self.by_text = {_as_yaml(value): value for value in values}
        self.words = tuple(self.by_text)
        *first, last = [f"'{word}'" for word in self.words]
        self.expected = f"{', '.join(first)} or {last}" if first else last

    def accepts(self, node: Node) -> bool:
        return isinstance(node, Scalar) and node.text in self.by_text

    def read(self, node: Node, address: str, reading: Reading) -> object:
        if not isinstance(node, Scalar) or node.text not in self.by_text:
            near = None
            if isinstance(node, Scalar):
                near = did_you_mean(node.text, self.words)
            return reading.wrong(node, self.expected, near)
        return self.by_text[node.text]

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"enum": list(self.by_text.values())}


class UnionSlot(Slot):
    """Alternatives; the first whose shape fits reads the value."""

    def __init__(self, options: tuple[Slot, ...]) -> None:
        self.options = options
        self.expected = " or ".join(dict.fromkeys(o.expected for o in options))

    def accepts(self, node: Node) -> bool:
        return any(option.accepts(node) for option in self.options)

    def read(self, node: Node, address: str, reading: Reading) -> object:
        fitting = [option for option in self.options if option.accepts(node)]
        if not fitting:
            return reading.wrong(node, self.expected, self._near(node))
        chosen = fitting[0]
        if isinstance(node, Mapping) and len(fitting) > 1:
            # Several dataclasses: the one that knows most of the keys is meant.
            keys = node.keys()
            chosen = max(fitting, key=lambda option: option.known(keys))
        return chosen.read(node, address, reading)

    def _near(self, node: Node) -> str | None:
        if not isinstance(node, Scalar):
            return None
        words = [
            word
            for option in self.options
            if isinstance(option, ChoiceSlot)
            for word in option.words
        ]
        return did_you_mean(node.text, words)

    def schema(self, schemas: Schemas) -> JsonSchema:
        return {"anyOf": [option.schema(schemas) for option in self.options]}


def _as_yaml(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


ListOf = Annotated[tuple[X, ...], ListKind.ONE_OR_MORE]
StrictList = Annotated[tuple[X, ...], ListKind.STRICT]
Names = Annotated[tuple[Name, ...], ListKind.ONE_OR_MORE]
Ids = Annotated[tuple[Id, ...], ListKind.ONE_OR_MORE]
Refs = Annotated[tuple[Ref, ...], ListKind.ONE_OR_MORE]
RefMap = Annotated[Map[X], KeyKind.REF]
IdMap = Annotated[Map[X], KeyKind.ID]
TextMap = Annotated[Map[X], KeyKind.TEXT]
Values = Annotated[Map[Value], KeyKind.REF]
