"""Runs test documents: everything as in production, but for the clock and the database.

Called by the command `test` and by the jobs of the page of tests. Each test gets a copy
of an SQLite database in memory, which ends with it; what is due by then happens through
the same worker that runs elsewhere, at the moments of a clock that the test moves.
"""

from core.jobs.simulator.laboratory import Laboratory, chosen
from core.jobs.simulator.results import Difference, Result

__all__ = ["Difference", "Laboratory", "Result", "chosen"]
