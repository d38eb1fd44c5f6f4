"""Texts with `{expression}` or `{expression:format}` in them.

Parsed and checked by the registry, filled by whoever shows the text: messages of rules,
questions of buttons, document numbers. `{{` and `}}` are braces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.diagnostics import Diagnostics, did_you_mean
from core.expressions.env import Env
from core.expressions.tree import Typed
from core.frozen import frozen
from core.source import ExprText, FilledText

#: What may stand behind the colon; the last ones belong to money, dates and texts.
FORMATS: tuple[str, ...] = (
    "money",
    "number",
    "percent",
    "date",
    "long",
    "short",
    "time",
    "relative",
    "upper",
)


@frozen
class Gap:
    """An expression within a text, still unchecked."""

    expr: ExprText
    format: str | None


@frozen
class TypedGap:
    """A checked expression within a text; `digits` pads numbers (`{seq:5}`)."""

    typed: Typed
    format: str | None


@frozen
class TypedText:
    """A checked filled text: its constant parts and gaps in order."""

    text: str
    parts: tuple[str | TypedGap, ...]

    @property
    def is_constant(self) -> bool:
        """Whether the text is the same for every record."""
        return all(isinstance(part, str) for part in self.parts)

    @property
    def gaps(self) -> tuple[TypedGap, ...]:
        """The expressions of the text in order."""
        return tuple(part for part in self.parts if isinstance(part, TypedGap))


def split_text(
    text: FilledText, diagnostics: Diagnostics
) -> tuple[str | Gap, ...] | None:
    """Return constant parts and gaps in order; None (reported, E401) if unbalanced."""
    parts: list[str | Gap] = []
    raw, at, plain = text.text, 0, ""
    while at < len(raw):
        sign = raw[at]
        if raw[at : at + 2] in ("{{", "}}"):
            plain, at = plain + sign, at + 2
            continue
        if sign == "{":
            end = _gap_end(raw, at + 1)
            if end is None:
                _unbalanced(text, at, "is never closed", diagnostics)
                return None
            if plain:
                parts.append(plain)
            plain = ""
            parts.append(_gap(text, at + 1, end))
            at = end + 1
            continue
        if sign == "}":
            _unbalanced(text, at, "was never opened", diagnostics)
            return None
        plain, at = plain + sign, at + 1
    if plain or not parts:
        parts.append(plain)
    return tuple(parts)


def check_format(gap: Gap, numbers: bool, diagnostics: Diagnostics) -> bool:
    """Report an unknown format (E221); `numbers` allows a count of digits."""
    if gap.format is None or gap.format in FORMATS:
        return True
    if numbers and gap.format.isdigit() and 0 < int(gap.format) <= 18:
        return True
    diagnostics.error(
        "E221",
        f"'{gap.format}' is not a format",
        gap.expr.span,
        None,
        did_you_mean(gap.format, FORMATS) or f"formats are {', '.join(FORMATS)}",
    )
    return False


def filler(
    text: TypedText, compile_expression: Callable[[Typed], Callable[[Env], Any]]
) -> Callable[[Env], str]:
    """Return a function that fills the text; `compile_expression` is `to_python`.

    Values become texts by the environment's `to_text(value, type, format)`; null is
    empty. Without `to_text` they are written plainly.
    """
    steps: list[str | tuple[Callable[[Env], Any], TypedGap]] = [
        part if isinstance(part, str) else (compile_expression(part.typed), part)
        for part in text.parts
    ]

    def fill(env: Env) -> str:
        return "".join(
            step if isinstance(step, str) else _shown(step[0](env), step[1], env)
            for step in steps
        )

    return fill


def _shown(value: Any, gap: TypedGap, env: Env) -> str:
    if value is None:
        return ""
    if gap.format is not None and gap.format.isdigit():
        return str(value).zfill(int(gap.format))
    if env.to_text is None:
        return str(value)
    return env.to_text(value, gap.typed.type, gap.format)


def _gap_end(raw: str, at: int) -> int | None:
    """Find the closing brace; braces within the expression's own texts do not count."""
    quote = ""
    for index in range(at, len(raw)):
        sign = raw[index]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign == "}":
            return index
    return None


def _gap(text: FilledText, start: int, end: int) -> Gap:
    body = text.text[start:end]
    format_: str | None = None
    head, colon, tail = body.rpartition(":")
    if colon and tail.strip().isalnum() and head.count("'") % 2 == 0:
        body, format_ = head, tail.strip()
    expr = body.strip()
    lead = len(body) - len(body.lstrip())
    return Gap(ExprText(expr, text.at(start + lead, len(expr))), format_)


def _unbalanced(
    text: FilledText, at: int, fault: str, diagnostics: Diagnostics
) -> None:
    diagnostics.error(
        "E401",
        f"a brace of the text {fault}",
        text.at(at),
        "here",
        "write '{{' or '}}' for a brace in the text",
    )
