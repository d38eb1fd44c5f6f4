"""A batch: the changes of one kind to records of one entity, on their way to be saved.

Made by Transaction; every step of core.services.write works on it. One record is a
batch of one, an import a batch of thousands, lines a batch inside their parent's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.errors import Problem

if TYPE_CHECKING:
    from core.services.scene import Scene

Verb = Literal["create", "update", "archive", "delete"]


@dataclass(slots=True)
class Change:
    """One record on its way: what was given, what it was, what it becomes.

    `given` holds raw values, `explicit` their coerced form; `record` is the new state
    that all steps read and write, `old` the stored one. `kept` are the ids of lines
    that stay, per lines field that was given. `row` is the place in the caller's list.
    """

    row: int
    given: Mapping[str, Any]
    record: Record
    old: Record | None = None
    version: int | None = None
    explicit: dict[str, Any] = dataclasses.field(default_factory=dict)
    changed: set[str] = dataclasses.field(default_factory=set)
    problems: list[Problem] = dataclasses.field(default_factory=list)
    path: tuple[str | int, ...] = ()
    parent: Change | None = None

    def problem(
        self,
        field: str | None,
        code: str,
        message: str,
        level: str = "error",
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what is wrong with a field, or with the record as a whole."""
        one = Problem(field, code, message, self.path, level, facts or {})
        self.problems.append(one)


@dataclass(slots=True)
class Batch:
    """Changes of one verb to one entity.

    `trusted`: effects and the platform itself write with full rights. `lines` holds the
    batches of owned rows: (lines field, batch of new rows, batch of changed rows, ids
    of removed rows).
    """

    scene: Scene
    entity: CompiledEntity
    verb: Verb
    changes: list[Change]
    via: str
    trusted: bool = False
    accept_warnings: bool = False
    lines: list[Lines] = dataclasses.field(default_factory=list)
    plugins: Any = None

    @property
    def alive(self) -> list[Change]:
        """The changes without an error so far."""
        return [change for change in self.changes if not has_errors(change)]

    @property
    def records(self) -> list[Record]:
        """The new states of the changes without an error."""
        return [change.record for change in self.alive]


@dataclass(slots=True)
class Lines:
    """What becomes of the rows of one lines field over all changes of a batch."""

    field: str
    created: Batch
    updated: Batch
    removed: dict[int, list[Record]]


def has_errors(change: Change) -> bool:
    """Whether anything but a warning is wrong with the change."""
    return any(problem.level == "error" for problem in change.problems)


def problems_of(batch: Batch) -> list[Problem]:
    """All problems of a batch and of its lines, in the order of the changes."""
    found = [
        problem
        for change in batch.changes
        for problem in change.problems
        if "inside" not in problem.facts
    ]
    for lines in batch.lines:
        found.extend(problems_of(lines.created))
        found.extend(problems_of(lines.updated))
    return found


def each(batch: Batch, work: Callable[[Batch], None]) -> None:
    """Run some work on the lines of a batch, deepest first, then on the batch."""
    for child in below(batch):
        each(child, work)
    work(batch)


def below(batch: Batch) -> Iterable[Batch]:
    """The batches of lines directly below a batch."""
    for lines in batch.lines:
        yield lines.created
        yield lines.updated
