"""Problems of the services in the reader's language, as far as modules say them.

Forms and buttons show them; what has no translation stays as the services word it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.compiler import CompiledEntity
from core.services import Problem
from core.web.pages.screen import Screen
from core.web.wording import say


def worded(screen: Screen, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems with messages for the reader."""
    return tuple(replace(one, message=_message(screen, one)) for one in problems)


def _message(screen: Screen, problem: Problem) -> str:
    entity = _about(screen, problem)
    field = entity.fields.get(problem.field or "")
    if problem.code == "required" and field is not None:
        label = screen.labels.field(field)
        return say("{what} is required.", what=label)
    about, slash, rule = problem.code.partition("/")
    if slash and screen.labels.language in screen.labels.registry.translations:
        texts = screen.labels.registry.translations[screen.labels.language]
        found = texts.get(f"entity {about}/rules/{rule}/message")
        # A message with gaps was filled by the services, in their words.
        if isinstance(found, str) and "{" not in found:
            return found
    return problem.message


def why_not(screen: Screen, action: str, why: str) -> str:
    """The reason of a grey button, translated where it is a plain sentence."""
    texts = screen.labels.registry.translations.get(screen.labels.language, {})
    found = texts.get(f"entity {screen.id}/actions/{action}/say")
    return found if isinstance(found, str) and "{" not in found else why


def _about(screen: Screen, problem: Problem) -> CompiledEntity:
    """The entity that the field belongs to: the document, or one of its lines."""
    entity = screen.entity
    for step in problem.path:
        if isinstance(step, str) and step in entity.lines:
            entity = screen.compiled.entity(entity.lines[step].child)
    return entity
