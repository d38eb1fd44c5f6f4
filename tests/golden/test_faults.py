"""Thirty faults of behaviour in one folder: each is found on its line, and no other."""

import re
from pathlib import Path

from core.diagnostics import Diagnostics
from core.fieldtypes import builtin_catalog
from core.registry import build_registry, discover, order

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "golden" / "faults"
MARK = re.compile(r"# (W\d{3})$")


def expected() -> set[tuple[str, int, str]]:
    """File, line and code of every line that is marked with a code."""
    return {
        (path.relative_to(FOLDER).as_posix(), number, mark.group(1))
        for path in FOLDER.rglob("*.yml")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (mark := MARK.search(line))
    }


def reported(*folders: Path) -> list[tuple[str, int, str]]:
    diagnostics = Diagnostics()
    paths = [ROOT / "modules", *folders]
    modules = order(discover(paths, diagnostics, entry_points=False), None, diagnostics)
    build_registry(modules, builtin_catalog(), diagnostics)
    return sorted(
        (found.span.file.partition("faults/")[2], found.span.line, found.code)
        for found in diagnostics
    )


def test_each_fault_is_found_once_on_its_line() -> None:
    assert len(expected()) == 30
    assert reported(FOLDER) == sorted(expected())


def test_the_shipped_modules_have_none() -> None:
    assert reported(ROOT / "docs" / "examples") == []
