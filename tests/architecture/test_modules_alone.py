"""Each file of core imports by itself, without warnings, and keeps no state."""

import ast
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

import pytest

from core.frozen import frozen
from tests.architecture.frozen import mutable_part
from tests.architecture.probe import assigned_names
from tests.architecture.sources import ROOT, Source, python_files, report


@dataclass(frozen=True)
class Frozen:
    inner: object


@frozen
class Cheap:
    inner: object


@dataclass
class Open:
    inner: object


def by_cause(problems: list[str]) -> list[str]:
    """One line for each cause: a broken file breaks all that import it."""
    files: dict[str, list[str]] = {}
    for problem in sorted(problems):
        file, cause = problem.split(": ", 1)
        files.setdefault(cause, []).append(file)
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}: {cause}"
        for cause, names in files.items()
    ]


def test_each_file_imports_alone_and_keeps_no_state():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.architecture.probe"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stdout, report(by_cause(done.stdout.splitlines()))


def global_statements(source: Source) -> list[str]:
    return [
        f"{source.path}:{node.lineno}: global {', '.join(node.names)}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Global)
    ]


def test_no_function_changes_a_global():
    found = [line for file in python_files("core") for line in global_statements(file)]
    assert not found, report(found)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        Decimal(1),
        object(),
        ("a", frozenset({1})),
        MappingProxyType({"a": (1,)}),
        Frozen(("a",)),
        Cheap(("a",)),
        len,
        Open,
        list[str],
        int | None,
    ],
)
def test_frozen_values_are_allowed(value):
    assert mutable_part(value) is None


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {1},
        bytearray(),
        ([],),
        MappingProxyType({1: []}),
        Frozen({}),
        Cheap([]),
        Open(1),
    ],
)
def test_state_is_noticed(value):
    assert mutable_part(value)


def test_problems_of_one_cause_are_one_line():
    problems = ["core/b.py: lost", "core/a.py: lost", "core/c.py: broken"]
    assert by_cause(problems) == ["core/a.py and 1 more: lost", "core/c.py: broken"]


def test_names_bound_inside_functions_are_no_state():
    body = ast.parse(
        "A = 1\nif A:\n    B = []\ndef f():\n    C = []\nclass K:\n    D = []"
    ).body
    assert list(assigned_names(body)) == ["A", "B"]


def test_a_global_statement_is_noticed():
    assert global_statements(Source("core/a.py", "def f():\n    global A\n    A = 1"))
