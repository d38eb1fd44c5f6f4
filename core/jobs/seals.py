"""Seals the audit in the worker's rounds; there is nothing to try again, so no job."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core.jobs.clockless import Clockless
from core.jobs.dispatcher import GiveUp
from core.jobs.queue import Job
from core.services.sealing import is_to_seal, seal_block


class SealConsumer(Clockless):
    """Seals a block of the audit whenever one has rested long enough."""

    kind = "seal"

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether an entry has rested long enough."""
        return is_to_seal(connection, now)

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """Seal the next block."""
        return seal_block(connection, now)

    def run(self, job: Job) -> str:
        """No job is ever made."""
        raise GiveUp("Seals are made without jobs.")
