"""Which role may do what to which entity, as lines that a person can read.

Called by the page of rights and by the command line; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from core.definitions import FieldRightDef, GrantDef
from core.frozen import frozen
from core.registry import Grant, Registry


@frozen(kw_only=True)
class RightsLine:
    """What one role may do to one entity by one grant.

    `by`: the role that holds the grant, another one where `role` includes it. `where`,
    `via`: the rows, empty for all. `only`, `edit`: fields, empty for all. `fields`:
    rights of single fields as texts. `limits`: conditions that hold for everybody.
    """

    role: str
    by: str
    entity: str
    verbs: tuple[str, ...]
    where: str = ""
    via: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    edit: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {
            "role": self.role,
            "by": self.by,
            "entity": self.entity,
            "verbs": list(self.verbs),
            "where": self.where or None,
            "via": list(self.via),
            "only": list(self.only),
            "edit": list(self.edit),
            "fields": dict(self.fields),
            "limits": list(self.limits),
        }


def rights_lines(
    registry: Registry, role: str = "", entity: str = "", verb: str = ""
) -> list[RightsLine]:
    """The lines of all roles, or only those of a role, an entity, a verb."""
    return [
        line
        for line in _lines(registry)
        if (not role or line.role == role)
        and (not entity or line.entity == entity)
        and (not verb or verb in line.verbs)
    ]


def _lines(registry: Registry) -> Iterator[RightsLine]:
    for id_, role in sorted(registry.rights.roles.items()):
        for entity, grants in sorted(registry.rights.grants.items()):
            for grant in grants:
                if grant.role in role.includes:
                    yield _line(registry, id_, entity, grant)


def _line(registry: Registry, role: str, entity: str, grant: Grant) -> RightsLine:
    given: GrantDef = grant.definition
    limits = registry.rights.limits.get(entity, ())
    return RightsLine(
        role=role,
        by=grant.role,
        entity=entity,
        verbs=tuple(sorted(grant.verbs)),
        where="" if given.where is None else given.where.text,
        via=tuple(given.via),
        only=tuple(given.only),
        edit=tuple(given.edit or ()),
        fields={name: _field(right) for name, right in given.fields.items()},
        limits=tuple(
            f"{limit.definition.where.text} ({', '.join(sorted(limit.verbs)) or '*'})"
            for limit in limits
        ),
    )


def _field(right: FieldRightDef | str) -> str:
    if not isinstance(right, FieldRightDef):
        return str(right)
    texts = (
        f"{word}: {getattr(said, 'text', str(said).lower())}"
        for word, said in (("read", right.read), ("write", right.write))
    )
    return ", ".join(texts)
