"""Sentences that are put together here and said later, in the language of a reader.

Services make them; pages say them through their words, programs and the command line in
English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from core.frozen import frozen

Say = Callable[..., str]
_NO_FACTS: Mapping[str, Any] = MappingProxyType({})


@frozen
class Sentence:
    """An English text with gaps `{name}` and what fills them.

    A fact is a text, another sentence, or a tuple of sentences, which are listed.
    """

    text: str
    facts: Mapping[str, Any] = field(default_factory=lambda: _NO_FACTS)

    def said(self, say: Say) -> str:
        """The sentence; `say(text, **facts)` gives a text in the reader's language."""
        return say(self.text, **{n: _said(v, say) for n, v in self.facts.items()})

    def __str__(self) -> str:
        return self.said(in_english)


def sentence(text: str, **facts: Any) -> Sentence:
    """A sentence with these facts."""
    return Sentence(text, MappingProxyType(facts))


def in_english(text: str, **facts: object) -> str:
    """The text as it stands in the code, its gaps filled."""
    return text.format(**facts) if facts else text


def _said(value: Any, say: Say) -> str:
    if isinstance(value, Sentence):
        return value.said(say)
    if isinstance(value, tuple):
        parts = [_said(one, say) for one in value]
        if len(parts) < 2:
            return "".join(parts)
        first, last = ", ".join(parts[:-1]), parts[-1]
        return say("{first} and {last}", first=first, last=last)
    return str(value)
