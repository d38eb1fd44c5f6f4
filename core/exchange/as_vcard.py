"""Reads address books: vCards 2.1, 3.0 and 4.0 as a table with a row per card.

Called by `open_table`. The columns are the format's own properties: `fn`, `n.family`,
`org`, `tel[mobile 1]`, `email[1]`, `adr[home 1].street`; which of them fills what, a
module's mapping says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core.exchange.blocks_table import BlocksTable, known_again, open_blocks
from core.exchange.content_lines import Block, Line
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.frozen import frozen

_N = ("family", "given", "additional", "prefix", "suffix")
_ADR = ("po_box", "extended", "street", "city", "region", "postal_code", "country")
_PLAIN = ("NICKNAME", "TITLE", "ROLE", "UID", "CATEGORIES", "REV", "LANG")
_LEFT_OUT = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:T.*)?")
_SPELLING = re.compile(r"[ ./()\-]")
_LABEL = re.compile(r"_\$!<(.*)>!\$_")


@frozen(kw_only=True)
class VcardTable(BlocksTable):
    """Cards with their properties as columns."""

    names = frozenset({"VCARD"})

    def cells(self, block: Block) -> dict[str, str]:
        """The cells of a card."""
        return cells_of(block)


def open_vcard(
    path: Path, *, encoding: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> VcardTable:
    """Look at a file and return its table; ExchangeError if it holds no cards."""
    return open_blocks(VcardTable, path, "vcard", "vCard", encoding, limits)


def cells_of(block: Block) -> dict[str, str]:
    """The cells of one card by the names of their columns."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    labels = {
        line.group: _LABEL.sub(r"\1", line.text)
        for line in block.lines
        if line.name == "X-ABLABEL" and line.group
    }
    for line in block.lines:
        for name, text in _cells(line, counts, labels):
            if text.strip():
                found.setdefault(name, text.strip())
    notes = [line.text for line in block.lines if line.name == "NOTE"]
    if notes:
        found["note"] = "\n\n".join(note.strip() for note in notes)
    _name(found)
    _kind(block, found)
    known_again(found)
    return found


def _cells(
    line: Line, counts: dict[str, int], labels: dict[str, str]
) -> Iterator[tuple[str, str]]:
    name = line.name
    if name == "FN" or name in _PLAIN:
        yield name.lower(), line.text
    elif name == "N":
        for key, text in zip(_N, line.parts(), strict=False):
            yield f"n.{key}", text.replace(",", " ") if key == "additional" else text
    elif name == "ORG":
        whole = line.parts()
        yield "org", whole[0]
        yield "org.unit", ", ".join(part for part in whole[1:] if part)
    elif name in ("BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "X-MS-ANNIVERSARY"):
        yield ("bday" if name == "BDAY" else "anniversary"), _day(line.text)
    elif name == "TEL":
        yield from _numbered(_phone(line), line, counts, labels)
    elif name in ("EMAIL", "URL"):
        yield from _numbered(name.lower(), line, counts, labels)
    elif name == "ADR":
        yield from _address(line, counts)


def _numbered(
    kind: str, line: Line, counts: dict[str, int], labels: dict[str, str]
) -> Iterator[tuple[str, str]]:
    text = line.text.removeprefix("tel:").removeprefix("mailto:").strip()
    same = f"{kind} {_SPELLING.sub('', text).casefold()}"
    if not text or same in counts:
        # Programs write one number for home and for work; it is one number.
        return
    counts[same] = 1
    counts[kind] = number = counts.get(kind, 0) + 1
    inner = f"{kind} {number}" if kind in ("mobile", "fax", "phone") else str(number)
    start = "tel" if kind in ("mobile", "fax", "phone") else kind
    yield f"{start}[{inner}]", text
    yield f"{start}[{inner}].label", labels.get(line.group) or _place(line)


def _phone(line: Line) -> str:
    types = line.types
    if "FAX" in types:
        return "fax"
    return "mobile" if types & {"CELL", "MOBILE", "IPHONE"} else "phone"


def _place(line: Line) -> str:
    """Where a number belongs: home, work, or nothing said."""
    types = line.types
    return "home" if "HOME" in types else "work" if "WORK" in types else ""


def _address(line: Line, counts: dict[str, int]) -> Iterator[tuple[str, str]]:
    parts = dict(zip(_ADR, line.parts(), strict=False))
    parts = {key: " ".join(text.split()) for key, text in parts.items()}
    if not any(parts.values()):
        return
    kind = _place(line) or "other"
    counts[f"adr {kind}"] = number = counts.get(f"adr {kind}", 0) + 1
    extended = parts.get("extended", "")
    if extended and not parts.get("street"):
        # Some programs keep a whole address in the place of the addition.
        parts["street"], parts["extended"] = extended, ""
    for key, text in parts.items():
        yield f"adr[{kind} {number}].{key}", text


def _day(text: str) -> str:
    """A day in ISO form; one without a year stays out."""
    found = _DAY.fullmatch(text.strip())
    return "" if found is None else "-".join(found.groups())


def _name(found: dict[str, str]) -> None:
    """A card needs a name: what else it says of itself stands in."""
    if not found.get("fn"):
        keys = ("n.prefix", "n.given", "n.additional", "n.family", "n.suffix")
        name = " ".join(found[key] for key in keys if found.get(key))
        others = ("org", "nickname", "email[1]", "tel[mobile 1]", "tel[phone 1]")
        name = name or next((found[key] for key in others if found.get(key)), "")
        if name:
            found["fn"] = name


def _kind(block: Block, found: dict[str, str]) -> None:
    """Whether the card is of a person or an organisation; no card works for itself."""
    line = block.first("KIND") or block.first("X-ADDRESSBOOKSERVER-KIND")
    company = block.first("X-ABSHOWAS")
    said = line.text.strip().casefold() if line is not None else ""
    named = found.get("n.family") or found.get("n.given")
    is_org = said in ("org", "organization") or (
        company is not None and company.text.strip().casefold() == "company"
    )
    if not said and not named and found.get("org") and found["org"] == found.get("fn"):
        is_org = True
    found["kind"] = "org" if is_org else "individual"
    if is_org:
        found.pop("org", None)
