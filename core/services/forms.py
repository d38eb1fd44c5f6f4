"""What forms ask: a draft worked out, values for a copy, the buttons of a record.

Mixed into Reader; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, cast

from core.services.actions import OfferedAction, offered
from core.services.copying import values_for_copy
from core.services.draft import evaluate
from core.services.request import FormState

if TYPE_CHECKING:
    from core.services.reader import Reader


class Forms:
    """evaluate, copy and actions."""

    def evaluate(
        self,
        entity: str,
        values: Mapping[str, Any],
        id: int | None = None,
        changed: Collection[str] | None = None,
    ) -> FormState:
        """Work out a draft as a save would; nothing is written.

        `changed` names what the user has just touched: suggestions that follow it are
        made anew even if the draft holds a value for them.
        """
        return evaluate(_reader(self).scene, entity, values, id, changed)

    def copy(self, entity: str, id: int) -> dict[str, Any]:
        """Return values for a new record like this one, without what is not copied."""
        return values_for_copy(_reader(self), entity, id)

    def actions(self, entity: str, id: int) -> list[OfferedAction]:
        """Return the buttons of a record, each with the reason if it is not ready."""
        return offered(_reader(self), entity, id)


def _reader(forms: Forms) -> Reader:
    return cast("Reader", forms)
