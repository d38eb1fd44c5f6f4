"""The source files that the architecture tests read.

Called by every test in this folder; hands on paths and parsed files.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("core", "modules", "tests")
VENDORED = ("vendor", "vendored", "node_modules")


@dataclass(frozen=True)
class Source:
    """One text file, with its path from the root of the project."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def python_files(*folders: str) -> Iterator[Source]:
    """Yield the Python files below the folders, and `cli.py` beside all of them."""
    if folders == CODE:
        yield read(ROOT / "cli.py")
    for folder in folders:
        yield from text_files(folder, ".py")


def text_files(folder: str, *suffixes: str) -> Iterator[Source]:
    """Yield our own files with one of the suffixes; vendored ones are left out."""
    for path in sorted((ROOT / folder).rglob("*")):
        own = not set(path.relative_to(ROOT).parts) & {*VENDORED, "__pycache__"}
        if own and path.suffix in suffixes and path.is_file():
            yield read(path)


@cache
def read(path: Path) -> Source:
    """Return one file as a source; it is read and parsed once for all tests."""
    return Source(
        str(path.relative_to(ROOT)), path.read_text("utf-8", errors="replace")
    )


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and absolute name of everything that is imported anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def report(problems: list[str]) -> str:
    """Return the text an assertion shows: one problem a line."""
    return "\n  " + "\n  ".join(problems)
