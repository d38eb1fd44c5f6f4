"""Compiled assignments: their rules, capacity and when somebody else gets it.

Built at first use by `compile_assignment`; run by core.services.assigning.
"""

from __future__ import annotations

from core.compiler.computing import Computing, all_reads
from core.compiler.parts import Computed, FilledText, Reads
from core.definitions import AssignmentDef, AssignRuleDef
from core.frozen import frozen
from core.registry import Registry, words
from core.source import ExprText


@frozen(kw_only=True)
class AssignRule:
    """One rule: `to` yields a user, `pool` several, seen by `skill` as `it`."""

    id: str
    label: str
    by: str
    when: Computed | None
    to: Computed | None
    pool: Computed | None
    skill: Computed | None
    say: FilledText | None


@frozen(kw_only=True)
class CompiledAssignment:
    """Who gets records of `entity`; `reads` is all that its expressions read."""

    id: str
    definition: AssignmentDef
    label: str
    entity: str
    rules: tuple[AssignRule, ...]
    load: Computed | None
    most: Computed | None
    fallback: Computed | None
    due: Computed | None
    unless: Computed | None
    reads: Reads


def compile_assignment(registry: Registry, id: str) -> CompiledAssignment:
    """One assignment; KeyError if there is none of this id."""
    definition, at = registry.assignments[id], f"assignment {id}"
    computing = Computing(registry)
    rules = tuple(
        _rule(computing, rule, f"{at}/rules/{name}")
        for name, rule in definition.rules.items()
    )
    load, fallback = computing.at(f"{at}/capacity/load"), computing.at(f"{at}/fallback")
    due, unless = computing.at(f"{at}/retry/due"), computing.at(f"{at}/retry/unless")
    most = _most(computing, definition, at)
    of_rules = (part for r in rules for part in (r.when, r.to, r.pool, r.skill, r.say))
    return CompiledAssignment(
        id=id,
        definition=definition,
        label=definition.label or words(id.rpartition(".")[2]),
        entity=definition.entity,
        rules=rules,
        load=load,
        most=most,
        fallback=fallback,
        due=due,
        unless=unless,
        reads=all_reads(iter([load, most, fallback, due, unless, *of_rules])),
    )


def _most(computing: Computing, definition: AssignmentDef, at: str) -> Computed | None:
    capacity = definition.capacity
    if capacity is None or isinstance(capacity.most, ExprText):
        return computing.at(f"{at}/capacity/most")
    most = capacity.most
    return Computed(lambda env: most)


def _rule(computing: Computing, rule: AssignRuleDef, at: str) -> AssignRule:
    return AssignRule(
        id=rule.id,
        label=rule.label or words(rule.id),
        by=rule.by,
        when=computing.at(f"{at}/when"),
        to=computing.at(f"{at}/to"),
        pool=computing.at(f"{at}/pool"),
        skill=computing.at(f"{at}/skill"),
        say=computing.text(f"{at}/say"),
    )
