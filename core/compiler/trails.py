"""What a formula reads, step by step, with the way back to the records that have it.

Asked by core.compiler.upkeep for each stored formula; hands on trails: whose value is
read, and over which steps it is reached from the formula's record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from core.compiler.tables import through_fields
from core.expressions.analysis import ordered_reads
from core.expressions.schema import Member, MemberKind
from core.expressions.tree import Typed
from core.expressions.types import Path
from core.frozen import frozen
from core.registry import Registry

StepKind = Literal["link", "rows", "pairs", "pairs_back"]


@frozen
class Step:
    """One step from rows of `entity` to rows of `other`.

    `link`: the column `field` of `entity` holds the other's id. `rows`: the column
    `field` of `other` holds this one's. `pairs` and `pairs_back`: the many-to-many
    field `field` of `entity`, or of `other`, connects them. `reference`: the column is
    one of a reference, which may lead elsewhere. `owner`: the column is that of a
    `part_of`, whose two ends are saved together.
    """

    kind: StepKind
    entity: str
    other: str
    field: str
    reference: bool = False
    owner: bool = False


@frozen
class Trail:
    """The value `field` of `entity` is read, over `steps` from the formula's record.

    `joins`: the field decides which rows are reached at all, so that new and removed
    rows of the entity count as well as changed ones. `near`: the value is part of the
    formula's own document and changes only when that is saved.
    """

    steps: tuple[Step, ...]
    entity: str
    field: str
    joins: bool = False
    near: bool = False


@dataclass(slots=True)
class TrailFinder:
    """Follows the paths of expressions through the entities of a registry."""

    registry: Registry
    _known: dict[tuple[str, Path], tuple[Trail, ...]] = field(default_factory=dict)

    def of(
        self, typed: Typed, entity: str, group: str | None = None
    ) -> frozenset[Trail]:
        """All trails of an expression over records of an entity.

        group: the embedded group that the expression's names are members of.
        """
        found: set[Trail] = set()
        for path in ordered_reads(typed):
            if is_rounding(path):
                path = path[:-1]
            whole = path if group is None else (group, *path)
            found.update(self._path((), entity, whole, 0))
        return frozenset(found)

    def _path(
        self, steps: tuple[Step, ...], entity: str, path: Path, depth: int
    ) -> Iterator[Trail]:
        schema = self.registry.schema.entities.get(entity)
        if schema is None or not path or depth > _DEEPEST:
            return
        name, rest = path[0], path[1:]
        member = schema.member(name)
        if member is None:
            yield self._trail(steps, entity, name)
        elif member.kind is MemberKind.GROUP:
            inner = [rest] if rest else [(one.name,) for one in member.members]
            for one in inner:
                yield from self._group(steps, entity, member, one, depth)
        elif member.computed is not None:
            for further in ordered_reads(member.computed):
                yield from self._path(steps, entity, further, depth + 1)
        else:
            yield from self._member(steps, entity, name, member, rest, depth)

    def _group(
        self,
        steps: tuple[Step, ...],
        entity: str,
        group: Member,
        path: Path,
        depth: int,
    ) -> Iterator[Trail]:
        inner = group.member(path[0])
        column = f"{group.name}_{path[0]}"
        if inner is None:
            return
        yield from self._member(steps, entity, column, inner, path[1:], depth)

    def _member(
        self,
        steps: tuple[Step, ...],
        entity: str,
        name: str,
        member: Member,
        rest: Path,
        depth: int,
    ) -> Iterator[Trail]:
        if member.kind in (MemberKind.LINES, MemberKind.INVERSE):
            yield from self._rows(steps, entity, member, rest, depth)
        elif member.kind is MemberKind.LINKS:
            yield from self._links(steps, entity, name, member, rest, depth)
        else:
            yield self._trail(steps, entity, name)
            if rest:
                reference = member.kind is MemberKind.REFERENCE
                for target in member.type.entities:
                    owner = name in self.registry.entities[entity].part_of
                    step = Step("link", entity, target, name, reference, owner)
                    yield from self._path((*steps, step), target, rest, depth + 1)

    def _rows(
        self,
        steps: tuple[Step, ...],
        entity: str,
        member: Member,
        rest: Path,
        depth: int,
    ) -> Iterator[Trail]:
        child, back = member.target, member.back
        if child is None or back is None:
            return
        kind = self._kind(child, back)
        if kind is MemberKind.LINKS:
            yield from self._links_back(steps, entity, child, back, rest, depth)
            return
        owner = member.kind is MemberKind.LINES
        reference = kind is MemberKind.REFERENCE
        step = Step("rows", entity, child, back, reference, owner)
        near = owner and _is_down(steps)
        yield Trail(steps, child, back, joins=True, near=near)
        wanted = [rest] if rest else []
        if member.where is not None:
            wanted.extend(ordered_reads(member.where))
        for path in wanted:
            yield from self._path((*steps, step), child, path, depth + 1)

    def _links(
        self,
        steps: tuple[Step, ...],
        entity: str,
        name: str,
        member: Member,
        rest: Path,
        depth: int,
    ) -> Iterator[Trail]:
        definition = self.registry.entities[entity].fields[name]
        target = member.target or ""
        links = through_fields(self.registry, entity, definition)
        if definition.through is not None and links is not None:
            back, pick = links
            rows = Step("rows", entity, definition.through, back)
            yield Trail(steps, definition.through, back, joins=True)
            further = (pick, *rest)
            yield from self._path(
                (*steps, rows), definition.through, further, depth + 1
            )
            return
        yield self._trail(steps, entity, name)
        if rest:
            step = Step("pairs", entity, target, name)
            yield from self._path((*steps, step), target, rest, depth + 1)

    def _links_back(
        self,
        steps: tuple[Step, ...],
        entity: str,
        child: str,
        back: str,
        rest: Path,
        depth: int,
    ) -> Iterator[Trail]:
        """The inverse of a many-to-many field."""
        definition = self.registry.entities[child].fields[back]
        links = through_fields(self.registry, child, definition)
        if definition.through is not None and links is not None:
            mine, pick = links
            rows = Step("rows", entity, definition.through, pick)
            yield Trail(steps, definition.through, pick, joins=True)
            further = (mine, *rest)
            yield from self._path(
                (*steps, rows), definition.through, further, depth + 1
            )
            return
        yield Trail(steps, child, back, joins=True)
        if rest:
            step = Step("pairs_back", entity, child, back)
            yield from self._path((*steps, step), child, rest, depth + 1)

    def _kind(self, entity: str, field: str) -> MemberKind | None:
        schema = self.registry.schema.entities.get(entity)
        member = None if schema is None else schema.member(field)
        return None if member is None else member.kind

    def _trail(self, steps: tuple[Step, ...], entity: str, name: str) -> Trail:
        return Trail(steps, entity, name, near=_is_down(steps) or _is_up(steps))


_DEEPEST = 60


def _is_down(steps: tuple[Step, ...]) -> bool:
    """Whether steps lead only to the rows that the record owns."""
    return all(step.kind == "rows" and step.owner for step in steps)


def _is_up(steps: tuple[Step, ...]) -> bool:
    """Whether one step leads from a row to the document that owns it."""
    return len(steps) == 1 and steps[0].kind == "link" and steps[0].owner


def is_rounding(path: Path) -> bool:
    """Whether a path leads to the decimals of a currency, which never change."""
    return len(path) > 1 and path[-1] == "decimals"
