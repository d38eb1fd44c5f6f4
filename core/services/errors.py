"""What can go wrong for a user: one small family of errors with code and facts.

Raised by services; web, API and CLI each turn them into their own words' frame. There
is no HTTP in here, and every message says what, where and how to mend.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from core.frozen import frozen
from core.services.sentences import Sentence

_LONGEST = 300


@frozen
class Problem:
    """One thing wrong with one value.

    `field` is the field's name, None for the record as a whole; `path` leads to a row
    of lines (`("lines", 2)`, counting from 0); `level` is error or warn; `code` is a
    word such as `required`, or `entity/rule id` for a rule. `because` are the values
    that broke a rule, as half sentences.
    """

    field: str | None
    code: str
    message: str
    path: tuple[str | int, ...] = ()
    level: str = "error"
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    because: tuple[Sentence, ...] = ()


class AppError(Exception):
    """The base: `code` for programs, `message` for people, `facts` for both."""

    code = "error"

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts: dict[str, Any] = facts


class ValidationFailed(AppError):
    """Values that cannot be taken; `problems` names each."""

    code = "validation_failed"

    def __init__(self, problems: Sequence[Problem], message: str | None = None) -> None:
        super().__init__(message or _summary(problems))
        self.problems = tuple(problems)


class RuleBroken(ValidationFailed):
    """A rule of the business is broken, or a warning waits for its answer."""

    code = "rule_broken"

    @property
    def only_warnings(self) -> bool:
        """Whether saving again with `accept_warnings` would succeed."""
        return all(problem.level == "warn" for problem in self.problems)


class NotAllowed(AppError):
    """The actor lacks the right; facts: entity, verb."""

    code = "not_allowed"


class NotFound(AppError):
    """No such record, or none that the actor may see; facts: entity, id."""

    code = "not_found"


class StaleRecord(AppError):
    """Somebody saved first; facts: entity, id, version, changed (names of fields)."""

    code = "stale_record"


class TransitionRefused(AppError):
    """An action or transition is not possible now; facts: entity, id, action.

    `because`: the message in words for the reader's language, where it has them.
    """

    code = "transition_refused"

    def __init__(
        self, message: str, because: Sentence | None = None, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.because = because


class BadQuery(AppError):
    """A filter, order, field list or cursor that is not understood or forbidden."""

    code = "bad_query"


class TooSlow(BadQuery):
    """A question that ran into its time limit and was stopped; facts: seconds."""

    code = "too_slow"


class Unavailable(AppError):
    """The database is locked, read-only, full or gone; trying again may help."""

    code = "unavailable"


def _summary(problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return problems[0].message
    said = " ".join(dict.fromkeys(problem.message for problem in problems))
    short = said if len(said) <= _LONGEST else f"{said[:_LONGEST]} ..."
    return f"{len(problems)} values need attention. {short}"
