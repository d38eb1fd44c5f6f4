"""A batch: the changes of one kind to records of one entity, on their way to be saved.

Made by Transaction; every step of core.services.write works on it. One record is a
batch of one, an import a batch of thousands, lines a batch inside their parent's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.compiler import CompiledEntity
from core.expressions import Env, Record
from core.services.errors import Problem
from core.services.save_plan import SavePlan, plan_of
from core.services.sentences import Sentence

if TYPE_CHECKING:
    from core.services.scene import Scene

Verb = Literal["create", "update", "archive", "delete"]


@dataclass(slots=True)
class Change:
    """One record on its way: what was given, what it was, what it becomes.

    `given` holds raw values, `explicit` their coerced form; `record` is the new state
    that all steps read and write, `old` the stored one. `row` is the place in the
    caller's list; `accepted` names warnings that the user has answered.
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
    failed: bool = False
    accepted: list[str] = dataclasses.field(default_factory=list)

    def problem(
        self,
        field: str | None,
        code: str,
        message: str,
        level: str = "error",
        facts: Mapping[str, Any] | None = None,
        because: tuple[Sentence, ...] = (),
    ) -> None:
        """Note what is wrong with a field, or with the record as a whole."""
        path, facts = self.path, facts or {}
        self.note(Problem(field, code, message, path, level, facts, because))

    def note(self, problem: Problem) -> None:
        """Keep a problem; an error takes the record, and what owns it, out."""
        self.problems.append(problem)
        if problem.level == "error":
            self.fail()

    def fail(self) -> None:
        """Leave this record, and the one that owns it, out of what is written."""
        one: Change | None = self
        while one is not None:
            one.failed = True
            one = one.parent

    def set(self, name: str, value: Any) -> None:
        """Give the record a value and note whether it differs from the stored one."""
        values = self.record.values
        if self.old is not None:
            if value == self.old.values.get(name):
                self.changed.discard(name)
            else:
                self.changed.add(name)
        values[name] = value
        target = self.record.relations.get(name)
        if target is not None and getattr(target, "id", None) != value:
            del self.record.relations[name]

    def forget(self, row: Record | None) -> None:
        """Begin anew, as if nothing had been worked out yet."""
        self.record = Record(self.record.entity, self.record.id)
        self.old = row
        self.explicit.clear()
        self.changed.clear()
        self.problems.clear()
        self.accepted.clear()
        self.failed = False


@dataclass(slots=True)
class Batch:
    """Changes of one verb to one entity.

    `trusted`: effects and the platform itself write with full rights; `sovereign` is
    that trust for entities with rights of their own. `lines` holds what becomes of
    owned rows. `tx` is handed to plugins. `draft`: for a form, nothing is written.
    `partial`: problems only leave out the rows that have them.
    `moving` names the transition that saves, with its `reason` and its `event`;
    `draws` are numberings to draw from.
    `sound` are the changes that were without an error when `validate` began: all that
    is wrong with them is told together.
    """

    scene: Scene
    entity: CompiledEntity
    verb: Verb
    changes: list[Change]
    via: str
    trusted: bool = False
    accept_warnings: bool = False
    lines: list[Lines] = dataclasses.field(default_factory=list)
    tx: Any = None
    draft: bool = False
    sovereign: bool = False
    partial: bool = False
    moving: str | None = None
    reason: str | None = None
    event: str | None = None
    draws: tuple[str, ...] = ()
    sound: list[Change] = dataclasses.field(default_factory=list)
    _envs: dict[int | None, Env] = dataclasses.field(default_factory=dict)
    _plan: SavePlan | None = None

    @property
    def alive(self) -> list[Change]:
        """The changes without an error so far."""
        return [change for change in self.changes if not change.failed]

    @property
    def records(self) -> list[Record]:
        """The new states of the changes without an error."""
        return [change.record for change in self.changes if not change.failed]

    @property
    def plan(self) -> SavePlan:
        """What a save of this entity loads and computes, in which order."""
        if self._plan is None:
            self._plan = plan_of(self.scene.runtime, self.entity.id, self.draft)
        return self._plan

    def env(self, change: Change) -> Env:
        """The surroundings of the entity's expressions for one of the changes.

        One object serves all changes of a company: use it before the next is asked for.
        """
        company = company_of(change)
        env = self._envs.get(company)
        if env is None:
            env = self.scene.env(self.plan.reads, company=company)
            self._envs[company] = env
        env.this, env.old = change.record, change.old
        return env

    def restart(self) -> None:
        """Forget what was worked out, to work it out again."""
        for change in self.changes:
            change.forget(None)
        self.lines.clear()
        self._envs.clear()


