"""Texts that a later stage reads further: expressions, paths, filled texts.

Made by the slots of `core.source.slots`; parsed by the expression compiler, which asks
`at(start, length)` for the place of a part, so that its caret stands exactly there.

Public: `ExprText`, `FilledText`, `PathText`, `OrderText`, `ValueSlot`.
"""

from dataclasses import field
from typing import Self

from core.diagnostics import Span, nowhere
from core.frozen import frozen
from core.source.node import Node, Scalar


@frozen
class PlacedText:
    """A text with its place; two of the same text are equal wherever they stand."""

    text: str
    span: Span = field(default_factory=nowhere, compare=False)

    @classmethod
    def of(cls, scalar: Scalar, skip: int = 0) -> Self:
        """Take a scalar's text from character `skip` on, trimmed, with its own span."""
        raw, span = scalar.text, scalar.span
        body = raw[skip:]
        text = body.strip()
        if span.line != span.end_line:
            return cls(text, span)
        # Quotes without escapes only shift the text by one column.
        quoted = (span.end_column - span.column) - len(raw)
        if quoted == 2 and not scalar.plain:
            start = 1
        elif quoted == 0:
            start = 0
        else:
            return cls(text, span)
        start += skip + len(body) - len(body.lstrip())
        return cls(text, span.shifted(start, len(text)))

    def at(self, start: int, length: int = 1) -> Span:
        """Return the place of a part of the text, `start` counting from 0.

        Exact for texts on one line; the whole place for folded or escaped ones.
        """
        span = self.span
        one_line = span.line == span.end_line
        if not one_line or span.end_column - span.column != len(self.text):
            return span
        return span.shifted(start, length)

    def __str__(self) -> str:
        return self.text


@frozen
class ExprText(PlacedText):
    """The text of an expression, without a leading `=`."""


@frozen
class FilledText(PlacedText):
    """A text with `{expression}` or `{expression:format}` in it."""


@frozen
class PathText(PlacedText):
    """Names joined by dots along links."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the path in order."""
        return tuple(self.text.split("."))


@frozen
class OrderText(PlacedText):
    """A path to order by; a leading `-` means descending."""

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.text.startswith("-")

    @property
    def path(self) -> PathText:
        """The path without its sign."""
        if not self.descending:
            return PathText(self.text, self.span)
        text = self.text[1:].lstrip()
        skipped = len(self.text) - len(text)
        return PathText(text, self.at(skipped, len(text)))


@frozen
class ValueSlot:
    """A literal of the target's type, or an expression; one of the two is set."""

    literal: Node | None = None
    expr: ExprText | None = None
    span: Span = field(default_factory=nowhere, compare=False)
