"""What a user may see of records that were loaded: lines, computed and hidden values.

Called by the query and the titles after their rows are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.scene import Scene
from core.services.titles import add_titles
from core.services.trie import Path


def finish(
    scene: Scene, entity: str, records: Sequence[Record], own: Iterable[str]
) -> None:
    """Compute what has no SQL form and blank what a condition forbids."""
    compiled = scene.runtime.compiled.entity(entity)
    tests = scene.access.of(entity).read_conditions
    if not records or not (compiled.virtuals or tests):
        return
    wanted = set(own)
    virtual = [
        name
        for name, formula in compiled.virtuals.items()
        if name in wanted and formula.sql is None
    ]
    conditions = {name: test for name, test in tests.items() if name in wanted}
    if not (virtual or conditions):
        return
    paths = {p for name in virtual for p in compiled.virtuals[name].value.reads.this}
    paths |= {path for test in conditions.values() for path in test.reads.this}
    ids = [record.id for record in records if record.id is not None]
    whole = scene.loader.load(entity, ids, paths)
    for name in virtual:
        value = compiled.virtuals[name].value
        env = scene.env(value.reads)
        for record in records:
            env.this = whole[record.id or 0]
            record.values[name] = value.run(env)
    for name, test in conditions.items():
        env = scene.env(test.reads)
        for record in records:
            env.this = whole[record.id or 0]
            if test.run(env) is not True:
                record.values[name] = None
                record.relations.pop(name, None)


def fill_lines(
    scene: Scene, entity: str, records: Sequence[Record], names: Iterable[str]
) -> None:
    """Load lines as a user sees them: readable fields, computed ones included."""
    compiled = scene.runtime.compiled.entity(entity)
    for name in names:
        child = scene.runtime.compiled.entity(compiled.lines[name].child)
        readable = scene.access.of(child.id).readable
        paths: set[Path] = {(name, v) for v in child.virtuals if v in readable}
        scene.loader.fill(entity, records, paths or [(name,)])
        rows = [row for record in records for row in record.relations[name]]
        show_rows(scene, child, rows)


def show_rows(scene: Scene, child: CompiledEntity, rows: Sequence[Record]) -> None:
    """Restrict loaded rows to readable fields and add titles and deeper lines."""
    readable = scene.access.of(child.id).readable
    shown = [field for field in child.fields if field in readable]
    hidden = set(child.fields) - readable
    for row in rows:
        for field in hidden:
            row.values.pop(field, None)
    many = [field for field in child.associations if field in readable]
    scene.loader.fill_keys(child.id, rows, many)
    add_titles(scene, child.id, rows, shown)
    finish(scene, child.id, rows, shown)
    deeper = [field for field in child.lines if field in readable]
    if deeper and rows:
        fill_lines(scene, child.id, rows, deeper)
