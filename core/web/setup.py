"""Applying a plan with all that follows: account tables, roles, rows, people.

Called by the command line and by the page of the modules, so that each leaves the same
state.
"""

from __future__ import annotations

from collections.abc import Callable

from core.app import Application
from core.compiler import keep_mark, mark_of
from core.migrations import Applied, Plan, apply_plan
from core.services import Actor
from core.services.recompute import Recomputed, recompute
from core.services.seed import SeedReport, apply_data
from core.web.account_tables import create_account_tables
from core.web.people import mirror_people
from core.web.roles import mirror_roles

Progress = Callable[[int, int, str], None]


def apply_with_data(
    app: Application, plan: Plan, progress: Progress | None = None
) -> tuple[Applied, SeedReport, Recomputed]:
    """Apply the plan, then bring shipped rows, roles and users up to date."""
    done = apply_plan(
        plan, app.compiled, app.database, app.config.home, progress=progress
    )
    create_account_tables(app.database.engine)
    mirror_roles(app.database, app.registry.rights.roles)
    with app.transaction(Actor.system(), via="seed") as tx:
        values = recompute(tx, plan.recompute)
        report = apply_data(tx)
    mirror_people(app)
    keep_mark(app.database, mark_of(app.registry, app.database.kind))
    return done, report, values
