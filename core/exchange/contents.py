"""What the cells of a file say about the places that its columns may fill.

Asked by guessing, which otherwise knows the headers only: a column called "Global
code" that holds the same figure in every row is nobody's key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.compiler import CompiledEntity, CompiledField
from core.exchange.table import Table
from core.fieldtypes import BadValue
from core.frozen import frozen
from core.services.resolve import title_field

_SAMPLE = 300
#: Fewer rows say nothing about how often a value comes back.
_FEW = 5
#: Of what tells records apart, at least so many values are different ones.
_APART = 0.3
_FITTING = 0.5


@frozen
class Contents:
    """The texts of each column in the first rows of a file, empty ones included."""

    columns: Mapping[str, tuple[str, ...]]

    def share(self, header: str, fits: Callable[[str], bool] = bool) -> float:
        """How many of the filled cells fit, from 0 to 1; 1 where none is filled."""
        texts = [text for text in self.columns.get(header, ()) if text]
        return sum(map(fits, texts)) / len(texts) if texts else 1.0

    def filled(self, header: str) -> float:
        """How many of the cells are filled, from 0 to 1; 1 for a file without rows."""
        texts = self.columns.get(header, ())
        return sum(map(bool, texts)) / len(texts) if texts else 1.0

    def apart(self, header: str) -> float:
        """How many of the filled cells are different ones, from 0 to 1."""
        texts = [text for text in self.columns.get(header, ()) if text]
        return len(set(texts)) / len(texts) if len(texts) >= _FEW else 1.0

    def fits(self, header: str, owner: CompiledEntity, field: CompiledField) -> bool:
        """Whether a column may be what a field holds, as far as its cells tell."""
        told_apart = field.definition.unique or field.name == title_field(owner)
        if told_apart and self.apart(header) < _APART:
            return False
        return self.share(header, reads(field)) >= _FITTING

    def is_key(self, header: str) -> bool:
        """Whether the cells of a column may find the records again."""
        return self.filled(header) >= _FITTING and self.apart(header) >= _APART

    def is_told(self, header: str) -> bool:
        """Whether every row has a cell, and each another one."""
        texts = self.columns.get(header, ())
        return self.filled(header) == 1.0 and len(set(texts)) == len(texts) > 0

    def is_exact(self, header: str, field: CompiledField) -> bool:
        """Whether every row has a cell, each another one, that the field takes."""
        return (
            len(self.columns.get(header, ())) >= _FEW
            and self.is_told(header)
            and self.share(header, reads(field)) == 1.0
        )


def contents_of(table: Table) -> Contents:
    """Read the first rows of a file."""
    plain = table.unmarked
    rows = table.sample(_SAMPLE)
    return Contents(
        {
            name: tuple(plain(row[number].strip()) for row in rows)
            for number, name in enumerate(table.header)
        }
    )


def reads(field: CompiledField) -> Callable[[str], bool]:
    """Whether a text is a value of a field; only plain texts are looked at.

    How days and numbers are written is found out when the mapping is known.
    """
    if field.kind != "value" or not field.type.text_like:
        return lambda _: True
    take = field.type.coercer(field.definition)

    def taken(text: str) -> bool:
        try:
            take(text)
        except BadValue:
            return False
        return True

    return taken


__all__ = ["Contents", "contents_of", "reads"]
