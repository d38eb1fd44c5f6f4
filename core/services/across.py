"""Keeps conditions across rows: nobody gets past them, also not two at once.

Steps `hold_groups` and `check_across` of core.services.write; archiving and deleting
call them as well. The groups that a change leaves or enters are locked in one order
before anything is written and looked at afterwards, so that every writer sees what the
one before him has made final.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from core.compiler import CompiledAcross, CompiledEntity
from core.expressions import Record
from core.services import across_queries as queries
from core.services.across_queries import Key, key_of
from core.services.batch import Batch, Change
from core.services.errors import Problem, RuleBroken
from core.services.scene import Scene
from core.services.scope_locks import hold
from core.services.titles import titles

_MESSAGES = MappingProxyType(
    {
        "no_overlap": "This overlaps with {what}.",
        "seamless": "This leaves days that belong to no {label}.",
        "at_most_one": "There may be only one {label} like this; there is {what}.",
        "exactly_one": "There must be exactly one {label} like this.",
        "group_check": "All {plural} of this kind together do not fit.",
        "acyclic": "This would lead back to itself.",
    }
)
_TEST = ("at_most_one", "exactly_one")


@dataclass(slots=True)
class Affected:
    """What a save did to the rows of one entity: before and after, and what is gone."""

    entity: CompiledEntity
    changes: list[Change] = field(default_factory=list)
    gone: list[Record] = field(default_factory=list)


def hold_groups(batch: Batch) -> None:
    """Lock every group of rows that the save touches."""
    batch.scene.gone.clear()
    for touched in _touched(batch):
        hold_touched(batch.scene, touched)


def check_across(batch: Batch) -> None:
    """Raise what the rows as they are now break; with `partial`, note it by row."""
    found = _touched(batch)
    for entity_id, rows in batch.scene.gone:
        entity = batch.scene.runtime.compiled.entity(entity_id)
        if entity.across:
            found.append(Affected(entity, gone=list(rows)))
            hold_touched(batch.scene, found[-1])
    batch.scene.gone.clear()
    problems: list[Problem] = []
    for touched in found:
        problems.extend(_check(batch, touched))
    if problems:
        errors = [problem for problem in problems if problem.level == "error"]
        raise RuleBroken(errors or problems)


def hold_touched(scene: Scene, touched: Affected) -> None:
    """Lock the groups of some rows."""
    for rule in touched.entity.across:
        keys = _keys(rule, touched, fresh_only=False)
        if rule.kind == "acyclic":
            hold(scene, f"across:{touched.entity.id}/{rule.id}", None)
        elif keys:
            parts = [repr(key) for key in keys]
            hold(scene, f"across:{touched.entity.id}/{rule.id}", parts)


def _touched(batch: Batch) -> list[Affected]:
    """The changes of a batch and of its lines, by entity."""
    found: dict[str, Affected] = {}
    for part, removed in _parts(batch):
        if part.entity.across:
            one = found.setdefault(part.entity.id, Affected(part.entity))
            one.changes.extend(
                c for c in part.changes if not c.failed and (c.old is None or c.changed)
            )
            one.gone.extend(removed)
    return list(found.values())


def _parts(batch: Batch) -> Iterator[tuple[Batch, list[Record]]]:
    yield batch, []
    for lines in batch.lines:
        removed = [row for rows in lines.removed.values() for row in rows]
        yield lines.created, removed
        for part in lines.batches:
            for inner, gone in _parts(part):
                if inner is not lines.created:
                    yield inner, gone


def _keys(rule: CompiledAcross, touched: Affected, *, fresh_only: bool) -> set[Key]:
    """The groups that rows enter, and those that they leave unless `fresh_only`."""
    found: set[Key | None] = set()
    owner = touched.entity.owner
    for change in touched.changes:
        new_owner = change.parent is not None and change.parent.record.id is None
        if new_owner and owner is not None and owner.field in rule.per:
            continue
        found.add(key_of(rule, change.record.values))
        if change.old is not None and not fresh_only:
            found.add(key_of(rule, change.old.values))
    if not fresh_only:
        found.update(key_of(rule, row.values) for row in touched.gone)
    return {key for key in found if key is not None}


def _check(batch: Batch, touched: Affected) -> Iterator[Problem]:
    for rule in touched.entity.across:
        if rule.level == "warn" and batch.trusted:
            continue
        if not touched.gone and not any(
            _matters(touched.entity, rule, change) for change in touched.changes
        ):
            continue
        if rule.kind in ("no_overlap", "acyclic"):
            yield from _pairs(batch, touched, rule)
        else:
            yield from _groups(batch, touched, rule)


def _matters(entity: CompiledEntity, rule: CompiledAcross, change: Change) -> bool:
    """Whether a change can have broken a condition: one of its inputs is another."""
    if change.old is None:
        return True
    paths: set[tuple[str, ...]] = {
        (name,) for name in (*rule.per, *rule.period, *rule.path[:1])
    }
    for part in (rule.test, rule.where):
        if part is not None:
            paths |= part.reads.this | part.reads.of.get("rows", frozenset())
    if any(len(path) > 1 or path[0] in entity.virtuals for path in paths):
        return True
    return bool({path[0] for path in paths} & change.changed)


def _pairs(batch: Batch, touched: Affected, rule: CompiledAcross) -> Iterator[Problem]:
    by_id = {c.record.id: c for c in touched.changes if c.record.id is not None}
    if not by_id:
        return
    look = queries.overlapping if rule.kind == "no_overlap" else queries.circles
    others: dict[int, list[int]] = {}
    for one, other in look(batch.scene, touched.entity, rule, sorted(by_id)):
        # Of two rows of one save the later one is in the way.
        later = by_id.get(other)
        if rule.kind == "no_overlap" and later and later.row > by_id[one].row:
            continue
        others.setdefault(one, []).append(other)
    for one, found in others.items():
        yield from _tell(batch, touched, rule, by_id[one], found)


def _groups(batch: Batch, touched: Affected, rule: CompiledAcross) -> Iterator[Problem]:
    keys = _keys(rule, touched, fresh_only=rule.kind == "at_most_one")
    if not keys:
        return
    look: Any = queries.wrong_number
    if rule.kind not in _TEST:
        look = queries.gaps if rule.kind == "seamless" else queries.failing_groups
    for key, ids in look(batch.scene, touched.entity, rule, sorted(keys, key=repr)):
        mine = [c for c in touched.changes if key in _sides(rule, c)]
        if rule.kind == "at_most_one":
            hits = [c for c in mine if c.record.id in ids] or mine
            stored = set(ids) - {c.record.id for c in mine}
            mine = hits if stored or len(hits) == 1 else hits[1:]
        if not mine:
            yield _problem(batch, touched, rule, None, ids)
        for change in mine:
            others = [one for one in ids if one != change.record.id]
            yield from _tell(batch, touched, rule, change, others)


def _sides(rule: CompiledAcross, change: Change) -> set[Key | None]:
    old = None if change.old is None else key_of(rule, change.old.values)
    return {key_of(rule, change.record.values), old}


def _tell(
    batch: Batch,
    touched: Affected,
    rule: CompiledAcross,
    change: Change,
    others: Sequence[int],
) -> Iterator[Problem]:
    if rule.level == "warn" and batch.accept_warnings:
        change.accepted.append(rule.id)
        return
    problem = _problem(batch, touched, rule, change, others)
    if batch.partial:
        change.note(problem)
        change.fail()
    yield problem


def _problem(
    batch: Batch,
    touched: Affected,
    rule: CompiledAcross,
    change: Change | None,
    others: Sequence[int],
) -> Problem:
    """What is wrong; other rows are named as far as the actor may read them."""
    entity = touched.entity
    named = titles(batch.scene, entity.id, list(others)[:5])
    what = ", ".join(named.values()) or f"another {entity.label}"
    facts = {"constraint": rule.id, "kind": rule.kind, "rows": sorted(named)}
    if rule.message is not None and change is not None:
        reads = rule.message.reads
        batch.scene.loader.fill(entity.id, [change.record], reads.this)
        message = rule.message.run(batch.scene.env(reads, this=change.record))
    else:
        facts |= {"what": what, "label": entity.label, "plural": entity.plural}
        message = _MESSAGES[rule.kind].format(**facts)
    field = rule.period[0] if rule.period else rule.path[0] if rule.path else None
    path = () if change is None else change.path
    code = f"{entity.id}/{rule.id}"
    return Problem(field, code, message, path, rule.level, facts)


__all__ = ["Affected", "check_across", "hold_groups", "hold_touched"]
