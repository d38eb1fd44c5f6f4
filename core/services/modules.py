"""Modules as administrators see them: what there is, what is on, what each holds.

Used by the command line and the pages under Apps. Applying a plan notes which modules
are on; a running server notices and builds the next application.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.frozen import frozen
from core.storage import Database, tables

if TYPE_CHECKING:
    from core.registry import ModuleSource, Registry


@frozen
class ModuleInfo:
    """One module; `state` is enabled, disabled or available."""

    name: str
    title: str
    version: str
    state: str
    category: str
    summary: str
    icon: str
    depends: tuple[str, ...]
    needed_by: tuple[str, ...]
    python: bool
    entities: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The module as JSON data."""
        return asdict(self)


def module_states(database: Database) -> dict[str, str]:
    """Return what administrators chose: module -> enabled or disabled."""
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(tables.module.name):
            return {}
        rows = connection.execute(
            sa.select(tables.module.c.name, tables.module.c.state)
        )
        return {row.name: row.state for row in rows}


def wanted_modules(
    available: Iterable[ModuleSource], now: Iterable[str], states: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the modules to be on after a change.

    `now` are those that are on, `states` the wanted changes. What depends on a
    disabled one goes off too.
    """
    wanted = {*now, *(name for name, state in states.items() if state == "enabled")}
    gone = {name for name, state in states.items() if state == "disabled"}
    needs = {source.name: set(source.definition.depends) for source in available}
    while True:
        more = {name for name in wanted - gone if needs.get(name, set()) & gone}
        if not more:
            return tuple(sorted(wanted - gone))
        gone |= more


def describe_modules(
    available: tuple[ModuleSource, ...], registry: Registry, states: Mapping[str, str]
) -> list[ModuleInfo]:
    """Return all modules that were found, with their state, by name."""
    needed: dict[str, list[str]] = {}
    for source in available:
        for other in source.definition.depends:
            needed.setdefault(other, []).append(source.name)
    found = []
    for source in sorted(available, key=lambda one: one.name):
        definition = source.definition
        on = source.name in registry.modules
        off = "disabled" if states.get(source.name) == "disabled" else "available"
        found.append(
            ModuleInfo(
                name=source.name,
                title=definition.title,
                version=definition.version,
                state="enabled" if on else off,
                category=definition.category or "",
                summary=definition.summary or "",
                icon=definition.icon or "puzzle",
                depends=tuple(definition.depends),
                needed_by=tuple(sorted(needed.get(source.name, ()))),
                python=definition.python,
                entities=tuple(
                    id_
                    for id_ in registry.entities
                    if id_.startswith(f"{source.name}.")
                ),
            )
        )
    return found


def _entities(registry: Registry, module: str) -> tuple[str, ...]:
    return tuple(id_ for id_ in registry.entities if id_.startswith(f"{module}."))
