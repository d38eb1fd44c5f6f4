"""Diagnostics as text with a caret for people, and as JSON for editors and CI.

Called by the command line, the studio and the golden tests; the text of a file comes
from a function that the caller passes, so that nothing is read twice.

Public: `render`, `render_all`, `summary`, `as_json`, `SourceText`.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from core.diagnostics.diagnostic import Diagnostic, Diagnostics
from core.diagnostics.span import Span
from core.frozen import frozen

SourceText = Callable[[str], str | None]

WIDEST = 100
TAB = 4
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@frozen
class Colors:
    """The escape sequences around the parts of a rendered diagnostic."""

    error: str = ""
    warning: str = ""
    gutter: str = ""
    strong: str = ""
    off: str = ""


PLAIN = Colors()
ANSI = Colors("\x1b[1;31m", "\x1b[1;33m", "\x1b[34m", "\x1b[1m", "\x1b[0m")


def render(diagnostic: Diagnostic, source: SourceText, color: bool = False) -> str:
    """Return one diagnostic as text: head, place, line with caret, advice.

    Without the file's text (or a place in it) the caret part is left out.
    """
    colors = ANSI if color else PLAIN
    paint = getattr(colors, diagnostic.severity)
    head = f"{paint}{diagnostic.severity}[{diagnostic.code}]{colors.off}"
    lines = [f"{head}: {colors.strong}{diagnostic.message}{colors.off}"]
    places = [diagnostic.span, *(related.span for related in diagnostic.related)]
    gutter = max(len(str(place.line)) for place in places)
    caret = _Caret(source, colors, gutter)
    lines += caret.lines(diagnostic.span, diagnostic.label, paint)
    for related in diagnostic.related:
        lines += caret.lines(related.span, related.message, colors.gutter)
    mark = f"{colors.gutter}{' ' * (gutter + 1)}={colors.off}"
    lines += [f"{mark} note: {note}" for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(f"{mark} help: {diagnostic.help}")
    return "\n".join(lines)


def render_all(
    diagnostics: Diagnostics, source: SourceText, color: bool = False
) -> str:
    """Return all diagnostics as text with a summary line; empty when there are none."""
    if not len(diagnostics):
        return ""
    blocks = [render(diagnostic, source, color) for diagnostic in diagnostics.sorted()]
    blocks += [
        f"... and {number} more in {file}"
        for file, number in sorted(diagnostics.suppressed.items())
    ]
    return "\n\n".join([*blocks, summary(diagnostics)]) + "\n"


def summary(diagnostics: Diagnostics) -> str:
    """Return the count line, for instance "2 errors, 1 warning"."""
    counts = [(diagnostics.count("error"), "error")]
    counts.append((diagnostics.count("warning"), "warning"))
    words = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n]
    return ", ".join(words) or "no problems"


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """Return the diagnostics as JSON-ready maps; lines and columns count from 1."""
    return [
        {
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            **_place(diagnostic.span),
            "label": diagnostic.label,
            "help": diagnostic.help,
            "notes": list(diagnostic.notes),
            "related": [
                {"message": related.message, **_place(related.span)}
                for related in diagnostic.related
            ],
        }
        for diagnostic in diagnostics
    ]


def _place(span: Span) -> Mapping[str, object]:
    return {
        "file": span.file or None,
        "line": span.line or None,
        "column": span.column or None,
        "end_line": span.end_line or None,
        "end_column": span.end_column or None,
    }


@frozen
class _Caret:
    """Draws a line of a file with the caret under a span."""

    source: SourceText
    colors: Colors
    gutter: int

    def lines(self, span: Span, label: str | None, paint: str) -> list[str]:
        """Return place, line and caret; only the place if there is no line to show."""
        if not span.file:
            return []
        blue, off = self.colors.gutter, self.colors.off
        shown = [f"{blue}{' ' * self.gutter}-->{off} {span}"]
        line = self._line(span)
        if line is None:
            note = f"{blue}{' ' * (self.gutter + 1)}={off} {label}"
            return [*shown, note] if label else shown
        text, start, end = _window(line, span)
        bar = f"{blue}{' ' * (self.gutter + 1)}|{off}"
        number = f"{blue}{span.line:>{self.gutter}} |{off}"
        caret = f"{' ' * start}{paint}{'^' * max(end - start, 1)}"
        tail = f" {label}" if label else ""
        return [
            *shown,
            bar,
            f"{number} {text}".rstrip(),
            f"{bar} {caret}{tail}{off}",
        ]

    def _line(self, span: Span) -> str | None:
        text = self.source(span.file) if span.line else None
        if text is None:
            return None
        lines = _BREAK.split(text.removeprefix("\ufeff"))
        return lines[span.line - 1] if span.line <= len(lines) else None


def _window(line: str, span: Span) -> tuple[str, int, int]:
    """Return the shown part of a line and the caret's start and end in it.

    Tabs become spaces and a wide line is cut around the caret.
    """
    last = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    first = min(span.column - 1, len(line))
    last = max(first, min(last, len(line)))
    start = len(_visible(line[:first]))
    end = len(_visible(line[:last]))
    text = _visible(line)
    if len(text) <= WIDEST:
        return text, start, end
    width = min(end - start, WIDEST // 2)
    left = max(0, min(start - (WIDEST - width) // 2, len(text) - WIDEST))
    end = min(end, left + WIDEST)
    cut = text[left : left + WIDEST]
    if left:
        cut, start, end = f"...{cut}", start + 3, end + 3
    if left + WIDEST < len(text):
        cut = f"{cut}..."
    return cut, start - left, end - left


def _visible(text: str) -> str:
    """Replace tabs by spaces and what would move the cursor by a mark."""
    if text.isprintable():
        return text
    return "".join(
        " " * TAB if char == "\t" else char if char.isprintable() else "\ufffd"
        for char in text
    )
