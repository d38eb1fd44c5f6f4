"""Rules of other records that would break because a link of theirs has moved."""

from __future__ import annotations

from core.compiler import CompiledRule
from core.services.batch import Batch, Change
from core.services.errors import Problem
from core.services.rows_ahead import read_ahead
from core.services.titles import titles


def newly_broken(batch: Batch, name: str) -> list[tuple[Change, Problem]]:
    """(change, problem) of rules about a field that held before and do not now.

    Warnings do not count, nor rules that look at old values: nobody edits here.
    """
    found: list[tuple[Change, Problem]] = []
    for rule in batch.entity.rules:
        if rule.level == "warn" or not _is_about(rule, name):
            continue
        records = [change.record for change in batch.changes]
        batch.scene.loader.fill(batch.entity.id, records, rule.reads.this)
        read_ahead(batch, batch.changes, rule.when, rule.check)
        for change in batch.changes:
            if _breaks(batch, change, rule):
                found.append((change, _problem(batch, change, rule)))
    return found


def _is_about(rule: CompiledRule, name: str) -> bool:
    parts = [rule.check, *([] if rule.when is None else [rule.when])]
    about_old = any("old" in part.reads.of for part in parts)
    return not about_old and any(
        path[0] == name for part in parts for path in part.reads.this
    )


def _breaks(batch: Batch, change: Change, rule: CompiledRule) -> bool:
    env = batch.env(change)
    if rule.when is not None and rule.when.run(env) is not True:
        return False
    return rule.check.run(env) is False


def _problem(batch: Batch, change: Change, rule: CompiledRule) -> Problem:
    id_ = change.record.id or 0
    name = titles(batch.scene, batch.entity.id, [id_]).get(id_, str(id_))
    text = rule.message.run(batch.env(change))
    message = f"{batch.entity.label} {name}: {text}"
    facts = {"entity": batch.entity.id, "id": id_}
    code = f"{batch.entity.id}/{rule.id}"
    return Problem(rule.field, code, message, facts=facts)
