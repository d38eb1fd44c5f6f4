"""Rights of a set of roles, compiled: verbs, rows and fields of every entity.

Asked by the services' access gate, cached per set of roles; it says what is granted and
leaves it to the services to look at the records.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from core.compiler.computing import Computing
from core.compiler.field_rights import FieldRights, all_fields, field_rights
from core.compiler.lines import compile_owner
from core.compiler.parts import CompiledOwner, Computed
from core.expressions import Typed
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Grant, Limit, Registry
from core.registry.rights import VERBS

#: Rights on lines that follow from these of the parent.
_OF_PARENT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("create", "delete", "archive", "bulk", "merge"), "update"),
        **{verb: verb for verb in ("read", "update", "export", "import", "print")},
        **{verb: verb for verb in ("share", "comment", "mail")},
    }
)


@frozen
class RowRule:
    """The rows a verb is granted on: those for which any of the ways holds.

    `unrestricted`: all rows. `wheres`: conditions (root: the record). `via`: links
    whose target the actor may read. `both`: a condition and links of which one must
    lead to such a target, together.
    """

    unrestricted: bool = False
    wheres: tuple[Typed, ...] = ()
    via: tuple[str, ...] = ()
    both: tuple[tuple[Typed, tuple[str, ...]], ...] = ()


NO_ROWS = RowRule()
ALL_ROWS = RowRule(unrestricted=True)


@frozen(kw_only=True)
class EntityAccess:
    """What the roles may do to one entity.

    `parent`: set for lines without rights of their own; then rows follow the parent's
    and `can` has been answered by it. Fields named in `read_conditions` or
    `write_conditions` may be read or written only where the condition is true.
    """

    entity: str
    parent: CompiledOwner | None
    verbs: Mapping[str, RowRule]
    readable: frozenset[str]
    writable: frozenset[str]
    read_conditions: Mapping[str, Computed]
    write_conditions: Mapping[str, Computed]
    bounds: Mapping[str, tuple[Typed, ...]]

    def can(self, verb: str) -> bool:
        """Whether the verb is granted on any row at all."""
        return verb in self.verbs

    def rows(self, verb: str) -> RowRule:
        """The rows the verb is granted on; none if it is not granted."""
        return self.verbs.get(verb, NO_ROWS)

    def limits(self, verb: str) -> tuple[Typed, ...]:
        """Conditions that must all hold, whoever asks."""
        return self.bounds.get(verb, self.bounds.get("", ()))


class AccessMap:
    """The rights of one set of roles; an entity is compiled when first asked for."""

    def __init__(
        self, compiler: AccessCompiler, roles: frozenset[str], admin: bool
    ) -> None:
        self.roles = roles
        self.admin = admin
        self._compiler = compiler
        self._made: dict[str, EntityAccess] = {}

    def entity(self, id: str) -> EntityAccess:
        """The rights on one entity; KeyError if there is none of this id."""
        found = self._made.get(id)
        if found is None:
            found = self._compiler.make(id, self)
            self._made[id] = found
        return found


class AccessCompiler:
    """Compiles and keeps the rights of sets of roles."""

    def __init__(self, registry: Registry, catalog: FieldTypeCatalog) -> None:
        self._registry = registry
        self._catalog = catalog
        self._computing = Computing(registry)
        self._maps: dict[tuple[frozenset[str], bool], AccessMap] = {}
        self._lock = threading.Lock()

    def of(self, roles: Iterable[str], admin: bool = False) -> AccessMap:
        """The rights of a user with these roles, included ones resolved.

        Unknown roles (of modules that are off) give nothing.
        """
        key = frozenset(roles), admin
        found = self._maps.get(key)
        if found is None:
            with self._lock:
                full = self._resolved(key[0])
                found = self._maps.setdefault(key, AccessMap(self, full, admin))
        return found

    def make(self, entity: str, rights: AccessMap) -> EntityAccess:
        """The rights on one entity for an access map."""
        definition = self._registry.entities[entity]
        owner = None if definition.own_rights else compile_owner(definition)
        fields = self._fields(entity, owner, rights)
        if owner is not None:
            verbs = dict(self._of_parent(rights.entity(owner.entity)))
        else:
            verbs = dict(self._verbs(entity, rights))
        return EntityAccess(
            entity=entity,
            parent=owner,
            verbs=MappingProxyType(verbs),
            readable=fields.readable,
            writable=fields.writable,
            read_conditions=fields.read_conditions,
            write_conditions=fields.write_conditions,
            bounds=MappingProxyType(self._limits(entity)),
        )

    def _resolved(self, roles: frozenset[str]) -> frozenset[str]:
        known = self._registry.rights.roles
        parts = (known[role].includes for role in roles if role in known)
        return frozenset().union(*parts)

    def _grants(self, entity: str, rights: AccessMap) -> tuple[Grant, ...]:
        grants = self._registry.rights.grants.get(entity, ())
        return tuple(grant for grant in grants if grant.role in rights.roles)

    def _verbs(self, entity: str, rights: AccessMap) -> Iterator[tuple[str, RowRule]]:
        actions = self._registry.entities[entity].actions
        if rights.admin:
            yield from ((verb, ALL_ROWS) for verb in (*VERBS, *actions))
            return
        by_verb: dict[str, list[Grant]] = {}
        for grant in self._grants(entity, rights):
            for verb in grant.verbs:
                by_verb.setdefault(verb, []).append(grant)
        yield from ((verb, self._rows(grants)) for verb, grants in by_verb.items())

    def _rows(self, grants: list[Grant]) -> RowRule:
        wheres: dict[str, Typed] = {}
        via: dict[str, None] = {}
        both: list[tuple[Typed, tuple[str, ...]]] = []
        for grant in grants:
            given = grant.definition
            where = self._registry.typed(f"{grant.address}/where")
            if given.where is None and not given.via:
                return ALL_ROWS
            if given.where is None:
                via |= dict.fromkeys(given.via)
            # A condition that could not be checked opens nothing.
            elif where is not None and given.via:
                both.append((where, given.via))
            elif where is not None:
                wheres[where.text] = where
        return RowRule(False, tuple(wheres.values()), tuple(via), tuple(both))

    def _of_parent(self, parent: EntityAccess) -> Iterator[tuple[str, RowRule]]:
        for verb, needed in _OF_PARENT.items():
            if parent.can(needed) or (verb != "read" and parent.can("create")):
                yield verb, ALL_ROWS

    def _limits(self, entity: str) -> dict[str, tuple[Typed, ...]]:
        """Limits by verb; those of every verb stand under the empty name as well."""
        limits = self._registry.rights.limits.get(entity, ())
        named = {verb for limit in limits for verb in limit.verbs}
        found = {"": self._typed(one for one in limits if not one.verbs)}
        for verb in named:
            chosen = (one for one in limits if not one.verbs or verb in one.verbs)
            found[verb] = self._typed(chosen)
        return found

    def _typed(self, limits: Iterable[Limit]) -> tuple[Typed, ...]:
        found = (self._registry.typed(f"{limit.address}/where") for limit in limits)
        return tuple(typed for typed in found if typed is not None)

    def _fields(
        self, entity: str, owner: CompiledOwner | None, rights: AccessMap
    ) -> FieldRights:
        fields = all_fields(self._registry, self._catalog, entity)
        if rights.admin:
            return FieldRights(fields.names, fields.names)
        grants = self._grants(entity, rights)
        if owner is None:
            return field_rights(fields, grants, (), self._computing)
        # A role that says nothing of the lines gives them as it gives the document.
        document = self._grants(self._document(owner.entity), rights)
        own = {grant.role for grant in grants}
        return field_rights(
            fields,
            tuple(_as_document(grant, document) for grant in grants),
            tuple(grant for grant in document if grant.role not in own),
            self._computing,
        )

    def _document(self, entity: str) -> str:
        """The entity whose grants hold for the lines of an entity, at any level."""
        definition = self._registry.entities[entity]
        owner = None if definition.own_rights else compile_owner(definition)
        return entity if owner is None else self._document(owner.entity)


def _as_document(grant: Grant, document: tuple[Grant, ...]) -> Grant:
    """A grant on lines, with the verbs that its role has on the document."""
    verbs = (other.verbs for other in document if other.role == grant.role)
    return replace(grant, verbs=frozenset().union(*verbs))
