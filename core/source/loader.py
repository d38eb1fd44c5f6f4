"""Strict loader: YAML 1.2 text -> nodes with places; no surprises and no bombs.

Called by the registry for each file of a module or overlay; hands on one node per
document. Problems go to the diagnostics (E101 to E106); nothing is raised. After a
syntax error reading goes on with the next `---`, so that one slip hides little.

Public: `load_file(path, diagnostics, shown_as)`, `load_text(text, file, diagnostics)`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from core.diagnostics import Diagnostics, Span, whole_file
from core.source.composer import Composer, TooDeep
from core.source.cut import SourceLines
from core.source.node import Node
from core.source.syntax import report_syntax

LARGEST = 1024 * 1024
# Every broken document costs a restart of the parser.
MOST_RESTARTS = 20

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]"
)
_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)


def load_file(
    path: Path, diagnostics: Diagnostics, shown_as: str | None = None
) -> tuple[Node, ...]:
    """Read a file; `shown_as` is its name in spans (default: the path as given)."""
    file = shown_as or str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        diagnostics.error("E106", f"cannot read {file}: {reason}", whole_file(file))
        return ()
    return load_text(data, file, diagnostics)


def load_text(
    text: str | bytes, file: str, diagnostics: Diagnostics
) -> tuple[Node, ...]:
    """Read a text; one node per document, those with syntax errors left out."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > LARGEST:
        diagnostics.error(
            "E104", "the file is larger than 1 MB", whole_file(file), help="split it"
        )
        return ()
    decoded = _decoded(data, file, diagnostics)
    if decoded is None:
        return ()
    nodes: list[Node] = []
    lines = SourceLines(file, decoded)
    start = 0
    for _ in range(MOST_RESTARTS):
        failed = _load_from(start, lines, diagnostics, nodes)
        if not failed:
            break
        # The parser often stops at the very marker that begins the next document.
        following = _MARKER.search(decoded, max(lines.offset(failed, 1), start + 1))
        if following is None:
            break
        start = following.start()
    return tuple(nodes)


def _load_from(
    start: int, lines: SourceLines, diagnostics: Diagnostics, nodes: list[Node]
) -> int:
    """Add the documents from an index on; return the line of a syntax error, else 0."""
    text = lines.text
    if start:
        # Empty lines in front keep the line numbers of the file.
        text = "\n" * lines.breaks_before(start) + text[start:]
    composer = Composer(lines, diagnostics)
    try:
        for node in composer.documents(_events(text)):
            nodes.append(node)
    except TooDeep:
        composer.mark_broken()
    except yaml.YAMLError as error:
        composer.mark_broken()
        return report_syntax(error, lines, composer.open_text, diagnostics)
    return 0


def _events(text: str) -> Iterator[yaml.Event]:
    if yaml.__with_libyaml__:
        return iter(yaml.CSafeLoader(text).get_event, None)
    return iter(yaml.parse(text, Loader=yaml.SafeLoader))


def _decoded(data: bytes, file: str, diagnostics: Diagnostics) -> str | None:
    """Return the text without byte order mark; None (reported) if it is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        diagnostics.error(
            "E106",
            "the file is not UTF-8",
            _at(before, file),
            f"byte 0x{data[error.start]:02x}",
            "save it as UTF-8",
        )
        return None
    bad = _UNPRINTABLE.search(text)
    if bad is None:
        return text
    diagnostics.error(
        "E106",
        "the file holds a control character",
        _at(text[: bad.start()], file),
        f"character U+{ord(bad[0]):04X}",
    )
    return None


def _at(before: str, file: str) -> Span:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Span(file, line, column, line, column + 1)
