"""`permissions:` roles, what each may do, and limits that hold for everybody.

Checked by core.registry, evaluated by core.services.access and nowhere else.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.frozen import frozen
from core.source import (
    Bool,
    BoolExpr,
    Described,
    Expr,
    IdMap,
    Map,
    Names,
    Part,
    Refs,
    Text,
)


@frozen(kw_only=True)
class RoleDef(Part):
    """A role; `includes` names roles whose rights it has as well."""

    includes: Refs = ()
    kind: Literal["internal", "portal", "public"] = "internal"
    landing: Text | None = None
    delegable: Bool = True


@frozen(kw_only=True)
class FieldRightDef(Part):
    """When a field may be read or written by the role."""

    read: BoolExpr = True
    write: BoolExpr = True


@frozen(kw_only=True)
class GrantDef(Part):
    """Verbs of a role on an entity, on the rows of `where`, for some of the fields."""

    can: Names = ()
    where: Expr | None = None
    via: Names = ()
    fields: Map[Literal["none", "read", "write"] | FieldRightDef] = field(
        default_factory=Map
    )
    only: Names = ()
    edit: Names | None = None


@frozen(kw_only=True)
class LimitDef(Part):
    """A row condition that holds for everybody, for all verbs or those listed."""

    where: Expr
    verbs: Names = ()


@frozen(kw_only=True)
class PermissionsDef(Described):
    """Roles and grants of a module; a grant is a list of verbs or a map."""

    roles: Map[RoleDef] = field(default_factory=Map)
    grants: Map[IdMap[Names | GrantDef]] = field(default_factory=Map)
    limits: IdMap[LimitDef] = field(default_factory=Map)
