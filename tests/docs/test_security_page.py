"""The page about security says only what is there: files, functions, tests, headers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from core.web.security_headers import HEADERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
CELL = re.compile(r"`([^`]+)`")
CHAPTERS = 17


def rows(heading: str, cells: int) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert all(len(row) == cells for row in found[2:]), heading
    return found[2:]


CHECKS = rows("Checklist", 4)


def names_in(path: Path) -> set[str]:
    """Functions and classes of a file, wherever in it they stand."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def is_there(place: str, between: str) -> bool:
    file, _, name = place.partition(between)
    path = ROOT / file
    return path.is_file() and (not name or name in names_in(path))


def test_the_code_that_is_named_exists() -> None:
    named = [CELL.findall(row[2]) for row in CHECKS]
    assert all(named)
    missing = [one for cell in named for one in cell if not is_there(one, ":")]
    assert missing == []


def test_the_tests_that_are_named_exist() -> None:
    named = [CELL.findall(row[3]) for row in CHECKS]
    assert all(named)
    missing = [one for cell in named for one in cell if not is_there(one, "::")]
    assert missing == []


def test_every_chapter_of_the_standard_is_answered() -> None:
    answered = {int(row[0].split()[0].removeprefix("V")) for row in CHECKS}
    assert answered == set(range(1, CHAPTERS + 1))


@pytest.mark.parametrize("place", ["core/web/app.py:nothing", "core/nothing.py"])
def test_what_is_not_there_is_noticed(place: str) -> None:
    assert not is_there(place, ":")


def test_the_headers_that_are_told_are_those_that_are_sent() -> None:
    told = {
        CELL.findall(name)[0]: CELL.findall(value)[0]
        for name, value, _ in rows("What an answer carries", 3)
    }
    assert told.pop("Cache-Control") == "private, no-cache"
    assert told == dict(HEADERS)
