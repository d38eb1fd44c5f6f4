"""`automation:` what happens by itself when something has happened to a record.

Read by core.registry.check_automations; run by core.services.reactions in the
transaction of the event, or by the worker after it.
"""

from __future__ import annotations

from typing import Literal

from core.definitions.effect import EffectDef
from core.frozen import frozen
from core.source import Bool, Described, Expr, ListOf, Names, Path


@frozen(kw_only=True)
class AutomationDef(Described):
    """Reacts to events of one entity, whose record is `this`.

    `event` names events such as `library.loan.created`, the end of a transition or
    `library.loan.saved` (created or updated). `changes` limits `updated` to changes of
    these fields; `when` sees the values before as `old`. `run: inside` belongs to the
    save and fails with it; `after` has a transaction of its own and is tried again.
    """

    event: ListOf[Path]
    changes: Names = ()
    when: Expr | None = None
    do: ListOf[EffectDef] = ()
    run: Literal["inside", "after"] = "inside"
    enabled: Bool = True
