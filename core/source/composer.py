"""Parser events -> nodes: positions, duplicate keys, forbidden YAML, depth.

Called by the loader for one text; hands back the nodes of its documents one by one.
The nodes are composed here and not by PyYAML, because its composer follows aliases and
loses the places of keys.

Public: `Composer(lines, diagnostics).documents(events)`, `TooDeep`.
"""

from collections.abc import Iterator

from yaml import events as ev

from core.diagnostics import Diagnostics, Related, Span
from core.source.cut import SourceLines, is_open, mend_entries, mend_items
from core.source.node import Mapping, Node, Scalar, ScalarValue, Sequence
from core.source.scalars import RefusedNumber, plain_value

DEEPEST = 64


class TooDeep(Exception):
    """The text has more levels than allowed; reported already."""


class Composer:
    """Composes the documents of one text and reports what must not be in it."""

    def __init__(self, lines: SourceLines, diagnostics: Diagnostics) -> None:
        self._lines = lines
        self._file = lines.file
        self._diagnostics = diagnostics
        self._next: Iterator[ev.Event] = iter(())
        self._depth = 0
        self._alias = False
        self._anchor = False
        self._flow_depth = 0
        self._flow_text: Scalar | None = None
        self._head: tuple[str, str] | None = None

    @property
    def open_text(self) -> Scalar | None:
        """The last unquoted text inside the `{` or `[` that is open, if one is."""
        return self._flow_text if self._flow_depth else None

    def documents(self, events: Iterator[ev.Event]) -> Iterator[Node]:
        """Yield the documents; one with an alias in it is left out and marked."""
        self._next = events
        for event in events:
            if not isinstance(event, ev.DocumentStartEvent):
                continue
            self._check_directives(event)
            self._alias = self._anchor = False
            self._depth = self._flow_depth = 0
            self._head = None
            node = self._node(next(events))
            if self._alias:
                self.mark_broken()
            elif not (isinstance(node, Scalar) and node.plain and not node.text):
                yield node

    def mark_broken(self) -> None:
        """Mark the document being read as broken, if its head has been read."""
        if self._head is not None:
            self._diagnostics.mark_broken(" ".join(self._head))

    def _check_directives(self, event: ev.DocumentStartEvent) -> None:
        span = self._span(event)
        if event.version is not None and tuple(event.version) != (1, 2):
            self._diagnostics.error(
                "E103",
                "the document is not YAML 1.2",
                span,
                help="leave the %YAML line out",
            )
        if event.tags:
            self._diagnostics.error("E104", "tags are not allowed", span)

    def _node(self, event: ev.Event) -> Node:
        if type(event) is ev.ScalarEvent:
            return self._scalar(event)
        if isinstance(event, ev.AliasEvent):
            span = self._span(event)
            if not self._alias:
                # Once per document: a bomb has thousands.
                self._refuse(span, f"the alias '*{event.anchor}'")
            self._alias = True
            return Scalar(None, "", span)
        assert isinstance(event, ev.CollectionStartEvent)
        self._check_marks(event)
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(self._span(event), f"more than {DEEPEST} levels")
            raise TooDeep
        self._flow_depth += bool(event.flow_style)
        node: Node
        if isinstance(event, ev.MappingStartEvent):
            node = self._mapping(event)
        else:
            assert isinstance(event, ev.SequenceStartEvent)
            node = self._sequence(event)
        self._flow_depth -= bool(event.flow_style)
        self._depth -= 1
        return node

    def _scalar(self, event: ev.ScalarEvent) -> Scalar:
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        span = Span(
            self._file, start.line + 1, start.column + 1, end.line + 1, end.column + 1
        )
        text: str = event.value
        if event.anchor is not None or event.tag is not None:
            self._check_marks(event)
        if event.style:
            return Scalar(text, text, span, False)
        value: ScalarValue
        try:
            value = plain_value(text)
        except RefusedNumber as refused:
            self._diagnostics.error(refused.code, refused.message, span)
            value = 0
        scalar = Scalar(value, text, span)
        # Once a bracket is open in a text, the pieces behind it belong to that text.
        if self._flow_depth and not (self._flow_text and is_open(self._flow_text.text)):
            self._flow_text = scalar
        return scalar

    def _mapping(self, event: ev.MappingStartEvent) -> Node:
        entries: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        suspicious = template = False
        root = self._depth == 1
        self._flow_text = None
        for key_event in self._next:
            if type(key_event) is ev.MappingEndEvent:
                break
            key = self._node(key_event)
            value = self._node(next(self._next))
            if not isinstance(key, Scalar):
                self._bad_key(key)
                template = True
                continue
            if not self._good_key(key, seen):
                continue
            seen[key.text] = key
            entries.append((key, value))
            if isinstance(value, Scalar) and "(" in value.text:
                suspicious = True
            if root and len(entries) == 1:
                self._head = _head_of(key, value)
        if suspicious and event.flow_style:
            entries = mend_entries(entries, self._lines, self._diagnostics)
        self._flow_text = None
        last = entries[-1][1].span if entries else None
        span = self._extent(event, key_event, last)
        if template and event.flow_style:
            # `{{ name }}` was meant as a text; as one it causes no further complaint.
            text = self._lines.between(span, span)
            return Scalar(text, text, span, False)
        return Mapping(tuple(entries), span)

    def _sequence(self, event: ev.SequenceStartEvent) -> Sequence:
        items: list[Node] = []
        suspicious = False
        self._flow_text = None
        for item_event in self._next:
            if type(item_event) is ev.SequenceEndEvent:
                break
            item = self._node(item_event)
            items.append(item)
            if isinstance(item, Scalar) and "(" in item.text:
                suspicious = True
        if suspicious and event.flow_style:
            items = mend_items(items, self._lines, self._diagnostics)
        self._flow_text = None
        last = items[-1].span if items else None
        return Sequence(tuple(items), self._extent(event, item_event, last))

    def _extent(
        self, event: ev.CollectionStartEvent, end: ev.Event, last: Span | None
    ) -> Span:
        """Return the span; block collections end with their last value, not later."""
        start = self._span(event)
        if event.flow_style or last is None:
            return start.until(self._span(end))
        return start.until(last)

    def _span(self, event: ev.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        return Span(
            self._file, start.line + 1, start.column + 1, end.line + 1, end.column + 1
        )

    def _check_marks(self, event: ev.ScalarEvent | ev.CollectionStartEvent) -> None:
        if event.anchor is not None and not self._anchor:
            self._anchor = True
            self._refuse(self._span(event), f"the anchor '&{event.anchor}'")
        if event.tag is not None:
            self._refuse(self._span(event), f"the tag '{event.tag}'")

    def _refuse(self, span: Span, what: str) -> None:
        self._diagnostics.error(
            "E104", f"{what} is not allowed", span, help="write the value out"
        )

    def _bad_key(self, key: Node) -> None:
        self._diagnostics.error(
            "E101",
            "a key is a single word, not a map or list",
            key.span,
            "used as a key",
            "a text with braces goes into quotes",
        )

    def _good_key(self, key: Scalar, seen: dict[str, Scalar]) -> bool:
        if key.plain and key.text == "<<":
            self._refuse(key.span, "the merge key '<<'")
            return False
        if not key.text:
            self._diagnostics.error("E101", "a key is missing", key.span, "empty key")
            return False
        first = seen.get(key.text)
        if first is None:
            return True
        self._diagnostics.error(
            "E102",
            f"the key '{key.text}' stands twice in this map",
            key.span,
            "second time",
            related=(Related(first.span, "first time"),),
        )
        return False


def _head_of(key: Scalar, value: Node) -> tuple[str, str] | None:
    return (key.text, value.text) if isinstance(value, Scalar) else None
