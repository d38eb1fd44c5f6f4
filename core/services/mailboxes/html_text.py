"""The text of a mail that has HTML only; nothing of it is ever shown as HTML.

Used by `arrived`.
"""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

#: More of a mail's HTML is not looked at.
LONGEST_HTML = 1_000_000
_SILENT = frozenset({"head", "script", "style", "template", "title", "noscript"})
_LINES = frozenset(
    {"address", "article", "blockquote", "div", "dd", "dl", "dt", "footer", "form"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p"}
    | {"pre", "section", "table", "tr", "ul"}
)
_CELLS = frozenset({"td", "th"})


def text_of_html(html: str) -> str:
    """What a person would read: a line for each block, links with where they lead."""
    reader = _Reader()
    try:
        reader.feed(html[:LONGEST_HTML].replace("\x00", ""))
        # What `close` does with the rest takes the square of its length.
        reader.handle_data(unescape(reader.rawdata))
    except AssertionError:
        # The parser of the standard library gives up on some broken declarations.
        reader.handle_data(unescape(reader.rawdata))
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    found: list[str] = []
    for line in lines:
        # One empty line between two paragraphs is enough.
        if line or (found and found[-1]):
            found.append(line)
    return "\n".join(found).strip()


class _Reader(HTMLParser):
    """Keeps the text between tags; broken HTML is read as far as it goes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._link = ""
        self._begin = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line where a block begins."""
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _LINES:
            self.parts.append("\n")
            if tag == "li":
                self.parts.append("- ")
        elif tag in _CELLS:
            self.parts.append(" ")
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""
            self._begin = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        """End a line where a block ends, and say where a link leads."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _LINES:
            self.parts.append("\n")
        elif tag == "a" and self._link.startswith(("http://", "https://")):
            shown = "".join(self.parts[self._begin :]).strip()
            if shown != self._link:
                self.parts.append(f" ({self._link})")
            self._link = ""

    def handle_data(self, data: str) -> None:
        """Keep what is between the tags."""
        if not self._silent:
            self.parts.append(data.replace("\n", " "))
