"""Thirty different mistakes in one folder: each is reported once, where it stands."""

import re
from pathlib import Path

from core.diagnostics import Diagnostics
from core.fieldtypes import builtin_catalog
from core.registry import build_registry, discover, order

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "golden" / "mistakes"
MARK = re.compile(r"# ([EW]\d{3})$")


def expected() -> set[tuple[str, int, str]]:
    """File, line and code of every line that is marked with a code."""
    return {
        (path.relative_to(FOLDER).as_posix(), number, mark.group(1))
        for path in FOLDER.rglob("*.yml")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (mark := MARK.search(line))
    }


def reported() -> list[tuple[str, int, str]]:
    diagnostics = Diagnostics()
    paths = [ROOT / "modules", FOLDER]
    modules = order(discover(paths, diagnostics, entry_points=False), None, diagnostics)
    build_registry(modules, builtin_catalog(), diagnostics)
    return [
        (found.span.file.partition("mistakes/")[2], found.span.line, found.code)
        for found in diagnostics.sorted()
    ]


def test_each_mistake_is_reported_once_on_its_line() -> None:
    found = reported()
    assert len(found) == 30
    assert set(found) == expected()


def test_the_mistakes_are_all_different() -> None:
    codes = [code for _, _, code in expected()]
    assert len(codes) == 30
    assert len(set(codes)) == 30
