"""What a place for files can do, whatever lies behind it.

The services work with a `FileStore`; `opening` makes one from the configuration. Files
are named by the SHA-256 of their bytes, so the same bytes are kept once and never
change under a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol

_HASH = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z0-9]{1,16}")


class FilesUnavailable(Exception):
    """The place of the files cannot be read or written; the text says why."""


class FileGone(FilesUnavailable):
    """There are no bytes under this hash, though there should be."""


class Kept(NamedTuple):
    """A file that lies in a place: its hash, when it came and how long it is."""

    sha256: str
    at: datetime
    size: int


class FileStore(Protocol):
    """A place for files by their hash; safe under threads and processes.

    `kind` names something made from a file, such as a small picture: it can be made
    again, and goes when the file goes.
    """

    def put(self, sha256: str, source: BinaryIO) -> None:
        """Keep the bytes of an open file, from its beginning; twice does no harm."""

    def open(self, sha256: str) -> BinaryIO:
        """Open a kept file for reading; FileGone if there is none."""

    def has(self, sha256: str) -> bool:
        """Whether the bytes are there."""

    def remove(self, sha256: str) -> None:
        """Forget the bytes and all that was made from them; twice does no harm."""

    def put_made(self, sha256: str, kind: str, content: bytes) -> None:
        """Keep something made from a file."""

    def made(self, sha256: str, kind: str) -> bytes | None:
        """What was made from a file before, or None."""

    def walk(self) -> Iterator[Kept]:
        """All files that are kept, without what was made from them."""


def key_of(sha256: str, kind: str = "") -> str:
    """The name under which bytes lie: `ab/cd/<hash>`, ValueError for no hash.

    Two levels of 256 folders each keep every folder short with millions of files.
    """
    if not _HASH.fullmatch(sha256) or (kind and not _KIND.fullmatch(kind)):
        raise ValueError("a file is named by the 64 hexadecimal digits of its SHA-256")
    tail = f".{kind}" if kind else ""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}{tail}"
