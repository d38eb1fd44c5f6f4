"""Small modules written as text, compiled for the tests of compiler and migrations."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.compiler import Compiled, compile_application
from core.diagnostics import Diagnostics, render_all
from core.fieldtypes.catalog import builtin_catalog
from core.registry import Registry, build_registry, discover, order

BASE = {
    "module.yml": "module: base\ntitle: Base\nversion: 1.0.0\n",
    "entities/user.yml": "entity: base.user\ntitle: name\nfields:\n"
    "  name: {type: text, required: true, search: true}\n",
    "entities/company.yml": "entity: base.company\ntitle: name\nfields:\n"
    "  name: {type: text, required: true}\n"
    "  currency: {type: link, to: base.currency}\n",
    "entities/currency.yml": "entity: base.currency\nkey: code\ntitle: code\nfields:\n"
    "  code: {type: text, length: 3, required: true, unique: true}\n"
    "  decimals: {type: integer, default: 2}\n",
}


@dataclass(frozen=True)
class World:
    """Where modules are written and compiled from."""

    folder: Path

    def write(self, module: str, files: Mapping[str, str]) -> None:
        """Write files of a module; an empty text removes one."""
        for name, text in files.items():
            path = self.folder / module / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text:
                path.write_text(text, "utf-8")
            else:
                path.unlink(missing_ok=True)

    def registry(self, enabled: list[str] | None = None) -> Registry:
        """The registry; any problem of the YAML fails the test."""
        diagnostics = Diagnostics()
        found = discover([self.folder], diagnostics, entry_points=False)
        modules = order(found, enabled, diagnostics)
        registry = build_registry(modules, builtin_catalog(), diagnostics)
        assert not diagnostics.has_errors, render_all(diagnostics, lambda file: None)
        return registry

    def compiled(
        self, dialect: str = "sqlite", enabled: list[str] | None = None
    ) -> Compiled:
        """The compiled application."""
        return compile_application(self.registry(enabled), builtin_catalog(), dialect)


def world(folder: Path, files: Mapping[str, str], module: str = "shop") -> World:
    """A world with the module `base` and one module of its own."""
    made = World(folder)
    made.write("base", BASE)
    needs = "depends: {base: '>=1.0'}"
    head = f"module: {module}\ntitle: Shop\nversion: 1.0.0\n{needs}\n"
    made.write(module, {"module.yml": head, **files})
    return made