@dataclass(slots=True)
class Lines:
    """What becomes of the rows of one lines field over all changes of a batch.

    `given` are the changes (by identity) whose rows are on their way here; `removed`
    holds the rows that go, by the place of their parent in the batch. `quiet` are rows
    that a patch leaves alone, with their parent: no changes are made of them unless
    the parent stirs them.
    """

    field: str
    created: Batch
    updated: Batch
    removed: dict[int, list[Record]]
    given: set[int]
    quiet: list[tuple[Change, Record]] = dataclasses.field(default_factory=list)

    @property
    def batches(self) -> tuple[Batch, Batch]:
        """Changed rows, then new ones."""
        return self.updated, self.created


@dataclass(slots=True)
class LinesPatch:
    """Some rows of a lines field, in place of the whole list; the others stay.

    `added` rows are given in order; afterwards `made` holds their changes and
    `touched` those of changed rows by id.
    """

    added: list[Mapping[str, Any]] = dataclasses.field(default_factory=list)
    changed: dict[int, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    removed: set[int] = dataclasses.field(default_factory=set)
    versions: dict[int, int | None] = dataclasses.field(default_factory=dict)
    made: list[Change] = dataclasses.field(default_factory=list)
    touched: dict[int, Change] = dataclasses.field(default_factory=dict)


def by_parent(batch: Batch) -> dict[int, list[Change]]:
    """The changes of lines by the identity of the change that owns them."""
    found: dict[int, list[Change]] = {}
    for change in batch.changes:
        if change.parent is not None:
            found.setdefault(id(change.parent), []).append(change)
    return found


def company_of(change: Change) -> int | None:
    """The company that a record belongs to, for lines that of their document."""
    company: int | None = change.record.values.get("company")
    if company is None and change.parent is not None:
        return company_of(change.parent)
    return company


def problems_of(batch: Batch) -> list[Problem]:
    """All problems of a batch and of its lines, in the order of the changes."""
    found = [problem for change in batch.changes for problem in change.problems]
    for child in below(batch):
        found.extend(problems_of(child))
    return found


def problems_within(batch: Batch, change: Change) -> Iterator[Problem]:
    """The problems of one change and of its lines."""
    yield from change.problems
    for child in below(batch):
        for one in child.changes:
            if one.parent is change:
                yield from problems_within(child, one)


def each(batch: Batch, work: Callable[[Batch], None]) -> None:
    """Run some work on the lines of a batch, deepest first, then on the batch."""
    for child in below(batch):
        each(child, work)
    work(batch)


def below(batch: Batch) -> Iterable[Batch]:
    """The batches of lines directly below a batch."""
    for lines in batch.lines:
        yield lines.updated
        yield lines.created


def problem_from(change: Change, found: Any) -> Problem:
    """What a hook returned: a Problem, a map with its parts, or a sentence."""
    if isinstance(found, Problem):
        return found
    if isinstance(found, Mapping):
        return Problem(
            found.get("field"),
            str(found.get("code", "refused")),
            str(found.get("message", "A module refuses this.")),
            change.path,
        )
    return Problem(None, "refused", str(found), change.path)
