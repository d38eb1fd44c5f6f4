"""All documents of the modules by kind and id, before and while they are composed.

Filled by core.registry.read; changed by the stages of composition, frozen at the end.
"""

from __future__ import annotations

from typing import TypeVar

from core.definitions import (
    ChoicesDef,
    DashboardDef,
    DecisionDef,
    EntityDef,
    ExtendDef,
    MenuDef,
    NumberingDef,
    PermissionsDef,
    SettingsDef,
    TraitDef,
    ViewDef,
)
from core.diagnostics import Diagnostics, Related
from core.source import Described, Head

D = TypeVar("D", bound=Described)


class Documents:
    """The definitions by kind; `extensions` wait until everything is read."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, Described]] = {}
        self.extensions: list[ExtendDef] = []
        # Entities of which a part could not be read, so that they may lack names.
        self.shaky: set[str] = set()

    def add(self, head: Head, body: Described, diagnostics: Diagnostics) -> None:
        """Take a document; the second one of an id is E302."""
        of_kind = self._kinds.setdefault(head.kind, {})
        first = of_kind.get(head.id)
        if first is None:
            of_kind[head.id] = body
            return
        diagnostics.error(
            "E302",
            f"there are two documents '{head.address}'",
            head.id_span,
            "defined a second time",
            "choose another id, or extend the first one",
            related=(Related(first.span, "the first one"),),
        )

    def of(self, kind: str, body: type[D]) -> dict[str, D]:
        """Return the documents of a kind by id; changing the dict changes them."""
        found = self._kinds.setdefault(kind, {})
        return found  # type: ignore[return-value]

    @property
    def entities(self) -> dict[str, EntityDef]:
        """Entities by id."""
        return self.of("entity", EntityDef)

    @property
    def traits(self) -> dict[str, TraitDef]:
        """Traits by id."""
        return self.of("trait", TraitDef)

    @property
    def choices(self) -> dict[str, ChoicesDef]:
        """Shared lists of choices by id."""
        return self.of("choices", ChoicesDef)

    @property
    def permissions(self) -> dict[str, PermissionsDef]:
        """Permissions by module."""
        return self.of("permissions", PermissionsDef)

    @property
    def menus(self) -> dict[str, MenuDef]:
        """Menus by module."""
        return self.of("menu", MenuDef)

    @property
    def settings(self) -> dict[str, SettingsDef]:
        """Settings by module."""
        return self.of("settings", SettingsDef)

    @property
    def numberings(self) -> dict[str, NumberingDef]:
        """Numberings by id."""
        return self.of("numbering", NumberingDef)

    @property
    def views(self) -> dict[str, ViewDef]:
        """Views by id."""
        return self.of("view", ViewDef)

    @property
    def dashboards(self) -> dict[str, DashboardDef]:
        """Dashboards by id."""
        return self.of("dashboard", DashboardDef)

    @property
    def decisions(self) -> dict[str, DecisionDef]:
        """Decisions by id."""
        return self.of("decision", DecisionDef)
