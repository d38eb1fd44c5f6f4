"""Roles for people outside: what a portal or public role must not give.

Called by core.registry.check_rights for each role and each grant.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.definitions import GrantDef, RoleDef
from core.diagnostics import Span
from core.registry.check_roles import full_role
from core.registry.checker import Checker
from core.registry.rights import Role

#: What who is not signed in may do at most.
PUBLIC_VERBS = frozenset({"read", "export"})
#: The kinds whose roles a role of a kind may include.
_INSIDE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "internal": frozenset({"internal", "portal", "public"}),
        "portal": frozenset({"portal", "public"}),
        "public": frozenset({"public"}),
    }
)


def check_includes(
    checker: Checker,
    module: str,
    role: RoleDef,
    written: Mapping[str, tuple[str, RoleDef]],
) -> None:
    """A role for outsiders includes none that is meant for others: E440."""
    for name in role.includes:
        found = written.get(full_role(module, name))
        if found is not None and found[1].kind not in _INSIDE[role.kind]:
            checker.diagnostics.error(
                "E440",
                f"the role '{name}' is {found[1].kind}, and this one is {role.kind}",
                role.at("includes"),
                f"gives a {role.kind} role what is not meant for it",
            )


def check_outside_grant(
    checker: Checker, role: Role | None, grant: GrantDef, span: Span
) -> None:
    """A grant to outsiders names its fields, one to strangers only reads: E440."""
    kind = "internal" if role is None else role.definition.kind
    if kind == "internal":
        return
    if grant.can and not grant.only:
        checker.diagnostics.error(
            "E440",
            f"a {kind} role shows the fields that 'only' names, and there is no 'only'",
            span,
            "shows every field, and those that are added later",
            "write {can: [read], only: [name, ...]}",
        )
    beyond = [verb for verb in grant.can if verb not in PUBLIC_VERBS]
    if kind == "public" and beyond:
        checker.diagnostics.error(
            "E440",
            f"a public role only reads; '{beyond[0]}' needs somebody who is signed in",
            grant.at("can") if grant.gave("can") else span,
            "for everybody in the world",
            "grant it to a portal role",
        )
