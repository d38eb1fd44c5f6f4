"""Uploaded files of the import wizard: kept for a day, each for who uploaded it.

The wizard keeps a file here between its steps and finds it by an unguessable name;
beside it lie the rejected rows and how far an import has come.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from pathlib import Path
from typing import Any, Final

from werkzeug.datastructures import FileStorage

_NAME = re.compile(r"[A-Za-z0-9_-]{22,64}")
_DAY = 24 * 3600
_SILENT = 120
KINDS: Final = ("csv", "tsv", "txt", "xlsx", "xlsm", "json", "jsonl", "ndjson")
MORE_KINDS: Final = (*KINDS, "xml", "eml", "mbox", "vcf", "vcard", "ics", "ical")
#: Files that are only read: what was rejected comes back as CSV.
_READ_ONLY: Final = frozenset({"xml", "eml", "mbox"})


def keep_upload(home: Path, user: int, upload: FileStorage) -> str:
    """Keep an upload and return its name; what is older than a day goes."""
    folder = _folder(home)
    _clean(folder)
    name = secrets.token_urlsafe(24)
    called = Path(upload.filename or "").name
    ending = Path(called).suffix.casefold().removeprefix(".")
    upload.save(_path(folder, user, name, ending if ending in MORE_KINDS else "csv"))
    _path(folder, user, name, "name").write_text(called[:200], "utf-8")
    return name


def upload_path(home: Path, user: int, name: str) -> Path | None:
    """The file that somebody uploaded under a name, None if there is none."""
    found = (_existing(home, user, name, kind) for kind in MORE_KINDS)
    return next((path for path in found if path is not None), None)


def upload_name(home: Path, user: int, name: str) -> str:
    """How the file was called where it came from."""
    path = _existing(home, user, name, "name")
    return "" if path is None else path.read_text("utf-8")


def rejected_path(home: Path, user: int, name: str) -> Path:
    """Where the rows that were not taken are written."""
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    file = upload_path(home, user, name)
    kind = "csv" if file is None else file.suffix.removeprefix(".")
    kind = "csv" if kind in _READ_ONLY else kind
    return _path(_folder(home), user, name, f"rejected.{kind}")


def written_rejects(home: Path, user: int, name: str) -> Path | None:
    """The file of rejected rows, None if there is none."""
    found = (_existing(home, user, name, f"rejected.{kind}") for kind in MORE_KINDS)
    return next((path for path in found if path is not None), None)


def keep_state(home: Path, user: int, name: str, state: dict[str, Any]) -> None:
    """Write how far an import has come, in one piece."""
    path = _path(_folder(home), user, name, "state")
    part = path.with_suffix(".part")
    part.write_text(json.dumps(state, default=str), "utf-8")
    part.replace(path)


def state_of(home: Path, user: int, name: str) -> dict[str, Any] | None:
    """How far an import has come; `lost` if nothing was heard of it for long."""
    path = _existing(home, user, name, "state")
    if path is None:
        return None
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if found["state"] == "running" and time.time() - path.stat().st_mtime > _SILENT:
        found["state"] = "lost"
    return found


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
