"""What makes two records of an entity suspects, ready to be looked for.

Built for each entity by `EntityBuilder`; core.services.duplicates runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import sqlalchemy as sa

from core.compiler.computing import Computing
from core.compiler.parts import Computed
from core.definitions.entity import MatchDef
from core.frozen import frozen
from core.registry import Registry

#: Problems and answered warnings carry this name.
DUPLICATES = "duplicates"
#: So many last digits make a number, whatever stands before: +49, 0049 or 0.
PHONE_TAIL = 8
#: What people write between digits.
PHONE_SIGNS = " -./()+"


@frozen
class Compared:
    """One value that must agree; `path` is a field, or lines and their field.

    `folded`: the text has a column without case and accents, which is compared.
    """

    way: Literal["exact", "phone", "fuzzy"]
    path: tuple[str, ...]
    folded: bool = False


@frozen
class CompiledMatch:
    """Values that all agree between two suspects; texts are alike by `score` %."""

    parts: tuple[Compared, ...]
    score: int


@frozen
class CompiledDuplicates:
    """One of `matches` makes suspects; `where` says which records take part."""

    matches: tuple[CompiledMatch, ...]
    where: Computed | None
    blocks: bool


def duplicates_of(
    registry: Registry, entity: str, computing: Computing
) -> CompiledDuplicates | None:
    """What an entity says about duplicates, None if nothing."""
    given = registry.entities[entity].duplicates
    if given is None:
        return None
    return CompiledDuplicates(
        tuple(_match(registry, entity, one) for one in given.match),
        computing.at(f"entity {entity}/duplicates/where"),
        given.action == "block",
    )


def compared_columns(registry: Registry, entity: str) -> Iterator[tuple[str, str]]:
    """(way, column) of an entity by which duplicates are looked for, lines too."""
    for other in registry.entities.values():
        if other.duplicates is None:
            continue
        for given in other.duplicates.match:
            for part in _match(registry, other.id, given).parts:
                first = other.fields.get(part.path[0])
                rows = len(part.path) > 1 and first is not None and first.of == entity
                if rows or (len(part.path) == 1 and other.id == entity):
                    yield part.way, part.path[-1]


def phone_tail(column: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[Any]:
    """The last digits of a number, as the index holds them.

    Written out: with bound values an index over the expression would not be found.
    """
    digits: Any = column
    nothing: Any = sa.literal_column("''", sa.String)
    for sign in PHONE_SIGNS:
        written: Any = sa.literal_column(f"'{sign}'", sa.String)
        digits = sa.func.replace(digits, written, nothing, type_=sa.String)
    length: Any = sa.literal_column(str(PHONE_TAIL))
    if dialect == "sqlite":
        return sa.func.substr(digits, -length, type_=sa.String)
    return sa.func.right(digits, length, type_=sa.String)


def _match(registry: Registry, entity: str, given: MatchDef) -> CompiledMatch:
    parts: list[Compared] = []
    ways: tuple[Literal["exact", "phone", "fuzzy"], ...] = ("exact", "phone", "fuzzy")
    for way in ways:
        for path in getattr(given, way):
            folded = _is_folded(registry, entity, path.steps)
            parts.append(Compared(way, tuple(path.steps), folded))
    return CompiledMatch(tuple(parts), given.score)


def _is_folded(registry: Registry, entity: str, steps: tuple[str, ...]) -> bool:
    for step in steps:
        members = registry.schema.entity(entity)
        member = None if members is None else members.member(step)
        if member is None:
            return False
        entity, folded = member.target or "", member.folded
    return folded
