"""Finds expressions that YAML cut at a comma inside `{...}` or `[...]`, and mends them.

Called by the composer for each flow collection that holds an open bracket; it reports
E105 and hands back the entries with the pieces joined, so that nothing else complains
about the same accident.

Public: `SourceLines`, `mend_entries`, `mend_items`, `is_open`.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence as Many

from core.diagnostics import Diagnostics, Span
from core.source.node import Node, Scalar

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
CUT_MESSAGE = "the expression was cut at the comma; put it in quotes"

# Bounds the search for the closing bracket, so that hostile files cost nothing.
MOST_PIECES = 50
LONGEST = 4000

Entry = tuple[Scalar, Node]


class SourceLines:
    """A file's text, addressed by line and column."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts: list[int] | None = None

    def offset(self, line: int, column: int) -> int:
        """Return the index of a place, both counting from 1."""
        starts = self._line_starts()
        return starts[min(line, len(starts)) - 1] + column - 1

    def breaks_before(self, offset: int) -> int:
        """Return how many line breaks stand before an index."""
        return bisect_right(self._line_starts(), offset) - 1

    def between(self, start: Span, end: Span) -> str:
        """Return the text from the start of one span to the end of another."""
        first = self.offset(start.line, start.column)
        return self.text[first : self.offset(end.end_line, end.end_column)]

    def char(self, line: int, column: int) -> str:
        """Return the character at a place, empty behind the end."""
        at = self.offset(line, column)
        return self.text[at : at + 1]

    def _line_starts(self) -> list[int]:
        # Only mistakes ask for it, so a good file never pays.
        if self._starts is None:
            ends = (match.end() for match in _BREAK.finditer(self.text))
            self._starts = [0, *ends]
        return self._starts


def is_open(text: str) -> bool:
    """Say whether more parentheses are opened than closed, those in quotes apart."""
    return "(" in text and _depth(text) > 0


def mend_entries(
    entries: Many[Entry], lines: SourceLines, diagnostics: Diagnostics
) -> list[Entry]:
    """Join the values of a flow map that were cut at commas; each is reported."""
    mended: list[Entry] = []
    index = 0
    while index < len(entries):
        key, value = entries[index]
        index += 1
        if isinstance(value, Scalar) and value.plain and is_open(value.text):
            ends = [_end(entry) for entry in entries[index : index + MOST_PIECES]]
            joined, taken = _joined(value, ends, lines)
            if joined is None:
                return [*mended, (key, value), *entries[index:]]
            report_cut(joined, diagnostics)
            value, index = joined, index + taken
        mended.append((key, value))
    return mended


def mend_items(
    items: Many[Node], lines: SourceLines, diagnostics: Diagnostics
) -> list[Node]:
    """Join the items of a flow list that were cut at commas; each is reported."""
    mended: list[Node] = []
    index = 0
    while index < len(items):
        item = items[index]
        index += 1
        if isinstance(item, Scalar) and item.plain and is_open(item.text):
            ends = [node.span for node in items[index : index + MOST_PIECES]]
            joined, taken = _joined(item, ends, lines)
            if joined is None:
                return [*mended, item, *items[index:]]
            report_cut(joined, diagnostics)
            item, index = joined, index + taken
        mended.append(item)
    return mended


def report_cut(scalar: Scalar, diagnostics: Diagnostics) -> None:
    """Report E105 for an expression whose pieces were found."""
    text = scalar.text if len(scalar.text) <= 60 else f"{scalar.text[:57]}..."
    quotes = "'" if '"' in text else '"'
    diagnostics.error(
        "E105",
        CUT_MESSAGE,
        scalar.span,
        "ends at the first comma for YAML",
        None if quotes in text else f"write {quotes}{text}{quotes}",
    )


def _joined(
    first: Scalar, ends: Many[Span], lines: SourceLines
) -> tuple[Scalar | None, int]:
    for taken, end in enumerate(ends, 1):
        text = lines.between(first.span, end)
        if len(text) > LONGEST:
            break
        if _depth(text) <= 0:
            if first.span.line != end.end_line:
                text = " ".join(text.split())
            return Scalar(text, text, first.span.until(end)), taken
    return None, 0


def _end(entry: Entry) -> Span:
    key, value = entry
    # A cut-off rest is a key without a value; its null stands where the key ends.
    empty = isinstance(value, Scalar) and value.plain and not value.text
    return key.span if empty else value.span


def _depth(text: str) -> int:
    bare = _QUOTED.sub("", text)
    return bare.count("(") - bare.count(")")
