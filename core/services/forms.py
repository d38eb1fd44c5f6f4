"""What forms ask: a draft worked out, values for a copy, the buttons of a record.

Records that may be the same as another one are found here too.

Mixed into Reader; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, cast

from core.services.actions import OfferedAction, offered
from core.services.copying import values_for_copy
from core.services.draft import evaluate
from core.services.request import FormState, Suspect

if TYPE_CHECKING:
    from core.services.duplicates import PairsFound
    from core.services.reader import Reader


class Forms:
    """evaluate, copy, actions, and records that may be the same."""

    def evaluate(
        self,
        entity: str,
        values: Mapping[str, Any],
        id: int | None = None,
        changed: Collection[str] | None = None,
    ) -> FormState:
        """Work out a draft as a save would; nothing is written.

        `changed` names what the user has just touched: suggestions that follow it are
        made anew even if the draft holds a value for them, and records that may be
        the same are looked for.
        """
        return evaluate(_reader(self).scene, entity, values, id, changed)

    def copy(self, entity: str, id: int) -> dict[str, Any]:
        """Return values for a new record like this one, without what is not copied."""
        return values_for_copy(_reader(self), entity, id)

    def actions(self, entity: str, id: int) -> list[OfferedAction]:
        """Return the buttons of a record, each with the reason if it is not ready."""
        return offered(_reader(self), entity, id)

    def list_actions(self, entity: str, place: str = "list") -> list[OfferedAction]:
        """Return the buttons of the list, or of its chosen records (`selection`)."""
        from core.services.list_actions import list_actions

        return list_actions(_reader(self), entity, place)

    def similar(self, entity: str, id: int) -> tuple[Suspect, ...]:
        """Return the records that may stand for the same thing as a stored one."""
        from core.services.duplicates import similar_to

        reader = _reader(self)
        reader.get(entity, id, ("id",))
        return similar_to(reader.scene, entity, id)

    def suspects(self, entity: str, limit: int = 100) -> PairsFound:
        """Return the pairs of records that may stand for the same thing."""
        from core.services.duplicates import suspected_pairs

        return suspected_pairs(_reader(self).scene, entity, limit)


def _reader(forms: Forms) -> Reader:
    return cast("Reader", forms)
