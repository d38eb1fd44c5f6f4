"""Valid records from nothing but the definition: required fields, links, lines, rules.

Called by the contract suite of modules and by tests of authors. The maker offers
values, listens to what the write path says of them and offers others: so it needs to
know no rule. Records that links lead to are made on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Record
from core.services import (
    BadQuery,
    Candidates,
    Problem,
    RuleBroken,
    Transaction,
    ValidationFailed,
)
from core.services.transition_states import is_state
from core.testing.sample_values import values_for

#: How deep links and lines are followed for fields that may stay empty.
DEEPEST = 2
_TRIES = 120
#: How many values of a field are tried before it stays empty.
_TURNS = 25
#: How often everything is chosen anew before fields are left out one by one.
_MOVES = 6
_PICKED = ("link", "links", "reference")


class NoSample(AssertionError):
    """No valid record was found; the last refusal says what stands in the way."""


@dataclass
class Draft:
    """The values of one record on trial, with the choice made for each field.

    `turns`: path of a field -> how often its value was refused. `dropped`: paths of
    optional fields that are left empty.
    """

    entity: CompiledEntity
    number: int
    full: bool
    depth: int
    given: dict[str, Any]
    turns: dict[str, int] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    demanded: set[str] = field(default_factory=set)
    moves: int = 0


class SampleMaker:
    """Makes records in one transaction; each one differs from those before."""

    def __init__(self, tx: Transaction, first: int = 1) -> None:
        self.tx = tx
        self.number = first
        self._making: list[str] = []

    def make(
        self, entity: str, *, full: bool = True, given: dict[str, Any] | None = None
    ) -> tuple[Record, dict[str, Any]]:
        """Create a valid record; returns it and the values that were accepted.

        full: fill every field that may be filled; else only what must be. given: raw
        values that are kept as they are. NoSample if nothing is accepted.
        """
        draft = self._draft(entity, full, given or {})
        self._making.append(entity)
        try:
            return self._settle(draft, None)
        finally:
            self._making.pop()

    def change(self, entity: str, id: int) -> tuple[Record, dict[str, Any]]:
        """Give a record other values; returns it and the values accepted."""
        draft = self._draft(entity, True, {})
        draft.dropped = {
            name for name, one in draft.entity.fields.items() if one.kind != "value"
        }
        return self._settle(draft, id)

    def _draft(self, entity: str, full: bool, given: dict[str, Any]) -> Draft:
        compiled = self.tx.runtime.compiled.entity(entity)
        self.number += 1
        return Draft(compiled, self.number, full, len(self._making), given)

    def _settle(self, draft: Draft, id_: int | None) -> tuple[Record, dict[str, Any]]:
        said: tuple[Problem, ...] = ()
        for _ in range(_TRIES):
            values = self._values(draft)
            try:
                return self._save(draft, id_, values), values
            except ValidationFailed as refused:
                said = refused.problems
                if not self._yield(draft, values, said):
                    break
        told = "; ".join(f"{one.field}: {one.message}" for one in said)
        raise NoSample(f"No valid {draft.entity.id} was found: {told}")

    def _save(self, draft: Draft, id_: int | None, values: dict[str, Any]) -> Record:
        try:
            return self._write(draft.entity.id, id_, values, accept=False)
        except RuleBroken as refused:
            if not refused.only_warnings:
                raise
        return self._write(draft.entity.id, id_, values, accept=True)

    def _write(
        self, entity: str, id_: int | None, values: dict[str, Any], accept: bool
    ) -> Record:
        if id_ is None:
            return self.tx.create(entity, values, accept_warnings=accept)
        return self.tx.update(entity, id_, values, accept_warnings=accept)

    # -- choosing -----------------------------------------------------------------

    def _values(self, draft: Draft) -> dict[str, Any]:
        values = dict(draft.given)
        entity = draft.entity
        for name, one in entity.fields.items():
            if name in values or name in draft.dropped or not self._open(draft, one):
                continue
            found = self._value(draft, one, values)
            if found is not None:
                values[name] = found
        return values

    def _open(self, draft: Draft, one: CompiledField) -> bool:
        """Whether a writer is asked for the field at all."""
        if one.computed or not one.writable or one.kind == "group":
            return False
        if is_state(draft.entity, one.name):
            # Only buttons write it; in most states other fields are closed as well.
            return False
        if one.type.widget(one.definition).kind in ("file", "image", "properties"):
            return False
        needed = draft.entity.required.get(one.name) is True
        needed = needed or one.name in draft.demanded
        owner = draft.entity.owner
        needed = needed or (owner is not None and owner.field == one.name)
        return needed or draft.full

    def _value(self, draft: Draft, one: CompiledField, values: dict[str, Any]) -> Any:
        turn = draft.turns.get(one.name, 0)
        if one.kind == "lines":
            return self._lines(draft, one.name, turn)
        if one.kind in _PICKED:
            return self._target(draft, one, values, turn)
        offered = values_for(one, draft.number)
        return offered[turn] if turn < len(offered) else None

    def _lines(self, draft: Draft, name: str, turn: int) -> list[dict[str, Any]] | None:
        if draft.depth >= DEEPEST or turn > 3:
            return None
        lines = draft.entity.lines[name]
        child = self.tx.runtime.compiled.entity(lines.child)
        row = Draft(child, draft.number + turn, draft.full, DEEPEST, dict(lines.fixed))
        row.dropped = {lines.back, *_below(name, draft.dropped)}
        row.demanded = _below(name, draft.demanded)
        inside = _below(name, draft.turns)
        row.turns = {path: draft.turns[f"{name}.{path}"] for path in inside}
        return [self._values(row)]

    def _target(
        self, draft: Draft, one: CompiledField, values: dict[str, Any], turn: int
    ) -> Any:
        target = one.targets[0]
        found = self._present(draft, one, target, values)
        made = None
        if turn < len(found):
            made = found[turn]
        elif turn == len(found) and target not in self._making:
            made = self._made(draft, one, target)
        if made is None:
            return None
        if one.kind == "links":
            return [made]
        return {"entity": target, "id": made} if one.kind == "reference" else made

    def _present(
        self, draft: Draft, one: CompiledField, target: str, values: dict[str, Any]
    ) -> list[int]:
        """Records that the field's picker offers for the draft, the newest first."""
        candidates = None
        if one.where is not None:
            candidates = Candidates(draft.entity.id, one.name, values)
        try:
            found = self.tx.lookup(target, "", 3, candidates)
        except BadQuery:
            return []
        return [hit.id for hit in found]

    def _made(self, draft: Draft, one: CompiledField, target: str) -> int | None:
        needed = draft.entity.required.get(one.name) is True
        owner = draft.entity.owner
        owned = owner is not None and owner.field == one.name
        if len(self._making) >= DEEPEST and not (needed or owned):
            return None
        try:
            return self.make(target, full=False)[0].id
        except NoSample:
            if needed or owned:
                raise
            return None

    # -- listening ----------------------------------------------------------------

    def _yield(
        self, draft: Draft, values: dict[str, Any], problems: tuple[Problem, ...]
    ) -> bool:
        """Choose otherwise where something was refused; False if nothing is left."""
        moved = False
        for problem in problems:
            path = _path_of(problem, draft.entity)
            if problem.level != "error":
                continue
            first = "" if path is None else path.split(".")[0]
            one = draft.entity.fields.get(first)
            if path is None or one is None or one.computed or first in draft.given:
                moved = self._otherwise(draft, values) or moved
                continue
            moved = True
            if not _is_given(path, values):
                draft.dropped.discard(path)
                draft.demanded.add(path)
            draft.turns[path] = draft.turns.get(path, -1) + 1
            if draft.turns[path] > _TURNS and path not in draft.demanded:
                draft.dropped.add(path)
        return moved

    def _otherwise(self, draft: Draft, values: dict[str, Any]) -> bool:
        """Nobody says which field is wrong: first all others, then one less."""
        draft.moves += 1
        if draft.moves <= _MOVES:
            self.number += 1
            draft.number = self.number
            return True
        for name in reversed(list(values)):
            needed = draft.entity.required.get(name) is True or name in draft.demanded
            if not needed and name not in draft.given:
                draft.dropped.add(name)
                return True
        return False


def _path_of(problem: Problem, entity: CompiledEntity) -> str | None:
    """The field as the draft names it: `name`, or `lines.name` in a row of lines."""
    lines = [str(part) for part in problem.path if not isinstance(part, int)]
    if lines and lines[0] not in entity.fields:
        # Lines that are written alone are told of as a part of their document.
        lines = lines[1:]
    if problem.field is None:
        return ".".join(lines) or None
    return ".".join([*lines, problem.field])


def _below(name: str, paths: Iterable[str]) -> set[str]:
    """The paths inside a lines field, as its rows name them."""
    mark = f"{name}."
    return {path.removeprefix(mark) for path in paths if path.startswith(mark)}


def _is_given(path: str, values: dict[str, Any]) -> bool:
    first, _, rest = path.partition(".")
    found = values.get(first)
    if rest and isinstance(found, list) and found and isinstance(found[0], dict):
        return rest in found[0]
    return first in values
