"""Imports each file of core by itself and looks at what it leaves behind.

Run as `python -W error -m tests.architecture.probe`; prints one problem a line. A file
meets what a fresh process would have: none of our modules but those it brings along.
These are handed to it as their own turn left them, so that each file runs once; one
that needs the file itself runs anew, for there imports may go round in a circle.
"""

import ast
import importlib
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType

from tests.architecture.frozen import mutable_part
from tests.architecture.sources import Source, python_files

Tell = Callable[[str, BaseException], None]


@dataclass(frozen=True)
class Loaded:
    """Modules that are imported, and which of them stand in their packages by name."""

    modules: dict[str, ModuleType]
    named: tuple[tuple[str, str], ...]


class Ready:
    """Loads a module that has run already."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, _: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


class Probe:
    """Stands first among the finders of the import system.

    root: the package whose modules are ours. tell: called with the name of a module
    that cannot be imported alone and what it raised.
    """

    def __init__(self, root: str, tell: Tell) -> None:
        self.root = root
        self.tell = tell
        self.turns: list[str] = []
        self.kept: dict[str, ModuleType] = {}
        #: Name of a module -> all that is imported when it is; nothing if that fails.
        self.left: dict[str, Loaded] = {}
        # What this process needs itself; nothing else was imported before it.
        self._keep(self._loaded())

    def module(self, name: str) -> ModuleType | None:
        """The module as an import of it alone leaves it; None if that fails."""
        if name not in self.left:
            self._turn(name)
        return self.kept.get(name)

    def _turn(self, name: str) -> None:
        before = self._loaded()
        self._show(Loaded({}, ()))
        self.turns.append(name)
        try:
            importlib.import_module(name)
        except BaseException as error:
            self.left[name] = Loaded({}, ())
            self.kept.pop(name, None)
            self.tell(name, error)
        else:
            self._keep(self._loaded())
        self.turns.pop()
        self._show(before)

    def _keep(self, loaded: Loaded) -> None:
        for name, module in loaded.modules.items():
            self.kept.setdefault(name, module)
            self.left.setdefault(name, loaded)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """A module that had its turn; None lets the import system run the file."""
        if not self._is_own(name) or not self.turns or name in self.turns:
            return None
        if name.startswith(f"{self.turns[-1]}."):
            # Whoever imports it runs its package first, and that is running.
            return None
        module = self.module(name)
        if module is None or not self.left[name].modules.keys().isdisjoint(self.turns):
            return None
        self._add(self.left[name], name)
        return ModuleSpec(name, Ready(module))

    def _is_own(self, name: str) -> bool:
        return name == self.root or name.startswith(f"{self.root}.")

    def _loaded(self) -> Loaded:
        modules = {n: m for n, m in [*sys.modules.items()] if self._is_own(n)}
        pairs = [(name.rpartition(".")[0], name) for name in modules]
        named = [
            (package, name)
            for package, name in pairs
            if package in modules and _stands_in(modules[package], modules[name])
        ]
        return Loaded(modules, tuple(named))

    def _show(self, loaded: Loaded) -> None:
        """Let these be all of our modules that are imported."""
        now = self._loaded()
        for package, name in now.named:
            delattr(now.modules[package], name.rpartition(".")[2])
        for name in now.modules:
            del sys.modules[name]
        self._add(loaded)

    def _add(self, loaded: Loaded, but: str = "") -> None:
        """Import modules that had their turn, all but one."""
        for name, module in loaded.modules.items():
            if name != but:
                sys.modules.setdefault(name, module)
        for package, name in loaded.named:
            if name != but:
                setattr(
                    sys.modules.get(package) or loaded.modules[package],
                    name.rpartition(".")[2],
                    loaded.modules[name],
                )


def _stands_in(package: ModuleType, module: ModuleType) -> bool:
    return vars(package).get(module.__name__.rpartition(".")[2]) is module


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


def state(source: Source, module: ModuleType) -> Iterator[str]:
    """Yield what a module keeps that somebody could change."""
    for name in dict.fromkeys(assigned_names(source.tree.body)):
        if name in vars(module) and not (name.startswith("__") and name.endswith("__")):
            found = mutable_part(vars(module)[name])
            if found:
                yield f"{name} can be changed at run time: it holds a {found}"


def problems(root: str, sources: list[Source]) -> list[str]:
    """`path: problem` of each file below a root package that can be imported."""
    paths = {module_name(source): source.path for source in sources}
    found = []

    def tell(name: str, error: BaseException) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = f"does not import alone: {error!r} ({place.filename}:{place.lineno})"
        # What is no file at all is told of the file that asks for it.
        if name in paths:
            found.append(f"{paths[name]}: {said}")

    probe = Probe(root, tell)
    sys.meta_path.insert(0, probe)
    try:
        for source in sources:
            module = probe.module(module_name(source))
            if module is not None:
                found += [f"{source.path}: {line}" for line in state(source, module)]
    finally:
        sys.meta_path.remove(probe)
    return found


def main() -> None:
    """Probe all files of core."""
    sources = [file for file in python_files("core") if "__main__" not in file.path]
    print(*problems("core", sources), sep="\n", end="")


if __name__ == "__main__":
    main()
