"""Node -> frozen dataclass by its annotations: the one reader of all kinds.

Called by the registry for each document; it hands back the definition, or None when a
required key is missing or wrong; all problems go to the diagnostics, nothing is raised.

Public: `StructureReader().read(cls, node, address, diagnostics, *, id, head, partial)`.
"""

from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from core.diagnostics import Diagnostics
from core.source.maps import Map
from core.source.node import Node
from core.source.part import Piece
from core.source.part_slot import PartSlot
from core.source.shapes import (
    ChoiceSlot,
    KeyKind,
    ListKind,
    ListSlot,
    MapSlot,
    UnionSlot,
)
from core.source.slot import MISSING, Reading, Slot

P = TypeVar("P", bound=Piece)


class StructureReader:
    """Reads definitions; keeps the compiled slots of every dataclass it met."""

    def __init__(self) -> None:
        self._slots: dict[object, Slot] = {}
        self._parts: dict[type, PartSlot] = {}

    def read(
        self,
        cls: type[P],
        node: Node,
        address: str,
        diagnostics: Diagnostics,
        *,
        id: str = "",
        head: bool = False,
        partial: bool = False,
    ) -> P | None:
        """Read one document or part; None when a required key is missing or wrong.

        `head` skips the first entry (the kind), `partial` asks for no required keys
        (extensions and overlays): what is not given is None then.
        """
        reading = Reading(self, diagnostics, partial)
        part = self.part_slot(cls).read_part(node, address, reading, id, int(head))
        if part is MISSING:
            diagnostics.mark_broken(address)
            return None
        assert isinstance(part, cls)
        return part

    def part_slot(self, cls: type) -> PartSlot:
        """Return the reader of a dataclass, made at the first call."""
        slot = self._parts.get(cls)
        if slot is None:
            slot = self._parts[cls] = PartSlot(cls, self)
        return slot

    def slot_for(self, annotation: object) -> Slot:
        """Return the slot of an annotation; TypeError if it stands for none."""
        slot = self._slots.get(annotation)
        if slot is None:
            slot = self._slots[annotation] = self._made(annotation, ())
        return slot

    def _made(self, annotation: object, marks: tuple[object, ...]) -> Slot:
        origin = get_origin(annotation)
        if origin is Annotated:
            inner, *found = get_args(annotation)
            for mark in found:
                if isinstance(mark, Slot):
                    return mark
            return self._made(inner, tuple(found))
        if origin is Literal:
            return ChoiceSlot(get_args(annotation))
        if origin in (Union, UnionType):
            return self._union(get_args(annotation))
        if origin is tuple:
            strict = ListKind.STRICT in marks
            return ListSlot(self.slot_for(get_args(annotation)[0]), not strict)
        if origin is Map:
            keys = [mark for mark in marks if isinstance(mark, KeyKind)]
            item = self.slot_for(get_args(annotation)[0])
            return MapSlot(item, keys[0] if keys else KeyKind.NEW_NAME)
        if isinstance(annotation, type) and issubclass(annotation, Piece):
            return self.part_slot(annotation)
        raise TypeError(f"no slot reads {annotation!r}")

    def _union(self, options: tuple[Any, ...]) -> Slot:
        slots = tuple(self.slot_for(o) for o in options if o is not NoneType)
        return slots[0] if len(slots) == 1 else UnionSlot(slots)
