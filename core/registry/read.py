"""Reads the documents of one module or overlay folder into `Documents`.

Called for each module in order; it knows which kind belongs into which folder. Broken
files are marked, so that what refers to them stays quiet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.definitions import KINDS, ExtendDef, Kind
from core.diagnostics import Diagnostics
from core.registry.documents import Documents
from core.source import Head, Node, StructureReader, document_head, load_file

MANIFEST = "module.yml"
SUFFIXES = frozenset({".yml", ".yaml"})
EXTENSIONS = "extensions/"
#: The folder of test documents, which only those who run them need.
TESTS = "tests"
#: Folders of a module that hold no definitions.
OTHER_FOLDERS = frozenset({"static", "templates", "__pycache__", "node_modules"})


class FolderReader:
    """Reads one folder of YAML files; `module` is None for an overlay's folder."""

    def __init__(
        self,
        folder: Path,
        shown_as: str,
        module: str | None,
        reader: StructureReader,
        diagnostics: Diagnostics,
    ) -> None:
        self._folder = folder
        self._shown_as = shown_as
        self._module = module
        self._reader = reader
        self._diagnostics = diagnostics

    def read_into(
        self, documents: Documents, left_out: frozenset[str] = frozenset()
    ) -> None:
        """Read every YAML file below the folder, in the order of their paths.

        left_out: names of folders that are not looked into.
        """
        for path in _files(self._folder):
            place = path.relative_to(self._folder).as_posix()
            if place != MANIFEST and place.partition("/")[0] not in left_out:
                self._file(path, place, documents)

    def _file(self, path: Path, place: str, documents: Documents) -> None:
        before = len(self._diagnostics)
        nodes = load_file(path, self._diagnostics, f"{self._shown_as}/{place}")
        if len(self._diagnostics) > before:
            self._mark_by_place(place, documents)
        for node in nodes:
            self._document(node, place, documents)

    def _document(self, node: Node, place: str, documents: Documents) -> None:
        head = document_head(node, KINDS, self._diagnostics)
        if head is None:
            self._mark_by_place(place, documents)
            return
        self._check_place(head, KINDS[head.kind], place)
        if head.mode != "define":
            self._extension(head, node, documents)
            return
        body = self._reader.read(
            KINDS[head.kind].body,
            node,
            head.address,
            self._diagnostics,
            id=head.id,
            head=True,
        )
        if body is not None:
            documents.add(head, body, self._diagnostics)

    def _extension(self, head: Head, node: Node, documents: Documents) -> None:
        kind = KINDS[head.kind]
        overlay = self._module is None
        if not kind.extensible or (head.mode == "overlay") != overlay:
            fault = (
                f"documents of the kind '{head.kind}' cannot be extended"
                if not kind.extensible
                else "a module extends, only a business's folder overlays"
                if head.mode == "overlay"
                else "a business's folder overlays, only a module extends"
            )
            self._diagnostics.error("E201", fault, head.span, "not possible here")
            return
        body = self._reader.read(
            kind.body,
            node,
            head.address,
            self._diagnostics,
            id=head.id,
            head=True,
            partial=True,
        )
        if body is not None:
            by = self._module or self._folder.name
            documents.extensions.append(
                ExtendDef(head.kind, head.id, by, overlay, body, head.id_span)
            )

    def _check_place(self, head: Head, kind: Kind, place: str) -> None:
        """Check the id's module, the folder and the file's name (E206)."""
        owner = head.id.partition(".")[0]
        fault = help_ = None
        stem = place.rpartition("/")[2].rpartition(".")[0]
        if head.mode != "define":
            if self._module and not place.startswith(EXTENSIONS):
                fault = "an extension lies in the wrong place"
                help_ = f"move it to {EXTENSIONS}{head.id}.yml"
            elif self._module and stem != head.id:
                fault = f"an extension of '{head.id}' lies in '{place}'"
                help_ = f"the file is named after its target: {EXTENSIONS}{head.id}.yml"
        elif kind.by_module == ("." in head.id):
            wanted = self._module or "module"
            fault = f"'{head.id}' is no id for the kind '{kind.name}'"
            help_ = f"write '{kind.name}: {wanted}{'' if kind.by_module else '.name'}'"
        elif self._module and owner != self._module:
            fault = f"the module '{self._module}' cannot define '{head.id}'"
            help_ = f"the id begins with the module's own name: '{self._module}'"
        elif not self._module and owner != "x":
            fault = f"an overlay cannot define '{head.id}'"
            help_ = "documents of a business begin with 'x.'"
        elif not _in_place(place, kind):
            fault = f"the {kind.name} '{head.id}' lies in '{place}'"
            help_ = f"move it to {kind.place}"
        elif kind.one_per_file and stem != head.id.partition(".")[2]:
            fault = f"the {kind.name} '{head.id}' lies in '{place}'"
            name = head.id.partition(".")[2]
            help_ = f"one {kind.name} per file, named after it: {kind.place}{name}.yml"
        if fault is not None:
            label = "misplaced or misnamed"
            self._diagnostics.error("E220", fault, head.id_span, label, help_)

    def _mark_by_place(self, place: str, documents: Documents) -> None:
        """Mark what the file most probably defines, so that its users stay quiet."""
        folder, _, file = place.rpartition("/")
        stem = file.rpartition(".")[0]
        if f"{folder}/" == EXTENSIONS:
            documents.shaky.add(stem)
        if f"{folder}/" == KINDS["entity"].place:
            documents.shaky.add(f"{self._module}.{stem}")
        for kind in KINDS.values():
            if kind.place in (f"{folder}/", place):
                name = self._module if kind.by_module else f"{self._module}.{stem}"
                self._diagnostics.mark_broken(f"{kind.name} {name}")
                if not kind.one_per_file:
                    # Which ids such a file holds cannot be guessed.
                    self._diagnostics.mark_broken(f"{kind.name} {self._module}")


def _in_place(place: str, kind: Kind) -> bool:
    if kind.place.endswith("/"):
        return place.startswith(kind.place)
    return place == kind.place


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if path.name not in OTHER_FOLDERS:
                yield from _files(path)
        elif path.suffix in SUFFIXES:
            yield path
