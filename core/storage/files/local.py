"""Files in folders on disk, below INTARSIA_HOME/files unless told otherwise.

Made by `opening`. A file appears whole under its name or not at all, and is on the disk
before anything tells of it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from core.storage.files.place import FileGone, FilesUnavailable, Kept, key_of

_SHARD = "[0-9a-f][0-9a-f]"


class LocalFiles:
    """A FileStore in a folder; only the user of the process may read it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, sha256: str, source: BinaryIO) -> None:
        """Keep the bytes of an open file; what is there already is left alone."""
        path = self.root / key_of(sha256)
        with _told(self.root):
            if path.exists():
                # Cleaning goes by age: it was wanted again just now.
                os.utime(path)
                return
            source.seek(0)
            self._write(path, source)

    def open(self, sha256: str) -> BinaryIO:
        """Open a kept file for reading; FileGone if there is none."""
        try:
            return (self.root / key_of(sha256)).open("rb")
        except FileNotFoundError:
            raise FileGone(f"The file {sha256[:12]} is not in its folder.") from None
        except OSError as error:
            raise _unavailable(self.root, error) from error

    def has(self, sha256: str) -> bool:
        """Whether the bytes are there."""
        return (self.root / key_of(sha256)).is_file()

    def remove(self, sha256: str) -> None:
        """Forget the bytes and all that was made from them."""
        path = self.root / key_of(sha256)
        with _told(self.root):
            for one in (path, *path.parent.glob(f"{sha256}.*")):
                one.unlink(missing_ok=True)

    def put_made(self, sha256: str, kind: str, content: bytes) -> None:
        """Keep something made from a file."""
        with _told(self.root):
            self._write(self.root / key_of(sha256, kind), BytesIO(content))

    def made(self, sha256: str, kind: str) -> bytes | None:
        """What was made from a file before, or None."""
        try:
            return (self.root / key_of(sha256, kind)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(self.root, error) from error

    def walk(self) -> Iterator[Kept]:
        """All files that are kept, in the order of their hashes."""
        for folder in sorted(self.root.glob(f"{_SHARD}/{_SHARD}")):
            for path in sorted(folder.iterdir()):
                if len(path.name) == 64:
                    with suppress(FileNotFoundError):
                        found = path.stat()
                        at = datetime.fromtimestamp(found.st_mtime, UTC)
                        yield Kept(path.name, at, found.st_size)

    def _write(self, path: Path, source: BinaryIO) -> None:
        """Write beside, bring to the disk, then give it its name."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, own = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as target:
                shutil.copyfileobj(source, target, 1024 * 1024)
                target.flush()
                os.fsync(target.fileno())
            # A new name, not the old one touched: a rename replaces atomically.
            os.replace(own, path)
        except BaseException:
            Path(own).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Bring the new name itself to the disk; not every system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unavailable(root, error) from error


def _unavailable(root: Path, error: OSError) -> FilesUnavailable:
    return FilesUnavailable(
        f"The folder of the files, '{root}', cannot be used: {error.strerror}."
    )
