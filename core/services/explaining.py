"""What administrators and grey buttons ask: why. Mixed into Reader.

The files that know are read when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from core.services.sentences import Sentence

if TYPE_CHECKING:
    from core.services.explain import FieldReason
    from core.services.explain_decision import RowReason
    from core.services.reader import Reader
    from core.services.scene import Scene


class Explaining:
    """explain, explain_fields and explain_decision.

    `viewer` is who reads the sentences; without one it is the actor, who sees no value
    that he may not read.
    """

    def explain(
        self, entity: str, verb: str, id: int, viewer: Reader | None = None
    ) -> list[Sentence]:
        """Say why the actor may, or may not, do this to a record."""
        from core.services.explain import explain

        reader = cast("Reader", self)
        return explain(
            reader.scene, entity, verb, id, None if viewer is None else viewer.scene
        )

    def explain_fields(
        self, entity: str, id: int, viewer: Reader | None = None
    ) -> list[FieldReason]:
        """Say why fields of a record are shown, closed or needed, or are not."""
        from core.services.explain import explain_fields

        reader = cast("Reader", self)
        return explain_fields(
            reader.scene, entity, id, None if viewer is None else viewer.scene
        )

    def explain_decision(self, id: str, inputs: Mapping[str, Any]) -> list[RowReason]:
        """Say which row of a decision takes these inputs, and why others do not."""
        from core.services.explain_decision import explain_decision

        return explain_decision(cast("Reader", self).scene, id, inputs)


def _scene(reader: Reader | None) -> Scene | None:
    return None if reader is None else reader.scene
