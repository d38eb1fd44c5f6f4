"""Small modules for tests of the registry: written from one text, built at once."""

import re
from dataclasses import dataclass
from pathlib import Path

from core.diagnostics import Diagnostics
from core.fieldtypes import builtin_catalog
from core.registry import Registry, build_registry, discover, order

MANIFEST = "module: {name}\ntitle: {name}\nversion: 1.0.0\n"


@dataclass(frozen=True)
class Built:
    """What came of the modules of a test."""

    registry: Registry
    diagnostics: Diagnostics

    @property
    def codes(self) -> list[str]:
        """The codes reported, in the order of files and lines."""
        return [item.code for item in self.diagnostics]

    @property
    def messages(self) -> list[str]:
        """The messages reported, in the same order."""
        return [item.message for item in self.diagnostics]


def write_modules(folder: Path, text: str) -> None:
    """Write the files of a text in which `== module/path` begins each file.

    Modules without a manifest get one that depends on nothing.
    """
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        path = folder / name.strip()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, "utf-8")
    for place in folder.iterdir():
        manifest = place / "module.yml"
        if place.is_dir() and place.name != "overlay" and not manifest.exists():
            manifest.write_text(MANIFEST.format(name=place.name), "utf-8")


def build(folder: Path, wanted: list[str] | None = None) -> Built:
    """Build the registry of all modules in a folder; `overlay` lies over them."""
    found = Diagnostics()
    modules = discover([folder], found, entry_points=False)
    ordered = order(modules, wanted, found)
    overlay = folder / "overlay"
    overlays = [overlay] if overlay.is_dir() else []
    registry = build_registry(ordered, builtin_catalog(), found, overlays=overlays)
    return Built(registry, found)


def built(folder: Path, text: str, wanted: list[str] | None = None) -> Built:
    """Write and build modules."""
    write_modules(folder, text)
    return build(folder, wanted)
