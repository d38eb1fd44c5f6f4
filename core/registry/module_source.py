"""One module as it was found: its manifest and where its files lie.

Made by core.registry.discover from module.yml alone, before any other file and before
any Python of the module is touched; ordered by core.registry.order, read by read.
"""

from __future__ import annotations

from pathlib import Path

from core.definitions import ModuleDef
from core.frozen import frozen


@frozen
class ModuleSource:
    """A module's manifest and folder; `shown_as` begins the file names in messages."""

    definition: ModuleDef
    folder: Path
    shown_as: str

    @property
    def name(self) -> str:
        """The module's name, which is the manifest's id."""
        return self.definition.id
