"""The ways of a workflow: which transitions a record can take, and where they lead.

Asked by core.registry.check_behaviour; conditions are tried by example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from core.definitions import EntityDef, TransitionDef, VerdictDef, WorkflowDef
from core.diagnostics import Span
from core.registry.cases import Condition, Found, find
from core.registry.checker import Checker
from core.registry.workflows import states_from


class Ways:
    """The ways of one workflow, as records of its entity can take them."""

    def __init__(
        self, checker: Checker, workflow: WorkflowDef, entity: EntityDef
    ) -> None:
        self._checker = checker
        self.workflow = workflow
        self.entity = entity
        self._decided = {
            (id_, name)
            for id_, one in workflow.approvals.items()
            for name in (one.pass_, one.reject)
        }

    def moves(self) -> Iterator[TransitionDef]:
        """The transitions that lead to a state, without decisions of approvals."""
        for one in self.workflow.transitions.values():
            sound = one.to in self.workflow.states
            if not isinstance(one, VerdictDef) and sound:
                yield one

    def states(self, move: TransitionDef) -> list[str]:
        """The states in which a record may be that takes a transition."""
        return [
            state
            for state in states_from(self.workflow, move)
            if (state, move.id) in self._decided or not self.found(move, state).never
        ]

    def found(self, move: TransitionDef, state: str) -> Found:
        """A record in a state that can take a transition."""
        return find(self.entity, self.conditions(move, state))

    def conditions(self, move: TransitionDef, state: str) -> list[Condition]:
        """What must hold for a transition: that it is offered, and its guards."""
        at = f"entity {self.entity.id}/actions/{move.id}"
        places = [f"{at}/when"]
        places += [f"{at}/guard/{index}/check" for index in range(len(move.guard))]
        known = {self.workflow.state: state}
        found = (self._checker.expressions.get(place) for place in places)
        return [Condition(typed, known) for typed in found if typed is not None]

    @cached_property
    def ways(self) -> Mapping[str, list[str]]:
        """Reachable state -> the way to it: states and transitions in turn."""
        first = self.workflow.initial or next(iter(self.workflow.states))
        found = {first: [first]}
        waiting = [first]
        for state in waiting:
            for move in self.leaving(state):
                if move.to not in found:
                    found[move.to] = [*found[state], f"({move.id})", move.to]
                    waiting.append(move.to)
        return found

    def leaving(self, state: str) -> list[TransitionDef]:
        """The transitions that a record in a state can take."""
        return [one for one in self.moves() if state in self.possible[one.id]]

    @cached_property
    def possible(self) -> Mapping[str, list[str]]:
        """Transition -> the states from which a record can take it."""
        return {one.id: self.states(one) for one in self.moves()}

    def warn(
        self, code: str, text: str, span: Span, help: str, notes: tuple[str, ...]
    ) -> None:
        """Warn with a way or a record that shows it."""
        self._checker.diagnostics.warn(code, text, span, None, help, notes=notes)
