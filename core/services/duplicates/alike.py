"""When values count as the same: numbers by their last digits, texts by likeness."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any

from core.compiler import Compared, CompiledMatch
from core.compiler.duplicates import PHONE_SIGNS, PHONE_TAIL
from core.expressions import LEAST, Record, fold

#: Numbers with fewer digits are extensions, not numbers.
_SHORTEST_NUMBER = 6
#: More groups of letters tell texts no better apart.
_CRUMBS = 16
_WORDS = re.compile(r"[^\W_]+")
_SIGNS = MappingProxyType(str.maketrans("", "", PHONE_SIGNS))


def phone_key(text: str) -> str | None:
    """The last digits of a number, None for what is too short to be one."""
    bare = text.translate(_SIGNS)
    found = re.match(r"\d+", bare)
    digits = "" if found is None else found.group()
    return digits[-PHONE_TAIL:] if len(digits) >= _SHORTEST_NUMBER else None


def likeness(one: str, other: str) -> int:
    """How much two texts are alike, in percent: 100 less the share of changes.

    Case, accents and signs do not count, nor does the order of words. A change is a
    letter put in, left out or exchanged (Levenshtein); the share is of the longer text.
    """
    first, second = _words(one), _words(other)
    straight = _share(" ".join(first), " ".join(second))
    if len(first) == 1 and len(second) == 1:
        return straight
    return max(straight, _share(" ".join(sorted(first)), " ".join(sorted(second))))


def changes_allowed(text: str, score: int) -> int:
    """How many letters may differ from a text of this length."""
    return len(text) * (100 - score) // score


def pieces(text: str, score: int) -> list[str]:
    """Parts of a text of which one at least is in every text that is so much alike.

    Who changes k letters leaves one of k + 1 parts alone. Parts shorter than three
    letters find too much: of short texts some likenesses stay unfound.
    """
    parts = sorted(set(_words(text)), key=len, reverse=True)
    wanted = changes_allowed(" ".join(_words(text)), score) + 1
    while parts and len(parts) < wanted and len(parts[0]) >= 2 * LEAST:
        longest = parts.pop(0)
        half = len(longest) // 2
        parts += [longest[:half], longest[half:]]
        parts.sort(key=len, reverse=True)
    return [part for part in parts[:wanted] if len(part) >= LEAST]


def crumbs(text: str) -> list[str]:
    """Groups of three letters, by whose number texts are roughly put in order."""
    return [
        word[at : at + LEAST]
        for word in _words(text)
        for at in range(0, len(word) - LEAST + 1, LEAST)
    ][:_CRUMBS]


def _words(text: str) -> list[str]:
    return _WORDS.findall(fold(text))


def _share(one: str, other: str) -> int:
    longest = max(len(one), len(other))
    if not longest:
        return 0
    return 100 - -(-100 * distance(one, other) // longest)


def distance(one: str, other: str) -> int:
    """The Levenshtein distance: letters put in, left out or exchanged."""
    if one == other:
        return 0
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, wanted in enumerate(other, 1):
            exchanged = before[column - 1] + (letter != wanted)
            here.append(min(before[column] + 1, here[-1] + 1, exchanged))
        before = here
    return before[-1]


def values_of(record: Record, path: Sequence[str]) -> tuple[Any, ...]:
    """The values of a path that are there: one of the record, or one per row."""
    if len(path) == 1:
        value = record.values.get(path[0])
        return () if value in (None, "") else (value,)
    rows: Iterable[Record] = record.relations.get(path[0]) or ()
    found = (row.values.get(path[1]) for row in rows)
    return tuple(dict.fromkeys(value for value in found if value not in (None, "")))


def keys_of(part: Compared, values: Iterable[Any]) -> set[Any]:
    """The forms of values under which equal ones are equal; of exact and phone."""
    if part.way == "phone":
        found = {phone_key(str(value)) for value in values}
        return {key for key in found if key is not None}
    return {fold(value) if part.folded else value for value in values}


def agree(match: CompiledMatch, one: Record, other: Record) -> int | None:
    """The likeness of two records by a match, None if something differs."""
    least = 100
    for part in match.parts:
        mine, theirs = values_of(one, part.path), values_of(other, part.path)
        if part.way != "fuzzy":
            if not keys_of(part, mine) & keys_of(part, theirs):
                return None
            continue
        best = max((likeness(str(a), str(b)) for a in mine for b in theirs), default=0)
        if best < match.score:
            return None
        least = min(least, best)
    return least
