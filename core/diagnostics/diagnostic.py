"""One author's mistake, and the collector that gathers those of all stages.

Every stage from the loader to the planner gets one `Diagnostics` and adds to it instead
of raising; `render` and the command line show what it holds in the end.

Public: `Diagnostic`, `Related`, `Diagnostics.error/.warn/.add/.has_errors/.sorted/
.mark_broken/.is_broken/.suppressed`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.diagnostics.codes import Severity, code_named
from core.diagnostics.span import Span, nowhere
from core.frozen import frozen


@frozen
class Related:
    """A second place that explains the problem, for instance the first definition."""

    span: Span
    message: str


@frozen
class Diagnostic:
    """One problem with its code, place and advice.

    `label` stands beside the caret, `help` proposes the remedy, `notes` add facts.
    """

    code: str
    message: str
    span: Span
    label: str | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()

    @property
    def severity(self) -> Severity:
        """`error` or `warning`, as the catalogue says for the code."""
        return code_named(self.code).severity

    @property
    def is_error(self) -> bool:
        """Whether the definitions cannot be used with this problem in them."""
        return self.severity == "error"


class Diagnostics:
    """Collects problems: drops repetitions, caps the number per file, knows the broken.

    An entity (or any other addressed thing) that could not be read whole is marked
    broken; a later stage asks `is_broken` and stays quiet about what refers to it.
    """

    def __init__(self, per_file: int = 100) -> None:
        self._per_file = per_file
        self._items: list[Diagnostic] = []
        self._seen: set[tuple[str, Span, str]] = set()
        self._counts: dict[tuple[str, Severity], int] = {}
        self._suppressed: dict[str, int] = {}
        self._broken: set[str] = set()

    def error(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        label: str | None = None,
        help: str | None = None,
        *,
        notes: tuple[str, ...] = (),
        related: tuple[Related, ...] = (),
    ) -> None:
        """Report a problem under a code of the catalogue, error or warning alike.

        An unknown code is a KeyError: a mistake of the calling stage, not of an author.
        """
        at = nowhere() if span is None else span
        self.add(Diagnostic(code, message, at, label, help, notes, related))

    warn = error

    def add(self, diagnostic: Diagnostic) -> None:
        """Take one problem, unless it was reported already or its file has too many."""
        severity = diagnostic.severity
        key = (diagnostic.code, diagnostic.span, diagnostic.message)
        if key in self._seen:
            return
        self._seen.add(key)
        file = diagnostic.span.file
        count = self._counts.get((file, severity), 0) + 1
        self._counts[file, severity] = count
        if file and count > self._per_file:
            self._suppressed[file] = self._suppressed.get(file, 0) + 1
        else:
            self._items.append(diagnostic)

    def speaks_of(self, span: Span) -> bool:
        """Whether something is wrong with exactly this place already."""
        return any(one.span == span and one.is_error for one in self._items)

    def mark_broken(self, address: str) -> None:
        """Note that the thing at this address could not be read whole."""
        self._broken.add(address)

    def is_broken(self, address: str) -> bool:
        """Whether this address, or one it lies in, is marked broken."""
        if not self._broken:
            return False
        while address not in self._broken:
            address, slash, _ = address.rpartition("/")
            if not slash:
                return False
        return True

    @property
    def broken(self) -> frozenset[str]:
        """The addresses marked broken."""
        return frozenset(self._broken)

    @property
    def has_errors(self) -> bool:
        """Whether there is at least one error; warnings do not count."""
        return any(severity == "error" for _, severity in self._counts)

    @property
    def suppressed(self) -> Mapping[str, int]:
        """File -> number of further problems left out because of the cap."""
        return MappingProxyType(self._suppressed)

    def count(self, severity: Severity) -> int:
        """Return how many problems of this severity came up, left-out ones included."""
        return sum(n for (_, found), n in self._counts.items() if found == severity)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return all problems by file, position and code."""
        return tuple(sorted(self._items, key=lambda d: (d.span, d.code, d.message)))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._items)
