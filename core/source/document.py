"""The head of a document: its first key is the kind, its value the id.

Called by the registry before a document is read, to choose the dataclass and the
address; hands on a `Head`.

Public: `document_head(node, kinds, diagnostics) -> Head | None`, `Head`.
"""

from collections.abc import Collection
from typing import Literal

from core.diagnostics import Diagnostics, Span, did_you_mean
from core.frozen import frozen
from core.source import names
from core.source.node import Mapping, Node, Scalar, found

Mode = Literal["define", "extend", "overlay"]


@frozen
class Head:
    """What a document says it is; `mode` tells new ones from changes to others."""

    kind: str
    id: str
    span: Span
    id_span: Span
    mode: Mode = "define"

    @property
    def address(self) -> str:
        """Return the address of the defined (or changed) thing."""
        return f"{self.kind} {self.id}"


def document_head(
    node: Node, kinds: Collection[str], diagnostics: Diagnostics
) -> Head | None:
    """Return the kind and id of a document; None (reported) if it has no good head."""
    if not isinstance(node, Mapping) or not node.entries:
        diagnostics.error(
            "E205",
            f"expected a document, found {found(node)}",
            node.span,
            "a document is a map that begins with its kind",
            "begin with a kind and an id, for instance 'entity: base.thing'",
        )
        return None
    key, value = node.entries[0]
    if key.text == "extend":
        return _target(value, "extend", kinds, diagnostics)
    if key.text == "overlay":
        return _target(value, "overlay", kinds, diagnostics)
    if key.text not in kinds:
        _unknown_kind(node, key, kinds, diagnostics)
        return None
    return _head(key, value, "define", diagnostics)


def _target(
    node: Node, mode: Mode, kinds: Collection[str], diagnostics: Diagnostics
) -> Head | None:
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        diagnostics.error(
            "E205",
            f"expected a kind and an id, found {found(node)}",
            node.span,
            "not one kind and id",
            f"write '{mode}: {{entity: module.name}}'",
        )
        return None
    key, value = node.entries[0]
    if key.text not in kinds:
        _unknown_kind(None, key, kinds, diagnostics)
        return None
    return _head(key, value, mode, diagnostics)


def _head(
    key: Scalar, value: Node, mode: Mode, diagnostics: Diagnostics
) -> Head | None:
    if not isinstance(value, Scalar) or not isinstance(value.value, str):
        diagnostics.error(
            "E205",
            f"expected the id of the {key.text}, found {found(value)}",
            value.span,
            "not an id",
            f"write the id behind the kind: '{key.text}: module.name'",
        )
        return None
    text = value.text
    if "." in text:
        good = names.check_id(text, value.span, diagnostics)
    else:
        good = names.check_name(text, value.span, diagnostics, new=mode == "define")
    return Head(key.text, text, key.span, value.span, mode) if good else None


def _unknown_kind(
    node: Mapping | None, key: Scalar, kinds: Collection[str], diagnostics: Diagnostics
) -> None:
    help_ = did_you_mean(key.text, (*kinds, "extend", "overlay"))
    if node is not None:
        for other, _ in node.entries[1:]:
            if other.text in kinds and help_ is None:
                help_ = f"the kind stands first: move '{other.text}:' to the top"
    diagnostics.error(
        "E201", f"unknown kind '{key.text}'", key.span, "not a kind", help_
    )
