"""Uploaded files of the import wizard: kept for a day, each for who uploaded it.

The wizard keeps a file here between its steps and finds it by an unguessable name.
"""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path

from werkzeug.datastructures import FileStorage

_NAME = re.compile(r"[A-Za-z0-9_-]{22,64}")
_DAY = 24 * 3600


def keep_upload(home: Path, user: int, upload: FileStorage) -> str:
    """Keep an upload and return its name; what is older than a day goes."""
    folder = _folder(home)
    _clean(folder)
    name = secrets.token_urlsafe(24)
    upload.save(_path(folder, user, name, "csv"))
    return name


def upload_path(home: Path, user: int, name: str) -> Path | None:
    """The file that somebody uploaded under a name, None if there is none."""
    return _existing(home, user, name, "csv")


def rejected_path(home: Path, user: int, name: str) -> Path:
    """Where the rows that were not taken are written."""
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    return _path(_folder(home), user, name, "rejected.csv")


def written_rejects(home: Path, user: int, name: str) -> Path | None:
    """The file of rejected rows, None if there is none."""
    return _existing(home, user, name, "rejected.csv")


def _existing(home: Path, user: int, name: str, kind: str) -> Path | None:
    # The name comes from an address, so it must not lead anywhere else.
    if not _NAME.fullmatch(name):
        return None
    path = _path(_folder(home), user, name, kind)
    return path if path.is_file() else None


def _path(folder: Path, user: int, name: str, kind: str) -> Path:
    return folder / f"{user}-{name}.{kind}"


def _folder(home: Path) -> Path:
    folder = home / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _clean(folder: Path) -> None:
    limit = time.time() - _DAY
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
