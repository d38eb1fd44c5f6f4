"""The fenced blocks of a page: kind, title, text, and the files they stand for."""

import re
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)[ ]?(.*?)\n(.*?)^```$", re.S | re.M)


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """All blocks of a page as (kind, title, text)."""
    return _BLOCK.findall(page.read_text("utf-8"))


def write_files(page: Path, folder: Path) -> list[Path]:
    """Write the blocks that are titled with a path; later ones replace earlier ones."""
    written = []
    for _, title, text in blocks(page):
        if "/" not in title:
            continue
        path = folder / title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        written.append(path)
    return written
