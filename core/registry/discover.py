"""Finds modules by their manifests; reads nothing else and imports no Python of theirs.

Called first of all stages, with the folders of the configuration; hands on one
`ModuleSource` per module found, whether it is on or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import entry_points as installed_entry_points
from importlib.util import find_spec
from pathlib import Path

from core.definitions import KINDS, ModuleDef
from core.diagnostics import Diagnostics, Related
from core.registry.module_source import ModuleSource
from core.source import StructureReader, document_head, load_file

MANIFEST = "module.yml"
ENTRY_POINTS = "intarsia.modules"


def discover(
    paths: Sequence[Path], diagnostics: Diagnostics, *, entry_points: bool = True
) -> tuple[ModuleSource, ...]:
    """Return all modules of the folders and of installed packages, by name.

    Each path is a module's folder or a folder of modules; one that is not there counts
    as empty. A module found twice is E302, a broken manifest is reported and left out.
    """
    reader = StructureReader()
    found: dict[str, ModuleSource] = {}
    for folder, by_package in _folders(paths, entry_points):
        module = _manifest(folder, by_package, reader, diagnostics)
        if module is None:
            continue
        first = found.get(module.name)
        if first is None:
            found[module.name] = module
        elif first.folder.resolve() != folder.resolve():
            _twice(first, module, diagnostics)
    return tuple(found[name] for name in sorted(found))


def _folders(paths: Sequence[Path], packages: bool) -> Iterator[tuple[Path, bool]]:
    for path in paths:
        if (path / MANIFEST).is_file():
            yield path, False
        elif path.is_dir():
            for folder in sorted(path.iterdir()):
                if (folder / MANIFEST).is_file():
                    yield folder, False
    if packages:
        yield from ((folder, True) for folder in _package_folders())


def _package_folders() -> Iterable[Path]:
    """Folders of installed packages that declare themselves to be modules."""
    for point in installed_entry_points(group=ENTRY_POINTS):
        # find_spec of a top-level package looks for its files without running them.
        spec = find_spec(point.value.partition(":")[0].partition(".")[0])
        for place in (spec and spec.submodule_search_locations) or ():
            folder = Path(place, *point.value.partition(":")[0].split(".")[1:])
            if (folder / MANIFEST).is_file():
                yield folder


def _manifest(
    folder: Path, by_package: bool, reader: StructureReader, diagnostics: Diagnostics
) -> ModuleSource | None:
    shown = shown_path(folder)
    problems = len(diagnostics)
    nodes = load_file(folder / MANIFEST, diagnostics, f"{shown}/{MANIFEST}")
    head = None if not nodes else document_head(nodes[0], KINDS, diagnostics)
    if head is None or head.kind != "module":
        if head is not None or len(diagnostics) == problems:
            diagnostics.error(
                "E201",
                "a manifest begins with 'module:'",
                head.span if head else None,
                help=f"write 'module: {folder.name}' on the first line",
            )
        diagnostics.mark_broken(f"module {folder.name}")
        return None
    if not by_package and head.id != folder.name:
        diagnostics.error(
            "E220",
            f"the module '{head.id}' lies in a folder called '{folder.name}'",
            head.id_span,
            "differs from the folder's name",
            f"rename the folder to '{head.id}' or the module to '{folder.name}'",
        )
        diagnostics.mark_broken(f"module {folder.name}")
    definition = reader.read(
        ModuleDef, nodes[0], head.address, diagnostics, id=head.id, head=True
    )
    if definition is None:
        diagnostics.mark_broken(head.address)
        return None
    return ModuleSource(definition, folder, shown)


def shown_path(folder: Path) -> str:
    """Return a folder as messages name it: relative to the working folder if within."""
    try:
        return folder.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return folder.as_posix()


def _twice(first: ModuleSource, second: ModuleSource, diagnostics: Diagnostics) -> None:
    diagnostics.error(
        "E302",
        f"the module '{second.name}' is there twice",
        second.definition.span,
        "found here as well",
        "remove one of the two folders",
        related=(Related(first.definition.span, "the first one"),),
    )
