"""The nearest known name to a mistyped one.

Called where a name is not found, to say "did you mean"; hands back names only.

Public: `closest(name, candidates, limit=1)`, `did_you_mean(name, candidates)`.
"""

from collections.abc import Iterable


def closest(name: str, candidates: Iterable[str], limit: int = 1) -> tuple[str, ...]:
    """Return up to `limit` candidates near to `name`, nearest first.

    Near means at most a third of the letters wrong; swapped neighbours count as one.
    """
    most = max(1, (len(name) + 1) // 3)
    wanted = name.lower()
    letters = frozenset(wanted)
    found: list[tuple[int, str]] = []
    for candidate in dict.fromkeys(candidates):
        if abs(len(candidate) - len(wanted)) > most or candidate == name:
            continue
        other = candidate.lower()
        # Each edit brings in at most one letter that the name lacks: a cheap filter
        # that spares the table for nearly all of ten thousand candidates.
        if len(letters.difference(other)) > most:
            continue
        distance = _distance(wanted, other, most)
        if distance <= most:
            found.append((distance, candidate))
    found.sort(key=lambda pair: (pair[0], pair[1][:1] != name[:1], pair[1]))
    return tuple(candidate for _, candidate in found[:limit])


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """Return the help text "did you mean 'x'?" or None when nothing is near."""
    near = closest(name, candidates)
    return f"did you mean '{near[0]}'?" if near else None


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """Return the sentence " Did you mean 'x'?" for the end of a message, or nothing."""
    near = closest(name, candidates)
    return f" Did you mean '{near[0]}'?" if near else ""


def _distance(a: str, b: str, most: int) -> int:
    """Damerau's edit distance, given up (as `most + 1`) once it must exceed `most`."""
    # What both begin and end with costs nothing and is most of the text, as a rule.
    start = _same_start(a, b)
    a, b = a[start:], b[start:]
    end = _same_start(a[::-1], b[::-1])
    a, b = a[: len(a) - end], b[: len(b) - end]
    if not a or not b:
        return len(a) + len(b)
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != other))
            swapped = i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other
            row.append(min(cost, before[j - 2] + 1) if swapped else cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]


def _same_start(a: str, b: str) -> int:
    for index, (letter, other) in enumerate(zip(a, b, strict=False)):
        if letter != other:
            return index
    return min(len(a), len(b))
