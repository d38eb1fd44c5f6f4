"""Says in another language what the services and field types said in English.

Their messages are made far from any reader, with values in them. `words/<language>.
services.yml` has the same sentences with gaps; what a sentence was filled with is found
in the message and filled into its translation. What nobody translated stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from core.frozen import frozen
from core.web.wording import catalogue

_GAP = re.compile(r"\{([^{}]*)\}")
_LABELLED = re.compile(r"([^:]{1,80}): (.+?)(\.?)", re.DOTALL)
_DEEPEST = 3
_LONGEST = 2_000


@frozen
class Sentence:
    """A sentence with gaps, and the same in the other language."""

    pattern: re.Pattern[str]
    gaps: tuple[str, ...]
    other: str

    def gaps_in(self, message: str) -> dict[str, str] | None:
        """What the gaps of a message hold; None if it is another sentence."""
        found = self.pattern.fullmatch(message)
        return (
            None if found is None else dict(zip(self.gaps, found.groups(), strict=True))
        )

    def filled(self, values: dict[str, str]) -> str:
        """The translation with the values in its gaps."""
        return _GAP.sub(lambda gap: values.get(gap[1], gap[0]), self.other)


def sentence_of(english: str, other: str) -> Sentence:
    """A sentence and its translation, ready to be looked for in messages."""
    parts = _GAP.split(english)
    gaps = tuple(parts[1::2])
    pattern = "".join(
        "(.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )
    return Sentence(re.compile(pattern, re.DOTALL), gaps, other)


@lru_cache(maxsize=8)
def sentences_of(language: str) -> tuple[Sentence, ...]:
    """The known sentences, the most certain first; none for English."""
    texts = catalogue(f"{language}.services").items()
    # The more of a sentence is fixed, the less it is taken for another one.
    order = sorted(texts, key=lambda pair: -len(_GAP.sub("", pair[0])))
    return tuple(sentence_of(english, other) for english, other in order)


def retold(message: str, language: str, depth: int = 0) -> str:
    """The message in a language; unchanged if its sentence is not known."""
    if language == "en" or depth > _DEEPEST or len(message) > _LONGEST:
        return message
    for sentence in sentences_of(language):
        values = sentence.gaps_in(message)
        if values is not None:
            told = {k: retold(v, language, depth + 1) for k, v in values.items()}
            return sentence.filled(told)
    if depth == 0 and (found := _LABELLED.fullmatch(message)) is not None:
        label, inner, end = found.groups()
        told_inner = retold(inner, language, 1)
        return f"{label}: {told_inner}{end}" if told_inner != inner else message
    return message


def refilled(message: str, english: str, other: str) -> str:
    """What an author's sentence says in his translation, gaps filled alike.

    The message itself if it was not made of the English sentence.
    """
    if "{" not in other:
        return other
    sentence = sentence_of(english, other)
    values = sentence.gaps_in(message)
    return message if values is None else sentence.filled(values)


def retold_errors(
    errors: Iterable[dict[str, Any]], language: str
) -> list[dict[str, Any]]:
    """The errors of an import with reasons in a language."""
    return [{**one, "reason": retold(str(one["reason"]), language)} for one in errors]
