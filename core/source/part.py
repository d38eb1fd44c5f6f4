"""The base classes of all definitions, and the marks their fields may carry.

Subclassed in `core.definitions` as frozen, slotted, keyword-only dataclasses; filled by
`core.source.structure`.

Public: `Piece` (has a place), `Described` (label, help, was, ...), `Part` (also after,
before), `Deprecated`, `key(...)`.
"""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from core.diagnostics import Span, nowhere
from core.frozen import frozen
from core.source.shapes import Refs
from core.source.slots import Bool, Ref, Text

NO_SPANS: Mapping[str, Span] = MappingProxyType({})
PLACE = MappingProxyType({"place": True})


def key(
    name: str | None = None, *, doc: str = "", excludes: tuple[str, ...] = ()
) -> Mapping[str, object]:
    """Return the metadata of a dataclass field that stands for a YAML key.

    `name` is the key where it differs from the attribute (a trailing underscore is
    dropped without it), `doc` its description, `excludes` the keys that may not stand
    beside it (E208).
    """
    return MappingProxyType({"name": name, "doc": doc, "excludes": excludes})


@frozen(kw_only=True)
class Piece:
    """Anything read from a map; it knows its id, address and the place of each key."""

    id: str = field(default="", compare=False, metadata=PLACE)
    address: str = field(default="", compare=False, repr=False, metadata=PLACE)
    span: Span = field(
        default_factory=nowhere, compare=False, repr=False, metadata=PLACE
    )
    spans: Mapping[str, Span] = field(
        default_factory=lambda: NO_SPANS, compare=False, repr=False, metadata=PLACE
    )

    def at(self, key: str) -> Span:
        """Return where the value of a YAML key stands, else the place of the whole."""
        return self.spans.get(key, self.span)

    def gave(self, key: str) -> bool:
        """Say whether the author wrote this YAML key."""
        return key in self.spans


@frozen(kw_only=True)
class Deprecated(Piece):
    """A notice that something still works but should no longer be used."""

    since: Text | None = field(
        default=None, metadata=key(doc="version that deprecated it")
    )
    use: Text | None = field(
        default=None, metadata=key(doc="address of what replaces it")
    )
    until: Text | None = field(
        default=None, metadata=key(doc="version that will drop it")
    )
    note: Text | None = field(default=None, metadata=key(doc="reason, for authors"))


@frozen(kw_only=True)
class Described(Piece):
    """A document or part with the keys that all of them may carry."""

    label: Text | None = field(
        default=None, metadata=key(doc="shown name, translatable; default from the id")
    )
    help: Text | None = field(
        default=None, metadata=key(doc="shown explanation, translatable")
    )
    was: Refs = field(default=(), metadata=key(doc="former ids; the way to rename"))
    deprecated: Deprecated | None = field(
        default=None, metadata=key(doc="still works, but each use warns")
    )
    hidden: Bool = field(
        default=False, metadata=key(doc="exists, but in no screen and no API schema")
    )
    description: Text | None = field(
        default=None, metadata=key(doc="for authors and the data dictionary")
    )


@frozen(kw_only=True)
class Part(Described):
    """A part of an ordered map; extensions may place theirs between others."""

    after: Ref | None = field(
        default=None, metadata=key(doc="place behind this part", excludes=("before",))
    )
    before: Ref | None = field(
        default=None, metadata=key(doc="place in front of this part")
    )
