"""All hooks by which a module's Python takes part, each with what it gets and returns.

Called through core.plugins.manager only. No hook may rely on the order in which modules
are asked; an implementation takes the parameters it needs and leaves out the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.expressions.function import Function
from core.fieldtypes.base import FieldType
from core.plugins.markers import hookspec


class HookSpecs:
    """What modules may implement."""

    @hookspec
    def register_field_types(self) -> Iterable[FieldType]:
        """Return further field types; each brings all facets of its values.

        Called once while the application is built, before any definition is read.
        """
        return ()

    @hookspec
    def register_functions(self) -> Iterable[Function]:
        """Return functions for expressions, named `module.name`; pure and typed.

        Called once while the application is built. A function without an SQL body is
        refused where SQL is needed (E415).
        """
        return ()

    @hookspec
    def before_save(self, tx: Any, entity: str, change: Any) -> Iterable[Any]:
        """Return problems that refuse the save of one record; none lets it pass.

        Called inside the transaction, after the rules of the definitions. `change` has
        the record with its new values, the old record (None for a new one) and the
        names of the changed fields. Nothing may be written here.
        """
        return ()

    @hookspec
    def after_save(self, tx: Any, entity: str, changes: Sequence[Any]) -> None:
        """Write more in the same transaction, after the rows of a batch are written.

        `changes` as in `before_save`. An exception rolls everything back.
        """

    @hookspec
    def on_event(self, tx: Any, event: str, payload: Mapping[str, Any]) -> None:
        """React to an event such as `base.party.created` after its commit.

        Called in a transaction of its own, at least once: it must not matter if it is
        called again with the same payload.
        """
