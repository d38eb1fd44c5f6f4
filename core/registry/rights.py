"""Roles, grants and limits of all modules, normalised.

Made by core.registry.check_permissions; read by the access compiler. Grants written as
a list of verbs are `GrantDef`s here, and a role's includes are followed to the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from core.definitions import GrantDef, LimitDef, RoleDef
from core.frozen import frozen

#: Verbs that every entity knows; actions of the entity come in addition.
VERBS: tuple[str, ...] = (
    "read",
    "create",
    "update",
    "delete",
    "archive",
    "export",
    "import",
    "print",
    "share",
    "comment",
    "mail",
    "bulk",
    "merge",
)
ALL = "all"


@frozen
class Role:
    """A role under its full id; `includes` holds itself and all roles it contains."""

    id: str
    module: str
    definition: RoleDef
    includes: frozenset[str]


@frozen
class Grant:
    """What one role may do to one entity; `address` keys the typed expressions.

    `verbs` lists them all, `all` written out; `definition` holds rows and fields.
    """

    role: str
    entity: str
    address: str
    verbs: frozenset[str]
    definition: GrantDef


@frozen
class Limit:
    """A row condition of everybody; no verbs = every verb."""

    entity: str
    address: str
    verbs: frozenset[str]
    definition: LimitDef


@frozen
class Rights:
    """`roles` by id; `grants` and `limits` by entity, in load order."""

    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    grants: Mapping[str, tuple[Grant, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    limits: Mapping[str, tuple[Limit, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
