"""The effect `escalate`: somebody else has to look at a record, and is told why.

Called by core.services.effects with full rights, in the transaction of the effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.compiler import Escalate
from core.services.effects import Stage, ids_of, reload
from core.services.people import USER
from core.services.timeline.from_effects import note, plan, tell
from core.services.titles import titles

if TYPE_CHECKING:
    from core.services.transactions import Transaction


def escalate(tx: Transaction, stage: Stage, effect: Escalate) -> None:
    """Give the record to the first of the people, or plan something for all of them.

    Where a field is named it gets the person, who is told; else each of them has an
    activity for today. The reason stays in the timeline. Nobody: nothing is done.
    """
    env = stage.env(tx)
    people = list(dict.fromkeys(ids_of(effect.to.run(env))))
    said = "" if effect.say is None else effect.say.run(env).strip()
    said = said or stage.action.label
    about = (stage.entity.id, stage.record.id or 0)
    if not people:
        return
    if effect.field is None:
        plan(tx, about, said, "todo", tx.scene.moment.today, people)
    else:
        people = people[:1]
        tx.update(*about, {effect.field: people[0]})
        reload(tx, stage)
        tell(tx, about, said, "warn", people)
    names = titles(tx.scene, USER, people)
    shown = ", ".join(names.get(one, "") for one in people)
    note(tx, about, f"→ {shown}: {said}")
