"""Values of the modules' settings for one actor: user before company before system.

Read by expressions as `settings.<module>.<field>`; written by Transaction.set_setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler import Compiled
from core.fieldtypes.secrets import Sealed
from core.services.context import Actor
from core.storage import tables

SYSTEM = 0


def owner_of(scope: str, actor: Actor) -> int:
    """Whose value it is: 0 for the system, else the id of the company or user."""
    if scope == "company":
        return actor.company or SYSTEM
    if scope == "user":
        return actor.user_id or SYSTEM
    return SYSTEM


def settings_of(
    connection: sa.Connection, compiled: Compiled, actor: Actor
) -> Mapping[str, Any]:
    """All settings keyed `module.field`; the default where nobody chose a value."""
    registry = compiled.registry
    if not registry.settings:
        return {}
    values: dict[str, Any] = {}
    for module, document in registry.settings.items():
        for name, field in document.fields.items():
            default = field.default
            type_ = compiled.catalog[field.type]
            literal = None if default is None else default.literal
            values[f"{module}.{name}"] = (
                type_.coerce(None, field)
                if literal is None
                else type_.literal(literal, field)
            )
    table = tables.setting
    for row in connection.execute(sa.select(table)):
        known = registry.settings.get(row.module)
        if known is None or row.name not in known.fields:
            continue
        # A value of an earlier scope is nobody's: companies and users share numbers.
        if (row.scope, row.owner) == (known.scope, owner_of(known.scope, actor)):
            field = known.fields[row.name]
            type_ = compiled.catalog[field.type]
            kept = row.value
            if type_.write_only and kept is not None:
                kept = Sealed(str(kept))
            values[f"{row.module}.{row.name}"] = type_.coerce(kept, field)
    return values


class LazySettings(Mapping[str, Any]):
    """The settings of one actor, read when the first of them is asked for."""

    def __init__(
        self, connection: sa.Connection, compiled: Compiled, actor: Actor
    ) -> None:
        self._source = (connection, compiled, actor)
        self._values: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def forget(self) -> None:
        """Read anew next time, after one was changed."""
        self._values = None

    def _read(self) -> Mapping[str, Any]:
        if self._values is None:
            self._values = settings_of(*self._source)
        return self._values
