"""Says in sentences why an actor may do something to a record, or why not.

Called by Reader.explain for administrators and for the reasons of disabled buttons.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.compiler import CompiledEntity, EntityAccess
from core.expressions import Typed
from core.services.access import parent_verb
from core.services.scene import Scene


def explain(scene: Scene, entity: str, verb: str, id_: int) -> list[str]:
    """Return the reasons, in the order in which rights are asked."""
    compiled = scene.runtime.compiled.entity(entity)
    rights = scene.access.of(entity)
    owner = rights.parent
    if owner is not None:
        above = scene.runtime.compiled.entity(owner.entity)
        row = scene.loader.load(entity, [id_]).get(id_)
        if row is None:
            return [f"There is no {compiled.label} with the id {id_}."]
        first = f"{compiled.plural} take over the rights of their {above.label}."
        further = explain(scene, owner.entity, parent_verb(verb), row[owner.field])
        return [first, *further]
    if not scene.access.can(entity, verb):
        return [f"None of the roles grants '{verb}' on {compiled.plural}."]
    return [
        *_grants(scene, compiled, rights, verb, id_),
        *_limits(scene, compiled, rights, verb, id_),
        *_company(scene, compiled, id_),
    ]


def _grants(
    scene: Scene, compiled: CompiledEntity, rights: EntityAccess, verb: str, id_: int
) -> list[str]:
    rule = rights.rows(verb)
    if scene.access.map.admin:
        return [f"An administrator may '{verb}' every {compiled.label}."]
    if rule.unrestricted:
        return [f"A role grants '{verb}' on every {compiled.label}."]
    said = [
        f"A role grants '{verb}' where {typed.text}: "
        f"{_answer(scene, compiled, typed, id_)}."
        for typed in (*rule.wheres, *(typed for typed, _ in rule.both))
    ]
    links = [*rule.via, *(link for _, more in rule.both for link in more)]
    said += [
        f"A role grants '{verb}' where the actor may read what '{link}' leads to."
        for link in dict.fromkeys(links)
    ]
    return said


def _limits(
    scene: Scene, compiled: CompiledEntity, rights: EntityAccess, verb: str, id_: int
) -> list[str]:
    return [
        f"A limit for everybody asks for {typed.text}: "
        f"{_answer(scene, compiled, typed, id_)}."
        for typed in rights.limits(verb)
    ]


def _company(scene: Scene, compiled: CompiledEntity, id_: int) -> list[str]:
    actor = scene.actor
    if not compiled.has_company or (actor.is_admin and not actor.companies):
        return []
    row = scene.loader.load(compiled.id, [id_]).get(id_)
    company = None if row is None else row.get("company")
    if company is None:
        return ["The record belongs to no company and is shared by all."]
    inside = "one" if company in actor.companies else "none"
    return [f"The record belongs to {inside} of the actor's companies."]


def _answer(scene: Scene, compiled: CompiledEntity, typed: Typed, id_: int) -> str:
    table = compiled.table
    condition = scene.around.condition(typed, table, scene.runtime.compiled)
    statement = sa.select(table.c.id).where(table.c.id == id_, condition)
    found = scene.connection.execute(statement, dict(scene.parameters)).first()
    return "this holds" if found is not None else "this does not hold"
