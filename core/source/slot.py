"""What a slot is: the reader of one kind of YAML value.

Subclassed in `core.source.slots` (scalars), `core.source.shapes` (lists, maps, unions)
and by definitions with values of their own shape; compiled by `StructureReader`.

Public: `Slot`, `Reading`, `MISSING`, `Schemas`.
"""

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from core.diagnostics import Diagnostics
from core.source.node import Node, Scalar, Sequence, found

if TYPE_CHECKING:
    from core.source.structure import StructureReader

JsonSchema = dict[str, object]


class Absent(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Absent.MISSING


class Schemas(Protocol):
    """Gives the JSON Schema of an annotation; shared parts become references."""

    def of(self, annotation: object) -> JsonSchema:
        """Return the schema of a slot annotation or a dataclass."""


class Reading:
    """One reading of one document: where problems go, how nested values are read."""

    __slots__ = ("diagnostics", "partial", "reader")

    def __init__(
        self, reader: "StructureReader", diagnostics: Diagnostics, partial: bool
    ) -> None:
        self.reader = reader
        self.diagnostics = diagnostics
        self.partial = partial

    def read(self, annotation: object, node: Node, address: str) -> object:
        """Read a node by an annotation; `MISSING` when it does not fit (reported)."""
        return self.reader.slot_for(annotation).read(node, address, self)

    def wrong(self, node: Node, expected: str, help: str | None = None) -> Absent:
        """Report E205, what was expected and what was found, and return `MISSING`."""
        if help is None and _would_be_text(node, expected):
            help = "put it in quotes to make it a text"
        help = help or _as_map(node, expected)
        self.diagnostics.error(
            "E205",
            f"expected {expected}, found {found(node)}",
            node.span,
            f"not {expected}",
            help,
        )
        return MISSING


def _as_map(node: Node, expected: str) -> str | None:
    """How a list of names is written where a map of them is wanted."""
    if not isinstance(node, Sequence) or "a map" not in expected:
        return None
    names = [one.text for one in node.items if isinstance(one, Scalar)]
    if not names or len(names) < len(node.items):
        return None
    shown = [f"{n}: {n[:1].upper()}{n[1:].replace('_', ' ')}" for n in names[:2]]
    more = ", ..." if len(names) > len(shown) else ""
    return f"write a map: {{{', '.join(shown)}{more}}}"


def _would_be_text(node: Node, expected: str) -> bool:
    return (
        expected == "a text"
        and isinstance(node, Scalar)
        and isinstance(node.value, bool)
    )


class Slot(ABC):
    """Reads one kind of value, names it in messages, describes it to editors."""

    expected: str = "a value"

    @abstractmethod
    def accepts(self, node: Node) -> bool:
        """Say whether the node has this slot's shape; chooses among alternatives."""

    def known(self, keys: tuple[str, ...]) -> int:
        """Return how well the keys of a map fit; the best alternative is taken."""
        return 0

    @abstractmethod
    def read(self, node: Node, address: str, reading: Reading) -> object:
        """Return the value, or report why not and return `MISSING`; never raise."""

    @abstractmethod
    def schema(self, schemas: Schemas) -> JsonSchema:
        """Return the JSON Schema (2020-12) of what the slot takes."""
