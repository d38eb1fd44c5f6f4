"""Where a test run keeps files that nobody needs afterwards.

Called by the pytest plugin for the databases of a run; hands on a folder in memory
where the machine has one with room: on a disk, most of a test's time would go into
making and removing a thousand files.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
#: Bytes that have to be free: in the file system, on the machine, in its container.
ROOM = 6 << 30
_LIMITS = Path("/sys/fs/cgroup")


def new_scratch(prefix: str) -> Path:
    """A new folder in memory, or on the disk where memory is scarce.

    prefix: how its name begins. Whoever asks removes it.
    """
    base = MEMORY if has_room(MEMORY) else Path(tempfile.gettempdir())
    return Path(tempfile.mkdtemp(prefix=prefix, dir=base))


def has_room(folder: Path, wanted: int = ROOM) -> bool:
    """Whether a folder in memory can be written and may take so many bytes."""
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return False
    return min(shutil.disk_usage(folder).free, _machine(), _container()) >= wanted


def _machine() -> int:
    for line in _text(Path("/proc/meminfo")).splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) << 10
    return 0


def _container() -> int:
    limit = _text(_LIMITS / "memory.max").strip()
    if not limit.isdigit():
        return ROOM
    return int(limit) - int(_text(_LIMITS / "memory.current"))


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except OSError:
        return ""
