"""Guesses which column of a file fills which place of an entity.

Called by the wizard and the command line when nobody brings a mapping. It compares the
words of a header with names, labels and choices of the definitions; it knows no word of
any business itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from core.compiler import Compiled, CompiledEntity, CompiledField
from core.exchange.contents import Contents, contents_of
from core.exchange.declared import is_present, mapping_for
from core.exchange.errors import BadMapping
from core.exchange.exporter import STAMP
from core.exchange.kept import find_mapping
from core.exchange.mapping import Column, Mapping
from core.exchange.paths import choice_fields, is_space, slot_at
from core.exchange.reading_cells import NUMBERS
from core.exchange.report import own_columns
from core.exchange.table import Table
from core.expressions import fold
from core.frozen import frozen
from core.registry import choices_of
from core.services import Actor, reading
from core.services.resolve import title_field

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+|\d+")
_LEAST = 0.74
#: Enough for a header whose cells leave no doubt.
_HALF = 0.5
_PASSED = frozenset({"lines", "group"})


@frozen
class TargetChoice:
    """A place that may be filled, for the drop-down of the wizard."""

    path: str
    label: str
    type: str


@frozen
class _Candidate:
    path: str
    label: str
    type: str
    spellings: tuple[frozenset[str], ...]
    rank: float


def guess_mapping(app: Any, entity: str, table: Table, language: str = "en") -> Mapping:
    """Return the kept mapping of this header, else the best guess."""
    with reading(app.runtime, Actor.system()) as reader:
        kept = find_mapping(reader, entity, table.header)
    compiled = app.runtime.compiled
    if kept is not None and is_present(compiled.registry, kept):
        return kept
    declared = mapping_for(app, entity, table)
    if declared is not None:
        return declared
    if (exact := _as_exported(compiled, entity, table)) is not None:
        return exact
    return _Guess(compiled, entity, table, language).mapping()


class _Guess:
    """One guess on its way: which header fills which place."""

    def __init__(
        self, compiled: Compiled, entity: str, table: Table, language: str
    ) -> None:
        self._owner = compiled.entity(entity)
        self._table = table
        self._language = language
        self._contents: Contents = contents_of(table)
        self._candidates = list(_candidates(compiled, entity, language))
        self._taken: dict[str, Column] = {}
        self._used: set[str] = set()

    def mapping(self) -> Mapping:
        """The best guess."""
        self._by_name(_LEAST)
        self._by_contents()
        self._by_title()
        key = self._key() or self._foreign_key()
        columns = tuple(
            sorted(
                self._taken.values(),
                key=lambda c: self._table.header.index(c.sources[0]),
            )
        )
        return Mapping(self._owner.id, columns, key=key)

    def _by_name(self, least: float) -> None:
        pairs = [
            (score + self._bonus(header), header, candidate.path)
            for header in own_columns(self._table.header)
            for candidate in self._candidates
            if (score := _score(words(header), candidate)) >= least
            and self._fits(header, candidate.path)
        ]
        for _, header, path in sorted(pairs, key=lambda found: -found[0]):
            self._take(header, path)

    def _by_contents(self) -> None:
        """Codes of a fixed form are known by their cells, whatever they are called."""
        for candidate in self._candidates:
            field = self._owner.fields.get(candidate.path)
            if field is None or not field.definition.unique:
                continue
            if field.definition.pattern is None or candidate.path in self._taken:
                continue
            told = {*candidate.spellings, words(field.definition.help or "")}
            about = frozenset[str]().union(*told)
            fitting = [
                (-len(words(header) & about), header)
                for header in self._open()
                if self._contents.is_exact(header, field)
            ]
            if fitting:
                self._take(min(fitting, key=lambda found: found[0])[1], candidate.path)

    def _by_title(self) -> None:
        """A record needs its title: half a name will do where all cells differ."""
        field = self._owner.fields.get(title_field(self._owner) or "")
        if field is None or field.definition.required is not True:
            return
        candidate = next((c for c in self._candidates if c.path == field.name), None)
        if candidate is None or field.name in self._taken:
            return
        found = [
            (score + self._bonus(header), header)
            for header in self._open()
            if (score := _score(words(header), candidate)) >= _HALF
            and self._contents.is_exact(header, field)
        ]
        if found:
            self._take(max(found, key=lambda pair: pair[0])[1], field.name)

    def _open(self) -> list[str]:
        header = own_columns(self._table.header)
        return [name for name in header if name not in self._used]

    def _take(self, header: str, path: str) -> None:
        if header not in self._used and path not in self._taken:
            self._used.add(header)
            self._taken[path] = Column((header,), path)

    def _fits(self, header: str, path: str) -> bool:
        field = self._owner.fields.get(path)
        return field is None or self._contents.fits(header, self._owner, field)

    def _bonus(self, header: str) -> float:
        """Of several columns alike the one in the reader's language, else in English.

        Where the cells differ more, they say more.
        """
        marks = {word for word in words(header) if len(word) == 2 and word.isalpha()}
        speaks = 0.0 if not marks else 0.02 if self._language in marks else -0.02
        if "en" in marks and self._language not in marks:
            speaks = 0.01
        return speaks + 0.03 * self._contents.apart(header)

    def _key(self) -> str | None:
        key = self._owner.key
        column = self._taken.get(key or "")
        if key is None or column is None:
            return None
        return key if self._contents.is_key(column.sources[0]) else None

    def _foreign_key(self) -> str | None:
        """Ids that another system gave, as `MemberID` in front, find the rows again.

        They are kept beside the record, by the words of the header: the ids of another
        kind of rows, which may be the same figures, do not meet them.
        """
        open_ones = self._open()
        if not open_ones or open_ones[0] != self._table.header[0]:
            return None
        header = open_ones[0]
        named = words(header)
        if "id" not in named or len(named) < 2 or not self._contents.is_told(header):
            return None
        space = "@" + "_".join(fold(word) for word in _WORD.findall(header))
        if not is_space(space):
            return None
        self._take(header, space)
        return space


def _as_exported(compiled: Compiled, entity: str, table: Table) -> Mapping | None:
    """The mapping of a raw export: its headers are paths, values those of the API."""
    header = own_columns(table.header)
    if header[:2] != STAMP:
        return None
    columns: list[Column] = []
    for name in header:
        try:
            slot = slot_at(compiled, entity, name)
        except BadMapping:
            # Values that are computed, and stamps.
            continue
        numeric = slot.field is not None and slot.field.type.name in NUMBERS
        columns.append(Column((name,), name, decimal="." if numeric else None))
    return Mapping(entity, tuple(columns), key="id")


def targets_of(app: Any, entity: str, language: str = "en") -> tuple[TargetChoice, ...]:
    """Return every place of an entity that a column may fill."""
    found = _candidates(app.runtime.compiled, entity, language)
    return tuple(TargetChoice(one.path, one.label, one.type) for one in found)


def words(text: str) -> frozenset[str]:
    """The words of a header such as `PostalCode` or `postal_code`, folded."""
    return frozenset(fold(word) for word in _WORD.findall(text))


def _score(header: frozenset[str], candidate: _Candidate) -> float:
    best = 0.0
    for spelling in candidate.spellings:
        if not spelling or not header:
            continue
        common = header & spelling
        overlap = 2 * len(common) / (len(header) + len(spelling))
        near = SequenceMatcher(
            None, " ".join(sorted(header)), " ".join(sorted(spelling))
        ).ratio()
        # A header may name its thing as well: the company's name is a name.
        inside = 0.76 if spelling < header and len(header) <= 2 else 0.0
        best = max(best, overlap, near if near > 0.85 else 0.0, inside)
    return best * candidate.rank


def _candidates(compiled: Compiled, entity: str, language: str) -> Iterator[_Candidate]:
    owner = compiled.entity(entity)
    for field in owner.fields.values():
        if field.kind in _PASSED or not field.writable:
            continue
        yield _plain(compiled, owner, field, language, field.name, 1.0)
    for name, lines in owner.lines.items():
        if owner.fields[name].computed:
            continue
        child = compiled.entity(lines.child)
        yield from _of_lines(compiled, owner, name, child, language, lines.back)


def _of_lines(
    compiled: Compiled,
    owner: CompiledEntity,
    name: str,
    child: CompiledEntity,
    language: str,
    back: str,
) -> Iterator[_Candidate]:
    open_ones = [
        field
        for field in child.fields.values()
        if field.writable and field.kind not in _PASSED and field.name != back
    ]
    labels = choice_fields(child)
    first = next((f for f in open_ones if f.type.text_like), None)
    if not labels or first is None:
        return
    registry = compiled.registry
    choice = labels[0]
    shown = owner.fields[name].label
    for number, option in enumerate(choices_of(choice.definition)):
        at = f"entity {child.id}/fields/{choice.name}/choices/{option.key}"
        word = registry.label(at, language)
        for field in open_ones:
            if field in labels:
                continue
            path = f"{name}[{option.key}].{field.name}"
            label = f"{shown}: {word}, {_label(compiled, child, field, language)}"
            spellings = list(_spellings(compiled, child, field, language))
            # The first text of a row stands for the row: a fax is a fax number.
            if field is first:
                spellings += [words(option.key), words(option.label), words(word)]
            if field is first and number == 0:
                spellings += [words(child.label), words(child.id.split(".")[1])]
            rank = 0.97 if number == 0 or field is first else 0.7
            yield _Candidate(path, label, field.type.name, tuple(spellings), rank)


def _plain(
    compiled: Compiled,
    owner: CompiledEntity,
    field: CompiledField,
    language: str,
    path: str,
    rank: float,
) -> _Candidate:
    label = _label(compiled, owner, field, language)
    spellings = list(_spellings(compiled, owner, field, language))
    if field.type.text_like and field.definition.required is True:
        # In a file of countries the column "Country" holds what they are called.
        spellings += [words(owner.label), words(owner.id.partition(".")[2])]
    return _Candidate(path, label, field.type.name, tuple(spellings), rank)


def _label(
    compiled: Compiled, owner: CompiledEntity, field: CompiledField, language: str
) -> str:
    return compiled.registry.label(f"entity {owner.id}/fields/{field.name}", language)


def _spellings(
    compiled: Compiled, owner: CompiledEntity, field: CompiledField, language: str
) -> Iterator[frozenset[str]]:
    yield words(field.name)
    yield words(field.label)
    yield words(_label(compiled, owner, field, language))


__all__ = ["TargetChoice", "guess_mapping", "targets_of", "words"]
