"""The YAML parser's complaints in the words of an author.

Called by the loader when the parser gives up; it reports E101 (or E103, E105) with the
place that has to be changed, which is often not the place where the parser stopped.

Public: `report_syntax(error, lines, flow_text, diagnostics)`.
"""

from types import MappingProxyType

import yaml

from core.diagnostics import Diagnostics, Related, Span
from core.source.cut import CUT_MESSAGE, SourceLines, is_open
from core.source.node import Scalar

# problem of the parser -> (message, label, help)
_WORDS = MappingProxyType(
    {
        "mapping values are not allowed in this context": (
            "a colon that begins a value cannot stand here",
            "a second ': ' in this line, or a line indented too far",
            "a text with ': ' in it goes into quotes; else check the indentation",
        ),
        "did not find expected key": (
            "expected a key",
            "no 'key: value' of the map around it",
            "check the indentation of this line and the one before",
        ),
        "could not find expected ':'": (
            "expected 'key: value'",
            "the colon is missing",
            "write a colon and a space behind the key",
        ),
        "did not find expected '-' indicator": (
            "expected a list item",
            "no '- ' at the indentation of the list",
            "check the indentation of this line",
        ),
        "did not find expected ',' or '}'": (
            "the map in braces is not closed",
            "expected ',' or '}'",
            "close it with '}', or put a text with brackets into quotes",
        ),
        "did not find expected ',' or ']'": (
            "the list in brackets is not closed",
            "expected ',' or ']'",
            "close it with ']', or put a text with brackets into quotes",
        ),
        "block sequence entries are not allowed in this context": (
            "a list item cannot stand here",
            "no list begins here",
            "begin the list on a line of its own",
        ),
        "did not find expected <document start>": (
            "the document ended before this line",
            "expected '---' or the end of the file",
            "indent the line, or begin a new document with '---'",
        ),
    }
)
_STARTERS = frozenset("@`%|>&*!,]}?")


def report_syntax(
    error: yaml.YAMLError,
    lines: SourceLines,
    flow: Scalar | None,
    diagnostics: Diagnostics,
) -> int:
    """Report the error and return the line it stands in (0: unknown).

    `flow` is the last unquoted text read inside the open `{` or `[`, if there is one.
    """
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        diagnostics.error("E101", "the text is not YAML", Span(lines.file, 1, 1, 1, 2))
        return 0
    mark = error.problem_mark
    span = _span(lines.file, mark)
    problem = str(error.problem)
    if "incompatible YAML document" in problem or "duplicate %YAML" in problem:
        diagnostics.error("E103", "the document is not YAML 1.2", span)
    elif "nesting depth" in problem:
        diagnostics.error("E104", "too many levels are not allowed", span)
    elif flow is not None and _was_cut(flow, lines, span):
        diagnostics.error(
            "E105",
            CUT_MESSAGE,
            flow.span,
            "YAML ends the text at a comma or bracket",
        )
    else:
        _report(problem, error, lines, span, diagnostics)
    return span.line


def _was_cut(flow: Scalar, lines: SourceLines, span: Span) -> bool:
    if is_open(flow.text):
        return True
    same_line = flow.span.end_line == span.line
    return same_line and lines.char(span.line, span.column) in ("[", "{", "'", '"')


def _report(
    problem: str,
    error: yaml.MarkedYAMLError,
    lines: SourceLines,
    span: Span,
    diagnostics: Diagnostics,
) -> None:
    char = lines.char(span.line, span.column)
    context = error.context_mark
    related: tuple[Related, ...] = ()
    if context is not None and context.line + 1 != span.line:
        related = (Related(_span(lines.file, context), "it began here"),)
    if "quoted scalar" in str(error.context) and context is not None:
        quote = _span(lines.file, context)
        diagnostics.error(
            "E101", "the quote is not closed", quote, "opened here", "close the quote"
        )
    elif char == "\t":
        diagnostics.error(
            "E101", "a tab in the indentation", span, "a tab", "indent with spaces"
        )
    elif "cannot start any token" in problem and char in _STARTERS:
        diagnostics.error(
            "E101",
            f"a text cannot begin with '{char}'",
            span,
            "has a meaning of its own in YAML",
            "put the text in quotes",
        )
    else:
        message, label, help_ = _WORDS.get(
            problem, (f"the text is not YAML: {problem}", "here", "check this line")
        )
        diagnostics.error("E101", message, span, label, help_, related=related)


def _span(file: str, mark: yaml.Mark) -> Span:
    line, column = mark.line + 1, mark.column + 1
    return Span(file, line, column, line, column + 1)
