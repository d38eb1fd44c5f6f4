"""Names of roles, wherever definitions limit something to roles.

Called by the files of the check; a short name is a role of the same module.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.diagnostics import Span, did_you_mean
from core.registry.checker import Checker


def full_role(owner: str, role: str) -> str:
    """Return a role's id; a short name belongs to the module of `owner`."""
    return role if "." in role else f"{owner.partition('.')[0]}.{role}"


def full_roles(owner: str, roles: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of roles as somebody holds them."""
    return tuple(full_role(owner, role) for role in roles)


def check_roles(checker: Checker, owner: str, roles: Iterable[str], span: Span) -> bool:
    """Return whether all roles exist; report E418 for those that do not."""
    good = True
    for role in roles:
        id_ = full_role(owner, role)
        if id_ in checker.schema.roles:
            continue
        good = False
        if not checker.dependencies.is_quiet("permissions", id_):
            checker.diagnostics.error(
                "E418",
                f"there is no role '{id_}'",
                span,
                "unknown role",
                did_you_mean(id_, checker.schema.roles),
            )
    return good
