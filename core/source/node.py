"""The tree of a YAML document: values that know where they stand.

Made by the loader, read by `structure` (and by slots that keep a raw node); immutable.

Public: `Scalar(value, text, span, plain)`, `Mapping(entries, span)` with `get`, `key`,
`keys`, `Sequence(items, span)`, `Node`, `found(node)`, `plain_data(node)`.
"""

from collections.abc import Iterator
from decimal import Decimal

from core.diagnostics import Span
from core.frozen import frozen

ScalarValue = str | int | Decimal | bool | None


@frozen
class Scalar:
    """One value; `text` is the exact text of the file, `plain` means not quoted."""

    value: ScalarValue
    text: str
    span: Span
    plain: bool = True


@frozen
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    span: Span

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator["Node"]:
        return iter(self.items)


@frozen
class Mapping:
    """An ordered map; the loader has made sure that no key stands twice."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    span: Span

    def get(self, name: str) -> "Node | None":
        """Return the value under the key `name`, or None."""
        for key, value in self.entries:
            if key.text == name:
                return value
        return None

    def key(self, name: str) -> Scalar | None:
        """Return the key `name` as it stands in the file, or None."""
        for key, _ in self.entries:
            if key.text == name:
                return key
        return None

    def keys(self) -> tuple[str, ...]:
        """Return the texts of all keys in the order of writing."""
        return tuple(key.text for key, _ in self.entries)

    def __contains__(self, name: object) -> bool:
        return any(key.text == name for key, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)


Node = Scalar | Mapping | Sequence


def found(node: Node) -> str:
    """Say in words what a node is, for messages of the form "expected x, found y"."""
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    value = node.value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {node.text}"
    if isinstance(value, int | Decimal):
        return f"the number {_short(node.text)}"
    return f"the text '{_short(value)}'" if value else "an empty text"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."


def plain_data(node: Node) -> object:
    """Return the node as plain values: dict, list, str, int, Decimal, bool, None."""
    if isinstance(node, Mapping):
        return {key.text: plain_data(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    return node.value
