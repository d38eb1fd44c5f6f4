"""Follows names and paths of the definitions through the schema.

Used wherever YAML names a field without an expression: columns, orders, watches, keys.
"""

from __future__ import annotations

from core.diagnostics import Span, did_you_mean
from core.expressions.schema import Member, MemberKind
from core.registry.checker import Checker
from core.source import PathText

LONGEST = 5


def check_name(checker: Checker, owner: str, name: str, span: Span) -> Member | None:
    """Return the member of this name; None, reported as E402, if there is none.

    Names that are broken, and those of a broken owner, are passed over in silence.
    """
    schema = checker.schema.entity(owner)
    if schema is None or checker.is_marked(owner, name):
        return None
    member = schema.member(name)
    if member is None:
        checker.diagnostics.error(
            "E402",
            f"'{owner}' has no field '{name}'",
            span,
            "unknown name",
            did_you_mean(name, schema.names()),
        )
    return member


def check_path(checker: Checker, owner: str, path: PathText) -> Member | None:
    """Return the member at the end of a path; None when that was reported.

    E402 for an unknown name, E410 for a step over what leads nowhere or too many steps.
    """
    steps = path.steps
    if len(steps) > LONGEST:
        text = f"the path has {len(steps)} steps, at most {LONGEST} are allowed"
        checker.diagnostics.error("E410", text, path.span)
        return None
    if checker.deprecations.any:
        checker.deprecations.warn(owner, steps, path.span)
    at, entity, group = 0, owner, None
    member: Member | None = None
    for index, step in enumerate(steps):
        span = path.at(at, len(step))
        at += len(step) + 1
        if group is not None:
            member = group.member(step)
            if member is None:
                _unknown(checker, group, step, span)
                return None
        else:
            member = check_name(checker, entity, step, span)
        if member is None:
            return None
        group = member if member.kind is MemberKind.GROUP else None
        if index + 1 < len(steps) and group is None:
            if member.target is None:
                _no_link(checker, step, steps[index + 1], span)
                return None
            entity = member.target
    return member


def _unknown(checker: Checker, group: Member, step: str, span: Span) -> None:
    names = [member.name for member in group.members]
    text = f"the group '{group.name}' has no field '{step}'"
    checker.diagnostics.error("E402", text, span, None, did_you_mean(step, names))


def _no_link(checker: Checker, step: str, following: str, span: Span) -> None:
    checker.diagnostics.error(
        "E410",
        f"'{step}' is no link, so it has no '{following}'",
        span,
        "the path ends here",
    )
