"""Content lines: what vCard and iCalendar files are made of, whoever wrote them.

Called by the readers of both. Folded lines, quoted-printable with its own line breaks,
groups, bare parameters of old versions and broken pieces are all taken in.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from core.exchange.errors import ExchangeError
from core.exchange.limits import Limits
from core.frozen import frozen

_MOST = 16
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PART = re.compile(r"(?:[^;\\]|\\.)*", re.DOTALL)


@frozen
class Line:
    """One property: its name in capitals, parameters, and the value as written."""

    group: str
    name: str
    parameters: dict[str, tuple[str, ...]]
    value: str

    @property
    def types(self) -> frozenset[str]:
        """The words of its TYPE, in capitals."""
        return frozenset(one.upper() for one in self.parameters.get("TYPE", ()))

    @property
    def text(self) -> str:
        """The value as a plain text."""
        return unescaped(self.value)

    def parts(self) -> list[str]:
        """The components of a value such as `Doe;John`, as plain texts."""
        found, at = [], 0
        while at <= len(self.value):
            match = _PART.match(self.value, at)
            assert match is not None
            found.append(unescaped(match[0]))
            at = match.end() + 1
        return found


@dataclass(slots=True)
class Block:
    """A component such as one card: its first line, properties, inner blocks, text."""

    name: str
    line: int
    lines: list[Line] = field(default_factory=list)
    inner: list[Block] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    problem: str | None = None

    def first(self, name: str) -> Line | None:
        """The first property of a name."""
        return next((line for line in self.lines if line.name == name), None)


def blocks(
    path: Path, encoding: str, wanted: frozenset[str], limits: Limits
) -> Iterator[tuple[Block, float]]:
    """Yield the components of some names, with the share of the file read."""
    size, read = max(path.stat().st_size, 1), 0
    stack: list[Block] = []
    for number, text in _unfolded(path, encoding, limits):
        read += len(text) + 2
        line, problem = _parsed(text)
        name = line.value.strip().upper() if line is not None else ""
        if line is not None and line.name == "BEGIN":
            if stack or name in wanted:
                stack.append(Block(name, number, raw=[text]))
                if len(stack) > _MOST:
                    said = f"Line {number}: blocks are nested too deeply."
                    raise ExchangeError(said, line=number)
            continue
        if not stack:
            continue
        if len(stack) == 1:
            stack[0].raw.append(text)
        if line is None:
            stack[-1].problem = stack[-1].problem or f"Line {number}: {problem}"
        elif line.name == "END":
            block = stack.pop()
            if stack:
                stack[-1].inner.append(block)
            else:
                yield block, min(read / size, 1.0)
        else:
            stack[-1].lines.append(line)
    if stack:
        said = f"The {stack[0].name} of line {stack[0].line} is never closed."
        raise ExchangeError(said, line=stack[0].line)


def _unfolded(path: Path, encoding: str, limits: Limits) -> Iterator[tuple[int, str]]:
    """Whole lines with the number of their first one."""
    waiting, start = "", 0
    most = limits.row * 16
    with path.open(encoding=encoding, newline=None) as file:
        for number, text in enumerate(_read(file, most), 1):
            text = text.rstrip("\n")
            soft = waiting.endswith("=") and _is_quoted_printable(waiting)
            if soft:
                waiting = waiting[:-1] + text.lstrip(" \t")
            elif text[:1] in (" ", "\t") and waiting:
                waiting += text[1:]
            else:
                if waiting.strip():
                    yield start, waiting
                waiting, start = text, number
            if len(waiting) > most:
                said = f"The line {start} has more than {most:,} characters."
                raise ExchangeError(said, line=start)
    if waiting.strip():
        yield start, waiting


def _read(file: TextIO, most: int) -> Iterator[str]:
    while text := file.readline(most + 1):
        yield text


def _is_quoted_printable(text: str) -> bool:
    return "QUOTED-PRINTABLE" in text.partition(":")[0].upper()


def _parsed(text: str) -> tuple[Line | None, str]:
    """The property of a line, or what is wrong with it."""
    head, colon, value = _split(text.lstrip("\ufeff"))
    if not colon:
        return None, f"'{text[:40]}' is no property; a colon is missing."
    name, *given = _pieces(head, ";")
    group, _, bare = name.rpartition(".")
    parameters: dict[str, tuple[str, ...]] = {}
    for one in given:
        key, equals, words = one.partition("=")
        key = key.strip().upper()
        if not equals:
            # Version 2.1 writes HOME where later ones write TYPE=HOME.
            key, words = ("ENCODING", key) if key in _ENCODINGS else ("TYPE", key)
        found = tuple(word.strip('" ') for word in _pieces(words, ","))
        if key == "TYPE":
            found = tuple(w for word in found for w in word.split(","))
        parameters[key] = parameters.get(key, ()) + found
    line = Line(group.upper(), bare.strip().upper(), parameters, value)
    return _decoded(line)


_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"})


def _decoded(line: Line) -> tuple[Line | None, str]:
    encodings = {one.upper() for one in line.parameters.get("ENCODING", ())}
    if "QUOTED-PRINTABLE" not in encodings:
        return line, ""
    charset = (line.parameters.get("CHARSET") or ("utf-8",))[0]
    try:
        raw = quopri.decodestring(line.value.encode("utf-8"))
    except (binascii.Error, ValueError):
        return None, f"{line.name} is no quoted-printable text."
    for name in (charset, "utf-8", "cp1252", "latin-1"):
        try:
            text = raw.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
        return Line(line.group, line.name, line.parameters, text), ""
    return None, f"{line.name} cannot be decoded."


def _split(text: str) -> tuple[str, str, str]:
    """Head and value at the first colon outside quotes."""
    quoted = False
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return text[:at], ":", text[at + 1 :]
    return text, "", ""


def _pieces(text: str, mark: str) -> list[str]:
    found, quoted = [""], False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        if letter == mark and not quoted:
            found.append("")
        else:
            found[-1] += letter
    return found


def unescaped(text: str) -> str:
    """The text without the backslashes that keep marks from parting it."""
    if "\\" not in text:
        return text.replace("\r\n", "\n")
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], text)


def escaped(text: str) -> str:
    """The text as it stands in a property."""
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def folded(text: str) -> str:
    """A line broken after at most 75 bytes, as both formats want it."""
    pieces: list[bytes] = []
    now = b""
    for letter in text:
        raw = letter.encode()
        if len(now) + len(raw) > (75 if not pieces else 74):
            pieces.append(now)
            now = b""
        now += raw
    pieces.append(now)
    return "\r\n ".join(piece.decode() for piece in pieces) + "\r\n"
