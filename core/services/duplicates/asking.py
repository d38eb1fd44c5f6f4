"""Asks the writer about records that may be the same, or refuses them.

The step `check_duplicates` of core.services.write. A warning is for people and programs
that save records one by one; imports and effects are not asked, the list of suspects
shows afterwards what they brought. What blocks holds on every path.
"""

from __future__ import annotations

from core.compiler import DUPLICATES
from core.services.batch import Batch, Change
from core.services.duplicates.finding import similar
from core.services.errors import Problem
from core.services.request import Suspect
from core.services.scope_locks import hold

_ASKED = frozenset({"ui", "api"})


def ask_or_refuse(batch: Batch) -> None:
    """Note for every record of the batch what it may be a duplicate of."""
    rules = batch.entity.duplicates
    assert rules is not None
    if rules.blocks:
        # Two who save the same thing at once would not see each other.
        hold(batch.scene, f"duplicates:{batch.entity.id}", None)
    elif batch.trusted or batch.via not in _ASKED:
        return
    for change in batch.alive:
        if not _is_fresh(batch, change):
            continue
        for suspect in similar(batch.scene, batch.entity, change.record, 3):
            if batch.accept_warnings and not rules.blocks:
                change.accepted.append(DUPLICATES)
                break
            change.note(_problem(batch, suspect, rules.blocks))


def _is_fresh(batch: Batch, change: Change) -> bool:
    """Whether something that is compared has changed."""
    rules = batch.entity.duplicates
    if change.old is None or rules is None:
        return True
    roots = {part.path[0] for match in rules.matches for part in match.parts}
    if roots & change.changed:
        return True
    return any(
        lines.field in roots
        and any(
            one.parent is change and (one.old is None or one.changed)
            for child in lines.batches
            for one in child.changes
        )
        for lines in batch.lines
    )


def _problem(batch: Batch, suspect: Suspect, blocks: bool) -> Problem:
    fields = batch.entity.fields
    why = ", ".join(fields[name].label for name in suspect.why)
    message = f"This looks like {suspect.title}, which is there already: {why}."
    return Problem(
        None,
        f"{batch.entity.id}/{DUPLICATES}",
        message,
        level="error" if blocks else "warn",
        facts={
            "kind": DUPLICATES,
            "id": suspect.id,
            "what": suspect.title,
            "fields": list(suspect.why),
        },
    )
