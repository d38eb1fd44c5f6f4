"""Rows of a file as values for a save: links found, lines put together.

Called by the import per chunk. A problem of a cell is kept with its row and column; the
row takes no further part then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.exchange.create_missing import create_missing
from core.exchange.fit import Filled, Fitted
from core.exchange.paths import LineLabel, Slot
from core.exchange.reading_cells import Reader
from core.exchange.report import RowError
from core.exchange.table import ABSENT, Exact, Row
from core.exchange.targets import Targets
from core.fieldtypes import BadValue
from core.services import Transaction

_MOST_LEFT = 50
LineKey = tuple[str, str, int]
Work = Callable[[Transaction, Fitted, "Sequence[Draft]"], None]


@dataclass(slots=True)
class Draft:
    """One row on its way: the values of the record and of its labelled lines."""

    row: Row
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[LineKey, dict[str, Any]] = field(default_factory=dict)
    labels: dict[LineKey, LineLabel] = field(default_factory=dict)
    key: str | None = None
    keys: dict[str, str] = field(default_factory=dict)
    external: list[tuple[str, str]] = field(default_factory=list)
    id: int | None = None
    version: int | None = None
    changed: bool = False
    cleared: list[Slot] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def error(
        self,
        reason: str,
        code: str,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        """Note what is wrong; the row is left out."""
        shown = None if value is None else value[:200]
        self.errors.append(RowError(self.row.line, column, shown, reason, code))


class Assembler:
    """Turns rows into drafts for one mapping."""

    def __init__(
        self,
        fitted: Fitted,
        readers: Sequence[Reader],
        constants: Sequence[Any],
        clear: bool = False,
    ) -> None:
        self.fitted = fitted
        self.targets = Targets()
        self._key_slots = frozenset(id(one.slot) for one in fitted.keys)
        self._clear = clear
        self._made: list[tuple[str, int]] = []
        #: What was left out, for the warnings of the report.
        self.left: list[str] = []
        #: Fills what expressions work out and refuses what they find wrong.
        self.work: Work | None = None
        self._readers = list(zip(fitted.filled, readers, strict=True))
        self._constants = list(zip(fitted.constants, constants, strict=True))

    def drafts(self, rows: Sequence[Row]) -> list[Draft]:
        """Return a draft per row, as far as the row itself tells; needs no database."""
        return [self._draft(row) for row in rows]

    def complete(self, tx: Transaction, drafts: Sequence[Draft]) -> None:
        """Work out what needs the database: expressions, then links."""
        if self.work is not None:
            self.work(tx, self.fitted, drafts)
        for one, _ in self._readers:
            if one.slot.is_link:
                self._find(tx, one.slot, one, drafts)
        for (slot, _), _value in self._constants:
            if slot.is_link:
                self._find(tx, slot, None, drafts)

    def made(self) -> list[tuple[str, int]]:
        """Entity and id of what links called for since this was asked last."""
        made, self._made = self._made, []
        return made

    def _leave(self, one: Filled, text: str, place: dict[str, Any]) -> None:
        """Leave a place empty whose text names nothing, and say so once."""
        del place[one.slot.name]
        said = f"'{text[:80]}' of '{one.shown}' names nothing here and is left out."
        if said not in self.left and len(self.left) < _MOST_LEFT:
            self.left.append(said)

    def key_of(self, row: Row) -> str | None:
        """The key of a row that was saved before, None if it has none."""
        if row.problem is not None:
            return None
        draft = Draft(row)
        for one, read in self._readers:
            if id(one.slot) not in self._key_slots:
                continue
            text = self._text(one, row.cells)
            try:
                value = read(text) if text else None
            except BadValue:
                return None
            if value is not None:
                draft.keys[one.slot.path] = value if isinstance(value, str) else text
        return key_of(draft, self.fitted)

    def _draft(self, row: Row) -> Draft:
        draft = Draft(row)
        if row.problem is not None:
            draft.error(row.problem, "bad_row")
            return draft
        cells = row.cells
        for one, read in self._readers:
            if one.column.computed:
                continue
            text = self._text(one, cells)
            if text == "":
                if self._clear and text is not ABSENT:
                    draft.cleared.append(one.slot)
                continue
            try:
                _check_listed(one, text)
                self._put(draft, one.slot, read(text), text)
            except BadValue as bad:
                draft.error(bad.message, bad.code, one.shown, text)
        for (slot, text), value in self._constants:
            if slot.label is None:
                draft.values.setdefault(slot.name, value)
            else:
                found = draft.lines.get(_key(slot.label))
                if found is not None:
                    found.setdefault(slot.name, value)
            if slot.label is not None and self._always(slot):
                self._put(draft, slot, value, text)
        draft.key = key_of(draft, self.fitted)
        return draft

    def _always(self, slot: Slot) -> bool:
        """Whether a row of lines is all constants: then each record gets it."""
        assert slot.label is not None
        key = _key(slot.label)
        return not any(
            one.slot.label is not None and _key(one.slot.label) == key
            for one, _ in self._readers
        )

    def _text(self, one: Filled, cells: tuple[str, ...]) -> str:
        if len(one.cells) == 1:
            text = cells[one.cells[0]]
            text = text if type(text) is Exact else text.strip()
        else:
            parts = (cells[number].strip() for number in one.cells)
            text = one.column.join.join(part for part in parts if part)
        return one.column.values.get(text, text) if one.column.values else text

    def _put(self, draft: Draft, slot: Slot, value: Any, text: str) -> None:
        if id(slot) in self._key_slots:
            draft.keys[slot.path] = value if isinstance(value, str) else text
        if slot.kind == "external":
            draft.external.append((slot.path[1:], value))
        elif slot.kind == "lines":
            draft.values[slot.name] = _json_rows(value)
        elif slot.kind == "version":
            draft.version = _version(text)
        elif slot.kind == "id":
            pass
        elif slot.label is not None:
            key = _key(slot.label)
            draft.lines.setdefault(key, {})[slot.name] = value
            draft.labels[key] = slot.label
        else:
            draft.values[slot.name] = value

    def _find(
        self, tx: Transaction, slot: Slot, one: Filled | None, drafts: Sequence[Draft]
    ) -> None:
        """Replace the texts of a link by the ids of what they name."""
        places = [place for d in drafts if (place := _place(d, slot)) is not None]
        texts = {text for place in places for text in _names(place[slot.name], slot)}
        found = self.targets.find(tx.scene, slot, texts)
        if one is not None and one.column.missing == "create":
            made = create_missing(tx, slot, one.column, texts - found.keys())
            self._made += [(target, id_) for target, id_ in made.values()]
            found |= {text: id_ for text, (_, id_) in made.items()}
        many = slot.field is not None and slot.field.kind == "links"
        for draft in drafts:
            place = _place(draft, slot)
            if place is None:
                continue
            names = _names(place[slot.name], slot)
            missing = [name for name in names if name not in found]
            if missing and one is not None and one.column.missing == "leave":
                self._leave(one, missing[0], place)
                continue
            if missing and slot.by is not None:
                label = slot.field.label if slot.field is not None else slot.path
                reason = f"{label}: nothing is named '{missing[0]}'."
                shown = one.shown if one is not None else None
                draft.error(reason, "unknown_target", shown, missing[0])
                continue
            # Texts that nothing is named stay: the save says so, or makes a tag.
            ids = [found.get(name, name) for name in names]
            place[slot.name] = ids if many else ids[0]


def key_of(draft: Draft, fitted: Fitted) -> str | None:
    """What tells the row apart, None where a part of it is missing."""
    parts = [draft.keys.get(one.slot.path) for one in fitted.keys]
    known = [part for part in parts if part is not None]
    return " / ".join(known) if known and len(known) == len(parts) else None


def _check_listed(one: Filled, text: str) -> None:
    if one.column.only and text not in one.column.values.values():
        raise BadValue("not_listed", f"The value '{text[:60]}' is not listed.")


def _key(label: LineLabel) -> LineKey:
    return (label.lines, label.text, label.number)


def _place(draft: Draft, slot: Slot) -> dict[str, Any] | None:
    """The map that holds the text of a link, None where the row gives none."""
    if slot.label is None:
        place: dict[str, Any] | None = draft.values
    else:
        place = draft.lines.get(_key(slot.label))
    if place is None or not isinstance(place.get(slot.name), str):
        return None
    return place


def _names(text: Any, slot: Slot) -> list[str]:
    if not isinstance(text, str):
        return []
    if slot.field is not None and slot.field.kind == "links":
        if text[:1] == "[":
            return _json_names(text)
        return [part.strip() for part in text.split(",") if part.strip()]
    return [text]


def _json_names(text: str) -> list[str]:
    """The names in a JSON list, as JSON files hold them."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    return [str(one) for one in found if not isinstance(one, dict | list)]


def _version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadValue("bad_version", f"'{text[:40]}' is no version of a record.")
    return int(text)


def _json_rows(text: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        message = "This is no JSON list of rows."
        raise BadValue("bad_json", message) from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadValue("bad_json", "This is no JSON list of rows.")
    return found
