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
from tests.architecture.probe import assigned_names, problems
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


#: Files of a package, and those of which something is told, with what.
WORLDS = (
    (
        {
            "__init__.py": "",
            "low.py": "A = 1",
            "mid.py": "from odd.low import A\nB = A",
            "top.py": "from odd import mid\nfrom odd.low import A\nC = mid.B",
        },
        {},
    ),
    (
        # Two that need each other, whichever comes first.
        {
            "__init__.py": "",
            "a.py": "from odd.b import B\nA = 1",
            "b.py": "from odd.a import A\nB = 1",
            "c.py": "from odd.a import A",
        },
        {"a.py": "partially", "b.py": "partially", "c.py": "partially"},
    ),
    (
        # Works from one end only.
        {
            "__init__.py": "",
            "first.py": "A = 1\nfrom odd.last import B",
            "last.py": "from odd.first import A\nB = 1",
        },
        {"last.py": "partially"},
    ),
    (
        # Somebody else has to have imported what it uses.
        {
            "__init__.py": "",
            "given.py": "X = 1",
            "takes.py": "import odd.given",
            "uses.py": "import odd\nY = odd.given.X",
        },
        {"uses.py": "has no attribute"},
    ),
    (
        # A package that brings along what lies in it.
        {
            "__init__.py": "",
            "deep/__init__.py": "from odd.deep.one import A",
            "deep/one.py": "A = 1",
            "deep/two.py": "from odd.deep import A, later",
            "deep/later.py": "from odd.deep.one import A",
        },
        {},
    ),
    (
        {"__init__.py": "", "keeps.py": "SEEN = []", "lost.py": "import odd.nowhere"},
        {"keeps.py": "holds a list", "lost.py": "No module named"},
    ),
    (
        {"__init__.py": "", "loud.py": "import warnings\nwarnings.warn('old')"},
        {"loud.py": "old"},
    ),
)


@pytest.mark.parametrize(("files", "wanted"), WORLDS)
def test_what_is_wrong_with_a_file_is_told(tmp_path, monkeypatch, files, wanted):
    for name, text in files.items():
        path = tmp_path / "odd" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    sources = [Source(f"odd/{name}", text) for name, text in files.items()]
    told = dict(line.split(": ", 1) for line in problems("odd", sources))
    assert {name.removeprefix("odd/") for name in told} == set(wanted)
    for name, part in wanted.items():
        assert part in told[f"odd/{name}"]
    assert not [name for name in sys.modules if name.split(".")[0] == "odd"]


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
