"""Which fields of which rows an actor may not read, where the rows decide.

Called by drafts and forms: what is hidden is not shown, and an input that stood empty
because of it clears nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.services.scene import Scene

NOBODY: frozenset[str] = frozenset()


def hidden_fields(
    scene: Scene, entity: str, ids: Iterable[int]
) -> dict[int, frozenset[str]]:
    """Return id -> names of fields whose values the actor may not read in that row."""
    compiled = scene.runtime.compiled.entity(entity)
    access = scene.access.of(entity)
    never = frozenset(compiled.fields) - access.readable
    wanted = set(ids)
    tests = access.read_conditions
    if not tests:
        return dict.fromkeys(wanted, never)
    paths = {path for test in tests.values() for path in test.reads.this}
    rows = scene.loader.load(entity, wanted, paths)
    closed: dict[int, set[str]] = {id_: set(never) for id_ in wanted}
    for name, test in tests.items():
        env = scene.env(test.reads)
        for id_, row in rows.items():
            env.this = row
            if test.run(env) is not True:
                closed[id_].add(name)
    return {id_: frozenset(names) for id_, names in closed.items()}
