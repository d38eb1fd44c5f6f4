"""What a picker offers for a text: the best matches with title and second line."""

from __future__ import annotations

from collections.abc import Sequence

from core.expressions import fold
from core.services import query as gate
from core.services.request import Candidates, Found, Query
from core.services.scene import Scene
from core.services.titles import titles


def lookup(
    scene: Scene, entity: str, text: str, limit: int, candidates: Candidates | None
) -> tuple[Found, ...]:
    """Return the matches of a text, those whose title begins with it first."""
    query = Query(
        search=text, limit=limit, fields=("id",), candidates=candidates, titles=False
    )
    page = gate.search(scene, entity, query)
    ids = [record.id or 0 for record in page.items]
    second = second_lines(scene, entity, ids)
    names = titles(scene, entity, ids)
    found = [Found(i, names.get(i, str(i)), second.get(i)) for i in ids]
    wanted = fold(text)
    if wanted:
        found.sort(key=lambda one: not fold(one.title).startswith(wanted))
    return tuple(found)


def second_lines(scene: Scene, entity: str, ids: Sequence[int]) -> dict[int, str]:
    """The quiet second lines of records, as far as the actor may read them."""
    compiled = scene.runtime.compiled.entity(entity)
    second = compiled.subtitled
    readable = scene.readable_names(entity)
    if second is None or not ids:
        return {}
    if not {path[0] for path in second.reads.this} <= readable:
        return {}
    rows = scene.loader.load(entity, ids, second.reads.this)
    env = scene.env(second.reads)
    lines = {}
    for id_, row in rows.items():
        env.this = row
        text = second.run(env)
        if text is not None:
            lines[id_] = str(text)
    return lines
