"""How long a file, a function and a class may get."""

import ast
from types import MappingProxyType

import pytest

from tests.architecture.sources import CODE, Source, python_files, report

FILE = 400
FUNCTION = 40
CLASS = 250
METHODS = 12

# `path` or `path:name` -> why it is longer for now. Shrinks; an entry that is no
# longer needed fails the test.
ALLOWED = MappingProxyType({})


def too_long(source: Source) -> dict[str, str]:
    """Return address -> complaint for what is over a limit in one file."""
    found = {}
    if len(source.lines) > FILE:
        found[source.path] = f"{len(source.lines)} lines, at most {FILE}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            complaint = _over("lines", _length(node), FUNCTION)
        elif isinstance(node, ast.ClassDef):
            complaint = _over("lines", _length(node), CLASS) or _over(
                "public methods", _methods(node), METHODS
            )
        else:
            continue
        if complaint:
            found[f"{source.path}:{node.name}"] = complaint
    return found


def _over(what: str, count: int, limit: int) -> str:
    return f"{count} {what}, at most {limit}" if count > limit else ""


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _methods(node: ast.ClassDef) -> int:
    return sum(
        isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
        and not part.name.startswith("_")
        for part in node.body
    )


def test_nothing_is_too_long():
    found: dict[str, str] = {}
    for file in python_files(*CODE):
        found |= too_long(file)
    new = [f"{name}: {text}" for name, text in found.items() if name not in ALLOWED]
    assert not new, report(new)
    stale = [f"{name} is short enough now" for name in ALLOWED if name not in found]
    assert not stale, report(stale)


@pytest.mark.parametrize(
    "text",
    [
        "\n" * (FILE + 1),
        "def f():\n" + "    a = 1\n" * FUNCTION,
        "class C:\n" + "    a = 1\n" * CLASS,
        "class C:\n"
        + "".join(f"    def m{n}(self): ...\n" for n in range(METHODS + 1)),
        "class C:\n    async def f(self):\n" + "        a = 1\n" * FUNCTION,
    ],
    ids=["file", "function", "class", "methods", "method"],
)
def test_too_long_is_noticed(text):
    assert len(too_long(Source("core/a.py", text))) == 1


def test_the_limits_themselves_are_allowed():
    text = "def f():\n" + "    a = 1\n" * (FUNCTION - 1)
    methods = "".join(f"    def m{n}(self): ...\n" for n in range(METHODS))
    text += f"class C:\n    def _own(self): ...\n{methods}"
    text += "\n" * (FILE - text.count("\n"))
    assert not too_long(Source("core/a.py", text))
