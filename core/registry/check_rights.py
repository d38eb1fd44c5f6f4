"""Checks permissions and joins those of all modules.

Called by core.registry.build: roles first, since expressions and views name them, the
grants and limits once the schema is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.definitions import (
    EntityDef,
    FieldRightDef,
    GrantDef,
    LimitDef,
    PermissionsDef,
    RoleDef,
)
from core.diagnostics import Span, did_you_mean
from core.expressions.schema import MemberKind
from core.expressions.slots import GRANT
from core.registry.check_outside import check_includes, check_outside_grant
from core.registry.check_roles import check_roles, full_role
from core.registry.checker import Checker
from core.registry.normalise import grant_of
from core.registry.paths import check_name
from core.registry.rights import ALL, VERBS, Grant, Limit, Rights, Role


def collect_roles(checker: Checker) -> dict[str, Role]:
    """Return all roles by id with their includes followed, E418 for unknown ones."""
    written = {
        f"{module}.{name}": (module, role)
        for module, permissions in checker.documents.permissions.items()
        for name, role in permissions.roles.items()
    }
    checker.schema.roles = frozenset(written)
    for module, role in written.values():
        check_roles(checker, module, role.includes, role.at("includes"))
        check_includes(checker, module, role, written)
        _known_modules(checker, module, role.includes, role.at("includes"))
    return {
        id_: Role(id_, module, role, frozenset(_closure(id_, written)))
        for id_, (module, role) in written.items()
    }


def _known_modules(
    checker: Checker, module: str, roles: tuple[str, ...], span: Span
) -> None:
    """Roles of a module that the manifest does not name are E305."""
    for role in roles:
        if full_role(module, role) in checker.schema.roles:
            checker.dependencies.check(
                module, "role", full_role(module, role), checker.schema.roles, span
            )


def _closure(id_: str, written: Mapping[str, tuple[str, RoleDef]]) -> set[str]:
    found: set[str] = set()
    waiting = [id_]
    while waiting:
        role_id = waiting.pop()
        entry = written.get(role_id)
        if entry is None or role_id in found:
            continue
        found.add(role_id)
        module, role = entry
        waiting.extend(full_role(module, name) for name in role.includes)
    return found


class RightsChecker:
    """Checks grants and limits of all modules and collects them by entity."""

    def __init__(self, checker: Checker, roles: Mapping[str, Role]) -> None:
        self._checker = checker
        self._roles = roles
        self._grants: dict[str, list[Grant]] = {}
        self._limits: dict[str, list[Limit]] = {}

    def rights(self) -> Rights:
        """Return the joined rights; bad grants are reported and left out."""
        for module, permissions in self._checker.documents.permissions.items():
            self._module(module, permissions)
        return Rights(
            MappingProxyType(dict(self._roles)),
            MappingProxyType({k: tuple(v) for k, v in self._grants.items()}),
            MappingProxyType({k: tuple(v) for k, v in self._limits.items()}),
        )

    def _module(self, module: str, permissions: PermissionsDef) -> None:
        for role, grants in permissions.grants.items():
            if role not in permissions.roles:
                self._unknown_role(module, role, permissions)
                continue
            for id_, grant in grants.items():
                address = f"permissions {module}/grants/{role}/{id_}"
                entity = self._entity(module, id_, grants.key_span(id_))
                if entity is None:
                    continue
                span = grant.span if isinstance(grant, GrantDef) else None
                found = self._grant(
                    f"{module}.{role}",
                    entity,
                    address,
                    grant_of(grant),
                    span or grants.key_span(id_),
                )
                self._grants.setdefault(id_, []).append(found)
        for id_, limit in permissions.limits.items():
            address = f"permissions {module}/limits/{id_}"
            entity = self._entity(module, id_, permissions.limits.key_span(id_))
            if entity is not None:
                self._limit(entity, address, limit)

    def _unknown_role(
        self, module: str, role: str, permissions: PermissionsDef
    ) -> None:
        if self._checker.diagnostics.is_broken(f"permissions {module}/roles/{role}"):
            return
        self._checker.diagnostics.error(
            "E418",
            f"the module '{module}' has no role '{role}'",
            permissions.grants.key_span(role),
            "unknown role",
            did_you_mean(role, permissions.roles)
            or "a module grants rights to its own roles only",
        )

    def _entity(self, module: str, id_: str, span: Span) -> EntityDef | None:
        entities = self._checker.documents.entities
        there = self._checker.dependencies.check(
            module, "entity", id_, entities, span, optional=True
        )
        return entities[id_] if there else None

    def _grant(
        self, role: str, entity: EntityDef, address: str, grant: GrantDef, span: Span
    ) -> Grant:
        self._checker.condition(grant.where, f"{address}/where", entity.id, GRANT)
        for name in grant.via:
            member = check_name(self._checker, entity.id, name, grant.at("via"))
            if member is not None and member.kind is not MemberKind.LINK:
                text = f"'{name}' is no link, so no right comes by it"
                self._checker.diagnostics.error("E410", text, grant.at("via"))
        for name, right in grant.fields.items():
            check_name(self._checker, entity.id, name, grant.fields.key_span(name))
            if isinstance(right, FieldRightDef):
                at = f"{address}/fields/{name}"
                for key in ("read", "write"):
                    value = getattr(right, key)
                    self._checker.condition(value, f"{at}/{key}", entity.id, GRANT)
        for key in ("only", "edit"):
            for name in getattr(grant, key) or ():
                check_name(self._checker, entity.id, name, grant.at(key))
        check_outside_grant(self._checker, self._roles.get(role), grant, span)
        if entity.part_of and not entity.own_rights and (grant.can or grant.where):
            self._line_grant(entity, grant, span)
        verbs = self._verbs(entity, grant.can, grant.at("can") if grant.can else span)
        return Grant(role, entity.id, address, verbs, grant)

    def _line_grant(self, entity: EntityDef, grant: GrantDef, span: Span) -> None:
        owner = next(iter(entity.part_of.values()))
        self._checker.diagnostics.error(
            "E208",
            f"'{entity.id}' takes the rights of its owner {owner}",
            grant.at("can") if grant.gave("can") else span,
            "a grant on lines may only have 'fields', 'only' and 'edit'",
            f"grant the rights on {owner}, or give the lines 'own_rights: true'",
        )

    def _verbs(
        self, entity: EntityDef, names: tuple[str, ...], span: Span
    ) -> frozenset[str]:
        known = (*VERBS, *entity.actions)
        if names == (ALL,):
            return frozenset(known)
        for name in names:
            if name not in known:
                self._checker.diagnostics.error(
                    "E402",
                    f"'{entity.id}' has no right '{name}'",
                    span,
                    "neither a verb nor an action",
                    did_you_mean(name, (*known, ALL)),
                )
        return frozenset(name for name in names if name in known)

    def _limit(self, entity: EntityDef, address: str, limit: LimitDef) -> None:
        self._checker.condition(limit.where, f"{address}/where", entity.id, GRANT)
        verbs = self._verbs(entity, limit.verbs, limit.at("verbs"))
        found = Limit(entity.id, address, verbs, limit)
        self._limits.setdefault(entity.id, []).append(found)
