"""Names, ids and paths: what they look like and how a bad one is reported.

Used by the slots and by the document head; hands back booleans and reports.

Public: `is_name`, `is_id`, `is_reserved`, `check_name`, `check_id`, `RESERVED`.
"""

import keyword
import re

from core.diagnostics import Diagnostics, Span

LONGEST = 40
NAME_RULE = "small letters, digits and single underscores, a letter first"

# The pseudo-fields that every record has, and the words of the expression language.
PSEUDO_FIELDS = frozenset(
    (
        "id",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "archived",
        "archived_at",
        "state_since",
    )
)
LANGUAGE_WORDS = frozenset(
    (
        "this",
        "old",
        "it",
        "me",
        "company",
        "settings",
        "rows",
        "true",
        "false",
        "null",
    )
)
RESERVED = PSEUDO_FIELDS | LANGUAGE_WORDS | frozenset(keyword.kwlist)

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*_?")


def is_name(text: str) -> bool:
    """Say whether the text has the form of a name."""
    return len(text) <= LONGEST and _NAME.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Say whether the text has the form `module.name`."""
    module, dot, name = text.partition(".")
    return bool(dot) and is_name(module) and is_name(name)


def is_reserved(text: str) -> bool:
    """Say whether the word has a meaning of its own in the expression language."""
    return text in RESERVED


def check_name(text: str, span: Span, diagnostics: Diagnostics, new: bool) -> bool:
    """Report E206 for a bad form and, for a new name, E207 for a reserved word."""
    if not is_name(text):
        diagnostics.error(
            "E206",
            f"'{_short(text)}' is not a name",
            span,
            _name_fault(text),
            _name_help(text),
        )
        return False
    if new and text in RESERVED:
        diagnostics.error(
            "E207",
            f"'{text}' is a reserved name",
            span,
            "a word of the expression language",
            f"choose another name, for instance '{text}_value'",
        )
        return False
    return True


def check_id(text: str, span: Span, diagnostics: Diagnostics) -> bool:
    """Report E206 unless the text is `module.name`."""
    if is_id(text):
        return True
    if "." not in text:
        label, help_ = "the module is missing", "write the id in full: module.name"
    else:
        label, help_ = "expected module.name", f"both parts are {NAME_RULE}"
    diagnostics.error("E206", f"'{_short(text)}' is not an id", span, label, help_)
    return False


def _name_fault(text: str) -> str:
    if len(text) > LONGEST:
        return f"{len(text)} characters, at most {LONGEST} are allowed"
    if "__" in text:
        return "two underscores in a row"
    return f"only {NAME_RULE}"


def _name_help(text: str) -> str | None:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    proposal = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return f"write '{proposal}'" if is_name(proposal) and proposal != text else None


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
