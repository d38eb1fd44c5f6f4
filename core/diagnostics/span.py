"""Where something stands in a text: file, line and columns.

Made by the loader for every YAML value and by the expression parser for every part of
an expression; carried along by all later stages; read by `render` to draw the caret.

Public: `Span(file, line, column, end_line, end_column)`, `nowhere()`, `Span.until()`,
`Span.shifted()`, `Span.is_known`.
"""

from typing import NamedTuple


class Span(NamedTuple):
    """A range of a text; lines and columns count from 1, the end is exclusive.

    Columns count characters, not bytes. Spans order by file, then position.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def is_known(self) -> bool:
        """Whether the span names a place in a file (line 0 means: the file as such)."""
        return bool(self.file) and self.line > 0

    def until(self, end: "Span") -> "Span":
        """Return the range from the start of this span to the end of `end`."""
        return Span(self.file, self.line, self.column, end.end_line, end.end_column)

    def shifted(self, start: int, length: int) -> "Span":
        """Return the part `length` characters wide, `start` characters into the span.

        Only meaningful inside a text that stands on one line.
        """
        column = self.column + start
        return Span(self.file, self.line, column, self.line, column + max(length, 1))

    def __str__(self) -> str:
        if not self.file:
            return "<nowhere>"
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


def nowhere() -> Span:
    """Return the span of things that stand in no file (defaults, generated parts)."""
    return Span("", 0, 0, 0, 0)


def whole_file(file: str) -> Span:
    """Return the span for problems of a file as such (unreadable, too large)."""
    return Span(file, 0, 0, 0, 0)
