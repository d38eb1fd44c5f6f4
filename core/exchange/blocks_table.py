"""Tables whose rows are blocks of content lines: cards, appointments.

Base of the vCard and the iCalendar reader.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import ClassVar, TypeVar

from core.exchange.content_lines import Block, blocks
from core.exchange.encoding import find_encoding
from core.exchange.errors import ExchangeError
from core.exchange.limits import Limits
from core.exchange.table import ABSENT, Exact, Row, Table
from core.frozen import frozen


@frozen(kw_only=True)
class BlocksTable(Table):
    """Blocks with their properties as columns; `names` are those that are rows."""

    names: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def cells(self, block: Block) -> dict[str, str]:
        """The cells of a block; ExchangeError says why it has none."""

    def rows(self) -> Iterator[Row]:
        """Read all blocks; may be called again."""
        for block, done in blocks(self.path, self.encoding, self.names, self.limits):
            cells, problem = self.tried(block)
            row = tuple(Exact(cells[n]) if n in cells else ABSENT for n in self.header)
            raw = "\n".join(block.raw)
            yield Row(block.line, row, problem, done, raw)

    def tried(self, block: Block) -> tuple[dict[str, str], str | None]:
        """The cells of a block, or what is wrong with it."""
        if block.problem is not None:
            return {}, block.problem
        try:
            cells = self.cells(block)
        except ExchangeError as error:
            return {}, error.message
        long = next((n for n, t in cells.items() if len(t) > self.limits.cell), None)
        if long is not None:
            return {}, f"'{long}' has more than {self.limits.cell:,} characters."
        return cells, None


def known_again(cells: dict[str, str]) -> None:
    """Give a block without a UID one made of its content.

    Programs leave it out, and the same file imported twice would make everything twice.
    """
    if cells.get("uid"):
        return
    text = "\x1f".join(f"{name}\x1e{cells[name]}" for name in sorted(cells))
    cells["uid"] = f"content-{sha256(text.encode()).hexdigest()[:32]}"


T = TypeVar("T", bound=BlocksTable)


def open_blocks(
    kind: type[T],
    path: Path,
    format: str,
    shown: str,
    encoding: str | None,
    limits: Limits,
) -> T:
    """Look at a file and return its table; ExchangeError if it holds no blocks."""
    found = find_encoding(path, encoding)
    table = kind(
        path=path,
        header=(),
        size=path.stat().st_size,
        limits=limits,
        format=format,
        encoding=found.name,
        warnings=(found.warning,) if found.warning else (),
    )
    names: dict[str, None] = {}
    number = 0
    for block, _ in blocks(path, found.name, kind.names, limits):
        number += 1
        for name in table.tried(block)[0]:
            names.setdefault(name)
        if len(names) > limits.columns:
            raise ExchangeError(f"'{path.name}' has too many different properties.")
    if not number:
        raise ExchangeError(f"'{path.name}' holds no {shown}.")
    return kind(
        path=path,
        header=tuple(names) or ("uid",),
        size=table.size,
        limits=limits,
        format=format,
        encoding=found.name,
        warnings=table.warnings,
    )
