"""What consumers have in common whose jobs come from events, or from who asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.jobs.outbox import Event


class Clockless:
    """A consumer that the clock makes no jobs for, and events only if it says so."""

    def consumers(
        self, connection: sa.Connection, events: Sequence[Event]
    ) -> Sequence[tuple[str, Event, dict[str, Any]]]:
        """None: its jobs are made by who asks for them."""
        return ()

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Never."""
        return False

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """No job comes from the clock."""
        return 0

    def upcoming(self, connection: sa.Connection, after: datetime) -> datetime | None:
        """None: no job comes from the clock."""
        return None
