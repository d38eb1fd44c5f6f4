"""All suspects among the stored records, in pairs.

Asked by the page and the API of an entity. Each match groups the records by equal
values; texts that are only alike are compared where they share rare groups of letters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import Any

import sqlalchemy as sa

from core.compiler import Compared, CompiledEntity, CompiledMatch
from core.expressions import LEAST, Record, fold
from core.frozen import frozen
from core.services.duplicates.alike import agree, keys_of, values_of
from core.services.duplicates.apart import pairs_apart
from core.services.duplicates.finding import readable_matches, taking_part
from core.services.plan import Planner
from core.services.scene import Scene

#: Of more records than this the newest are looked at.
MOST_RECORDS = 100_000
#: So many records with one value are no duplicates but a habit: "info@", "unknown".
_CROWD = 50
#: By so many of its rarest groups of letters a text is looked for.
_RAREST = 6
Key = tuple[int, int]


@frozen
class Pair:
    """Two records, the older first; `why` names the fields that agree."""

    first: int
    second: int
    score: int
    why: tuple[str, ...]


@frozen
class PairsFound:
    """The likest pairs; `more`: there are others, or more records than looked at."""

    pairs: tuple[Pair, ...]
    more: bool


def suspected_pairs(scene: Scene, entity: str, limit: int = 100) -> PairsFound:
    """Return the pairs of an entity that the actor may read; NotAllowed without read.

    Empty for an entity that says nothing about duplicates.
    """
    scene.access.require(entity, "read")
    compiled = scene.runtime.compiled.entity(entity)
    if compiled.duplicates is None:
        return PairsFound((), False)
    matches = list(readable_matches(scene, compiled))
    records, more = _records(scene, compiled, matches)
    found: dict[Key, tuple[int, list[str]]] = {}
    for match in matches:
        for pair, score in _alike(match, records):
            best, why = found.get(pair, (0, []))
            names = [part.path[0] for part in match.parts]
            found[pair] = max(best, score), list(dict.fromkeys([*why, *names]))
    for pair in pairs_apart(scene, entity):
        found.pop(pair, None)
    order = sorted(found, key=lambda pair: (-found[pair][0], -pair[1], -pair[0]))
    pairs = tuple(Pair(*one, found[one][0], tuple(found[one][1])) for one in order)
    return PairsFound(pairs[:limit], more or len(pairs) > limit)


def _records(
    scene: Scene, entity: CompiledEntity, matches: Sequence[CompiledMatch]
) -> tuple[dict[int, Record], bool]:
    """The newest records with nothing but the values that are compared."""
    planner = Planner(scene.runtime, scene.access, entity.id, scene.around)
    parts = [part for match in matches for part in match.parts]
    own = sorted({part.path[0] for part in parts if len(part.path) == 1})
    statement = (
        sa.select(planner.row.c.id, *(planner.row.c[name] for name in own))
        .where(*taking_part(planner))
        .order_by(planner.row.c.id.desc())
        .limit(MOST_RECORDS + 1)
    )
    records: dict[int, Record] = {}
    with scene.limited():
        rows = scene.connection.execute(statement, scene.parameters).all()
    for row in rows[:MOST_RECORDS]:
        records[row[0]] = Record(
            entity.id, row[0], dict(zip(own, row[1:], strict=True))
        )
    for path in {part.path for part in parts if len(part.path) > 1}:
        _fill(scene, entity, path, records)
    return records, len(rows) > MOST_RECORDS


def _fill(
    scene: Scene,
    entity: CompiledEntity,
    path: Sequence[str],
    records: dict[int, Record],
) -> None:
    """Put the rows of lines into the records, with the one field that is compared."""
    lines = entity.lines[path[0]]
    table = scene.runtime.compiled.tables[lines.child]
    statement = sa.select(table.c[lines.back], table.c[path[1]]).where(
        table.c[path[1]].is_not(None)
    )
    if lines.where is not None and lines.where.typed is not None:
        compiled = scene.runtime.compiled
        condition = scene.around.condition(lines.where.typed, table, compiled)
        statement = statement.where(condition)
    if records:
        statement = statement.where(table.c[lines.back] >= min(records))
    with scene.limited():
        for owner, value in scene.connection.execute(statement, scene.parameters):
            record = records.get(owner)
            if record is not None:
                rows: Any = record.relations.setdefault(path[0], [])
                rows.append(Record(lines.child, None, {path[1]: value}))


def _alike(
    match: CompiledMatch, records: dict[int, Record]
) -> Iterator[tuple[Key, int]]:
    equal = [part for part in match.parts if part.way != "fuzzy"]
    groups = _by_keys(equal, records.values()) if equal else _by_letters(match, records)
    seen: set[Key] = set()
    for group in groups:
        for one, other in combinations(sorted(group), 2):
            if (one, other) in seen:
                continue
            seen.add((one, other))
            score = agree(match, records[one], records[other])
            if score is not None:
                yield (one, other), score


def _by_keys(
    parts: Sequence[Compared], records: Iterable[Record]
) -> Iterator[Sequence[int]]:
    """Records that have a key of every part in common."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for record in records:
        keys = [keys_of(part, values_of(record, part.path)) for part in parts]
        for key in product(*keys):
            groups.setdefault(key, []).append(record.id or 0)
    return (group for group in groups.values() if 1 < len(group) <= _CROWD)


def _by_letters(
    match: CompiledMatch, records: dict[int, Record]
) -> Iterator[Sequence[int]]:
    """Records whose first text shares one of its rarest groups of letters."""
    path = match.parts[0].path
    letters: dict[int, set[str]] = {}
    for id_, record in records.items():
        for value in values_of(record, path):
            letters.setdefault(id_, set()).update(_groups_of(str(value)))
    common = Counter(group for groups in letters.values() for group in groups)
    blocks: dict[str, list[int]] = {}
    for id_, groups in letters.items():
        for group in sorted(groups, key=lambda one: (common[one], one))[:_RAREST]:
            blocks.setdefault(group, []).append(id_)
    return (block for block in blocks.values() if 1 < len(block) <= _CROWD)


def _groups_of(text: str) -> set[str]:
    padded = f" {' '.join(fold(text).split())} "
    return {padded[at : at + LEAST] for at in range(len(padded) - LEAST + 1)}
