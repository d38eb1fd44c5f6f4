"""Imports each file of core by itself and looks at what it leaves behind.

Run as `python -W error -m tests.architecture.probe`; prints one problem a line. Each
file is imported in a process of its own, forked after libraries and lower layers
were loaded: what a file needs of its own layer is what may go round in a circle, as the
layer contracts keep it from needing a higher one.
"""

import ast
import contextlib
import gc
import importlib
import os
import re
import sys
import tomllib
import traceback
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.frozen import mutable_part
from tests.architecture.sources import Source, imports, python_files


def module_name(source: Source) -> str:
    """Return the dotted name under which a file is imported."""
    name = source.path.removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")


def assigned_names(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements outside functions and classes bind."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def problems(source: Source) -> Iterator[str]:
    """Import one file and yield what is wrong with it."""
    try:
        module = importlib.import_module(module_name(source))
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        yield f"does not import alone: {error!r} ({place.filename}:{place.lineno})"
        return
    for name in dict.fromkeys(assigned_names(source.tree.body)):
        if name in vars(module) and not (name.startswith("__") and name.endswith("__")):
            found = mutable_part(vars(module)[name])
            if found:
                yield f"{name} can be changed at run time: it holds a {found}"


def load_libraries(sources: list[Source]) -> None:
    """Import what the files need from elsewhere, once for all of them."""
    names = {
        name.split(".")[0] for source in sources for _, name in imports(source.tree)
    }
    for name in sorted(names - {"core"}):
        try:
            importlib.import_module(name)
        except ImportError:
            # The file that needs it will be reported.
            continue


def layers() -> list[frozenset[str]]:
    """The packages of core by layers, lowest first, as the contract names them."""
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    written = next(c["layers"] for c in contracts if c["id"] == "layers")
    return [frozenset(re.findall(r"\w+", line)) for line in reversed(written)]


def main() -> None:
    """Probe all files, layer by layer."""
    sources = [file for file in python_files("core") if "__main__" not in file.path]
    load_libraries(sources)
    sys.stdout.flush()
    left = list(sources)
    for layer in layers():
        own = [file for file in left if package_of(file) in layer]
        left = [file for file in left if file not in own]
        probe(own)
        for file in own:
            with contextlib.suppress(Exception):
                importlib.import_module(module_name(file))
    probe(left)


def package_of(source: Source) -> str:
    """`core/web/app.py` -> `web`, `core/app.py` -> `app`."""
    return source.path.split("/")[1].removesuffix(".py")


def probe(sources: list[Source]) -> None:
    """Import each file in a process of its own, as many at a time as processors."""
    # Children share the memory of their parent as long as nobody counts through it.
    gc.disable()
    gc.freeze()
    running = 0
    for source in sources:
        if running >= (os.cpu_count() or 1):
            os.wait()
            running -= 1
        running += 1
        if os.fork() == 0:
            lines = [f"{source.path}: {problem}\n" for problem in problems(source)]
            os.write(1, "".join(lines).encode())
            os._exit(0)
    for _ in range(running):
        os.wait()


if __name__ == "__main__":
    main()
