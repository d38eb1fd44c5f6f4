"""The words of a search box as conditions of a query.

Called by core.services.query and plan. A record is found when each word is part of one
of its search fields that the actor may read, without regard to case and accents.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.expressions import LEAST, contains_folded, fold, search_index
from core.frozen import frozen

MOST = 8


@frozen
class Word:
    """One word: the names of its two bind parameters, and whether an index finds it."""

    number: int
    indexed: bool

    @property
    def parameter(self) -> str:
        """The parameter that holds the folded word."""
        return f"search_{self.number}"


def words_of(text: str | None) -> tuple[tuple[Word, ...], dict[str, str]]:
    """The words of a search box, and the values of their parameters."""
    found = [] if not text else fold(text).split()[:MOST]
    words = tuple(Word(n, len(word) >= LEAST) for n, word in enumerate(found))
    return words, {w.parameter: word for w, word in zip(words, found, strict=True)}


def have_words(
    row: sa.FromClause, names: Sequence[str], words: Sequence[Word], dialect: str
) -> list[sa.ColumnElement[bool]]:
    """Conditions under which each word is in one of the fields."""
    keys = [f"{name}__fold" for name in names if f"{name}__fold" in row.c]
    if not keys:
        return [sa.false()]
    parts = {w: sa.bindparam(w.parameter, type_=sa.String) for w in words}
    long = [part for word, part in parts.items() if word.indexed]
    found = list(search_index(row, keys, long, dialect))
    # What SQLite's index says needs no second look.
    exact = bool(found) and dialect == "sqlite"
    for word, part in parts.items():
        if not (exact and word.indexed):
            found.append(contains_folded(row, keys, part, dialect))
    return found
