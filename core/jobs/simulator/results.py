"""How tests went: what was expected and found, and where it stands."""

from __future__ import annotations

from typing import Any

from core.diagnostics import Span
from core.frozen import frozen


@frozen
class Difference:
    """One thing that is not as expected; `step` counts from 1, 0 is the beginning."""

    file: str
    line: int
    step: int
    what: str
    expected: str
    found: str

    def document(self) -> dict[str, Any]:
        """The same as JSON data."""
        return {name: getattr(self, name) for name in _DIFFERENCE}


@frozen
class Result:
    """How one test went: it holds unless there are differences."""

    id: str
    label: str
    file: str
    line: int
    steps: int
    seconds: float
    differences: tuple[Difference, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences

    def document(self) -> dict[str, Any]:
        """The same as JSON data."""
        shown: dict[str, Any] = {name: getattr(self, name) for name in _RESULT}
        shown["seconds"] = round(self.seconds, 3)
        shown["holds"] = self.holds
        shown["differences"] = [one.document() for one in self.differences]
        return shown


class NotAsExpected(Exception):
    """A step of a test did not go as it says; carries all that differs in it."""

    def __init__(self, differs: list[tuple[Span, str, str, str]]) -> None:
        super().__init__(differs[0][1])
        self.differs = differs


def differs(span: Span, what: str, expected: str, found: str) -> NotAsExpected:
    """The error for a single difference."""
    return NotAsExpected([(span, what, expected, found)])


_DIFFERENCE = ("file", "line", "step", "what", "expected", "found")
_RESULT = ("id", "label", "file", "line", "steps")
