"""Checks the `duplicates` of an entity: what can be compared, and found by an index."""

from __future__ import annotations

from core.definitions import EntityDef
from core.definitions.entity import DuplicatesDef, MatchDef
from core.diagnostics import Span
from core.expressions.schema import Member, MemberKind
from core.expressions.slots import CONSTRAINT
from core.expressions.types import Kind
from core.registry.checker import Checker
from core.registry.paths import check_path
from core.source import PathText

LOWEST, HIGHEST = 50, 100


def check_duplicates(checker: Checker, entity: EntityDef, given: DuplicatesDef) -> None:
    """Report empty matches, paths that hold nothing to compare, and odd scores."""
    at = f"entity {entity.id}/duplicates"
    checker.condition(given.where, f"{at}/where", entity.id, CONSTRAINT)
    for match in given.match:
        _match(checker, entity, match)


def _match(checker: Checker, entity: EntityDef, match: MatchDef) -> None:
    if not (match.exact or match.phone or match.fuzzy):
        text = "a match has one of the keys exact, phone, fuzzy"
        checker.diagnostics.error("E204", text, match.span)
    if not LOWEST <= match.score <= HIGHEST:
        text = f"'score' is between {LOWEST} and {HIGHEST} percent"
        checker.diagnostics.error("E205", text, match.at("score"))
    for key in ("exact", "phone", "fuzzy"):
        for path in getattr(match, key):
            _path(checker, entity, path, key)


def _path(checker: Checker, entity: EntityDef, path: PathText, key: str) -> None:
    schema = checker.schema.entity(entity.id)
    member = check_path(checker, entity.id, path)
    if member is None or schema is None:
        return
    first = schema.member(path.steps[0])
    rows = first is not None and first.kind is MemberKind.LINES
    if len(path.steps) != (2 if rows else 1):
        text = f"'{path.text}' is neither a field of {entity.id} nor one of its lines"
        help_ = "write a field, or lines and their field: numbers.value"
        checker.diagnostics.error("E410", text, path.span, help=help_)
    elif member.to_many or member.kind is MemberKind.GROUP or not member.stored:
        text = f"'{path.text}' has no column of its own, so it cannot be looked for"
        checker.diagnostics.error("E411", text, path.span)
    elif key != "exact":
        _text(checker, member, path.span, key)


def _text(checker: Checker, member: Member, span: Span, key: str) -> None:
    if member.type.kind is not Kind.TEXT:
        text = f"'{key}' compares texts; '{member.name}' is none"
        checker.diagnostics.error("E406", text, span, help="use 'exact'")
    elif key == "fuzzy" and not member.folded:
        text = f"no index finds texts that are like '{member.name}'"
        help_ = f"give '{member.name}' the key search: true"
        checker.diagnostics.error("E412", text, span, help=help_)
