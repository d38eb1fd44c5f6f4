"""How large a file, a row and a cell may be.

Read by the formats of core.exchange; the defaults hold for uploads and the command
line alike.
"""

from __future__ import annotations

from core.frozen import frozen


@frozen
class Limits:
    """Bytes of a file, characters of a row and of a cell, number of columns.

    `unpacked`: bytes that a packed file may have in all, `texts` those of its table of
    shared texts, which is held in memory. The csv parser itself stops at cells of
    131,072 characters.
    """

    file: int = 512 * 1024 * 1024
    row: int = 1_000_000
    cell: int = 100_000
    columns: int = 1_000
    unpacked: int = 2 * 1024 * 1024 * 1024
    texts: int = 96 * 1024 * 1024


DEFAULT_LIMITS = Limits()
