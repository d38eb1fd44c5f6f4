"""Patterns that a text must match, in linear time whatever the text is.

Used by text fields; backed by RE2, which knows neither look-around nor back-references.

Public: `pattern_problem(pattern)`, `matcher(pattern)`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

# A compiled pattern may not take more memory than this.
MOST_BYTES = 1 << 20
MOST_CHARACTERS = 500


def pattern_problem(pattern: str) -> str | None:
    """Why a pattern cannot be used, as a sentence, or None."""
    if len(pattern) > MOST_CHARACTERS:
        return f"a pattern has at most {MOST_CHARACTERS} characters"
    try:
        _compiled(pattern)
    except _library().error as error:
        detail = error.args[0] if error.args else "it cannot be read"
        text = detail.decode() if isinstance(detail, bytes) else str(detail)
        return (
            f"the pattern is not usable ({text}); "
            "look-around and back-references do not exist here"
        )
    return None


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a whole text matches the pattern."""
    compiled = _compiled(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _compiled(pattern: str) -> Any:
    re2 = _library()
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_BYTES
    return re2.compile(pattern, options)


def _library() -> Any:
    import re2

    return re2
