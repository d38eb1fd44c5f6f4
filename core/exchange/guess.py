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
from core.exchange.declared import mapping_for
from core.exchange.errors import BadMapping
from core.exchange.exporter import STAMP
from core.exchange.kept import find_mapping
from core.exchange.mapping import Column, Mapping
from core.exchange.paths import choice_fields, slot_at
from core.exchange.reading_cells import NUMBERS
from core.exchange.report import own_columns
from core.exchange.table import Table
from core.expressions import fold
from core.frozen import frozen
from core.registry import choices_of
from core.services import Actor, reading

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+|\d+")
_LEAST = 0.74
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
    if kept is not None:
        return kept
    compiled = app.runtime.compiled
    declared = mapping_for(app, entity, table)
    if declared is not None:
        return declared
    if (exact := _as_exported(compiled, entity, table)) is not None:
        return exact
    candidates = list(_candidates(compiled, entity, language))
    pairs = sorted(
        (
            (score, header, candidate)
            for header in own_columns(table.header)
            for candidate in candidates
            if (score := _score(words(header), candidate)) >= _LEAST
        ),
        key=lambda found: -found[0],
    )
    taken: dict[str, Column] = {}
    used: set[str] = set()
    for _, header, candidate in pairs:
        if header in used or candidate.path in taken:
            continue
        used.add(header)
        taken[candidate.path] = Column((header,), candidate.path)
    columns = tuple(
        sorted(taken.values(), key=lambda c: table.header.index(c.sources[0]))
    )
    key = compiled.entity(entity).key
    return Mapping(entity, columns, key=key if key in taken else None)


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
    spellings = tuple(_spellings(compiled, owner, field, language))
    return _Candidate(path, label, field.type.name, spellings, rank)


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
