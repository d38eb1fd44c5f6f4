"""Problems of the services in the reader's language, as far as modules say them.

Forms and buttons show them; what has no translation stays as the services word it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from core.compiler import CompiledEntity, CompiledField
from core.registry.part_at import part_at
from core.services import Problem, TransitionRefused
from core.services.sentences import Sentence
from core.web.pages.screen import Screen
from core.web.retelling import refilled, retold
from core.web.wording import say

#: What conditions across rows say, where their authors say nothing else.
_ACROSS: Mapping[str, str] = MappingProxyType(
    {
        "no_overlap": "This overlaps with {what}.",
        "seamless": "This leaves days that belong to no {label}.",
        "at_most_one": "There may be only one {label} like this; there is {what}.",
        "exactly_one": "There must be exactly one {label} like this.",
        "group_check": "All {plural} of this kind together do not fit.",
        "acyclic": "This would lead back to itself.",
    }
)
#: Why a file is not kept, by the code of the refusal.
FILE_REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "too_large": "'{name}' has more than {size}. Make it smaller.",
        "empty_file": "'{name}' is empty. Choose another file.",
        "program": "'{name}' is a program; programs are not kept here.",
        "mismatched_type": "'{name}' is called .{ending}, but its content is "
        "{media_type}. Give it its true name, or choose the right file.",
        "polyglot": "'{name}' is another kind of file as well; that is how harmful "
        "files are smuggled in. Save it anew with the program it comes from.",
        "active_content": "'{name}' is a drawing that may do something by itself. "
        "Save it as PNG or WebP.",
        "damaged_picture": "'{name}' is damaged or no picture. Open it in a program "
        "for pictures and save it anew.",
        "too_many_pixels": "'{name}' is a picture with more points than can be drawn "
        "safely. Make it smaller.",
        "damaged_archive": "'{name}' is a damaged archive. Pack it anew.",
        "unfolds_too_far": "'{name}' is an archive that unfolds into far more than is "
        "sound. Send its parts as files of their own.",
    }
)
_DUPLICATE = "This looks like {what}, which is there already: {fields}."


def refused_problem(refused: TransitionRefused) -> Problem:
    """What stands against a save as a whole, for the form that was sent."""
    because = refused.because
    message = refused.message if because is None else because.said(say)
    return Problem(None, refused.code, message)


def worded(screen: Screen, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems with messages for the reader."""
    return tuple(replace(one, message=_with_reason(screen, one)) for one in problems)


def _with_reason(screen: Screen, problem: Problem) -> str:
    """The message, and the values that led to it."""
    message = _message(screen, problem)
    if not problem.because:
        return message
    facts = Sentence("{facts}", {"facts": problem.because}).said(say)
    return f"{message} ({facts})"


def _message(screen: Screen, problem: Problem) -> str:
    entity = _about(screen, problem)
    field = entity.fields.get(problem.field or "")
    if problem.code == "required" and field is not None:
        # A property has the name that its row gives it.
        label = problem.facts.get("label") or screen.labels.field(field)
        return say("{what} is required.", what=label)
    if problem.facts.get("kind") == "file" and screen.labels.language != "en":
        # In English the services say it in more detail.
        return say(FILE_REFUSALS[problem.code], **problem.facts)
    if problem.facts.get("kind") == "duplicates":
        fields = [entity.fields[name] for name in problem.facts["fields"]]
        labels = ", ".join(screen.labels.field(one) for one in fields)
        what = problem.facts["what"]
        return say(_DUPLICATE, what=what, fields=labels)
    about, slash, rule = problem.code.partition("/")
    if slash and screen.labels.language in screen.labels.registry.translations:
        texts = screen.labels.registry.translations[screen.labels.language]
        for kind in ("rules", "constraints"):
            at = f"entity {about}/{kind}/{rule}/message"
            found = texts.get(at)
            if isinstance(found, str):
                # A message with gaps was filled by the services, in their words.
                return refilled(problem.message, _written(screen, at), found)
    sentence = _ACROSS.get(str(problem.facts.get("kind")))
    if sentence is not None and "what" in problem.facts:
        named = {name: problem.facts[name] for name in ("what", "label", "plural")}
        return say(sentence, **named)
    return _retold(screen, field, problem.message)


def _retold(screen: Screen, field: CompiledField | None, message: str) -> str:
    """The message in the reader's language, the field called as he knows it."""
    language = screen.labels.language
    told = retold(message, language)
    if field is not None and told != message and told.startswith(field.label):
        return screen.labels.field(field) + told.removeprefix(field.label)
    return told


def why_not(
    screen: Screen, action: str, why: str, because: Sentence | None = None
) -> str:
    """The reason of a grey button, translated where it is a plain sentence."""
    if because is not None:
        return because.said(say)
    texts = screen.labels.registry.translations.get(screen.labels.language, {})
    found = texts.get(f"entity {screen.id}/actions/{action}/say")
    if not isinstance(found, str):
        return retold(why, screen.labels.language)
    at = f"entity {screen.id}/actions/{action}/say"
    return refilled(why, _written(screen, at), found)


def _written(screen: Screen, address: str) -> str:
    """A text as its author wrote it."""
    part = part_at(screen.labels.registry, address)
    return part if isinstance(part, str) else str(getattr(part, "text", ""))


def _about(screen: Screen, problem: Problem) -> CompiledEntity:
    """The entity that the field belongs to: the document, or one of its lines."""
    entity = screen.entity
    for step in problem.path:
        if isinstance(step, str) and step in entity.lines:
            entity = screen.compiled.entity(entity.lines[step].child)
    return entity
