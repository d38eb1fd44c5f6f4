"""What the permissions of modules grant, read from their YAML a second time.

The contract suite compares the compiled rights with it. Only the files are shared:
roles, includes, verbs and fields are worked out here anew, and conditions on rows are
evaluated by the Python back end instead of SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.compiler.computing import Computing
from core.diagnostics import Diagnostics
from core.expressions import Record
from core.registry import Registry
from core.services import Reader
from core.source import load_file, plain_data

_VERBS = (
    "read create update delete archive export import print share comment mail bulk "
    "merge"
)


@dataclass(frozen=True)
class Granted:
    """One grant: its verbs written out, its fields, and where its condition stands."""

    role: str
    verbs: frozenset[str]
    given: Mapping[str, Any]
    address: str


@dataclass
class Oracle:
    """Roles with all that they include, grants by entity, limits by entity."""

    registry: Registry
    includes: dict[str, set[str]] = field(default_factory=dict)
    grants: dict[str, list[Granted]] = field(default_factory=dict)
    limits: dict[str, list[tuple[frozenset[str], str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, registry: Registry) -> Oracle:
        """Read the permissions of all modules that are on."""
        made = cls(registry)
        for name, source in registry.modules.items():
            for path in sorted(source.folder.glob("**/permissions*.yml")):
                for node in load_file(path, Diagnostics()):
                    made._take(name, plain_data(node))
        made._close()
        return made

    def _take(self, module: str, document: Any) -> None:
        for role, given in document.get("roles", {}).items():
            others = (given or {}).get("includes", ())
            self.includes[_full(module, role)] = {_full(module, r) for r in others}
        for role, entities in document.get("grants", {}).items():
            for entity, given in entities.items():
                grant = given if isinstance(given, dict) else {"can": given}
                self.grants.setdefault(entity, []).append(
                    Granted(
                        _full(module, role),
                        self._verbs(entity, grant.get("can", ())),
                        grant,
                        f"permissions {module}/grants/{role}/{entity}",
                    )
                )
        for entity, given in document.get("limits", {}).items():
            verbs = frozenset(given.get("verbs", ()))
            at = f"permissions {module}/limits/{entity}"
            self.limits.setdefault(entity, []).append((verbs, at))

    def _verbs(self, entity: str, can: Any) -> frozenset[str]:
        actions = self.registry.entities[entity].actions
        return frozenset([*_VERBS.split(), *actions] if can == "all" else can)

    def _close(self) -> None:
        """Follow includes to the end; a role includes itself."""
        for role in self.includes:
            reached, waiting = {role}, [role]
            while waiting:
                for other in self.includes.get(waiting.pop(), ()):
                    if other not in reached:
                        reached.add(other)
                        waiting.append(other)
            self.includes[role] = reached

    def granting(self, entity: str, roles: Iterable[str]) -> list[Granted]:
        """The grants that somebody with these roles has on an entity."""
        mine = {one for role in roles for one in self.includes.get(role, ())}
        return [one for one in self.grants.get(entity, ()) if one.role in mine]

    def rows(
        self, reader: Reader, entity: str, verb: str, records: Iterable[Record]
    ) -> set[int]:
        """The ids of those records on which the actor of the reader holds the verb."""
        records, roles = list(records), reader.actor.roles
        limits = [at for verbs, at in self.limits.get(entity, ()) if verb in verbs]
        limits += [at for verbs, at in self.limits.get(entity, ()) if not verbs]
        allowed: set[int] = set()
        for grant in self.granting(entity, roles):
            if verb not in grant.verbs:
                continue
            found = {record.id or 0 for record in records}
            if "where" in grant.given:
                found = self._holding(reader, f"{grant.address}/where", records)
            if "via" in grant.given:
                found &= self._via(reader, entity, grant.given["via"], records)
            allowed |= found
        for at in limits:
            allowed &= self._holding(reader, f"{at}/where", records)
        return allowed & self._in_company(reader, entity, records)

    def _holding(
        self, reader: Reader, address: str, records: Iterable[Record]
    ) -> set[int]:
        made = Computing(self.registry).at(address)
        assert made is not None, address
        ids = [record.id or 0 for record in records]
        scene = reader.scene
        if not ids:
            return set()
        entity = next(iter(records)).entity
        whole = scene.loader.load(entity, ids, made.reads.this)
        env = scene.env(made.reads)
        held = set()
        for id_, record in whole.items():
            env.this = record
            if made.run(env) is True:
                held.add(id_)
        return held

    def _via(
        self, reader: Reader, entity: str, links: list[str], records: list[Record]
    ) -> set[int]:
        found: set[int] = set()
        for link in links:
            target = self.registry.entities[entity].fields[link].to[0]
            ids = {record[link] for record in records if record[link] is not None}
            targets = reader.scene.loader.load(target, ids).values()
            seen = self.rows(reader, target, "read", targets)
            found |= {record.id or 0 for record in records if record[link] in seen}
        return found

    def _in_company(
        self, reader: Reader, entity: str, records: list[Record]
    ) -> set[int]:
        rule = self.registry.entities[entity].company
        mine = reader.actor.companies
        return {
            record.id or 0
            for record in records
            if rule == "none"
            or record["company"] in mine
            or (rule == "optional" and record["company"] is None)
        }

    def readable(self, entity: str, roles: Iterable[str], name: str) -> bool:
        """Whether a field that is not sensitive may be read on some rows."""
        return any(self._reads(grant, name) for grant in self.granting(entity, roles))

    def _reads(self, grant: Granted, name: str) -> bool:
        fields = grant.given.get("fields", {})
        if name in fields:
            said = fields[name]
            read = said.get("read", True) if isinstance(said, dict) else said != "none"
            return read is not False
        only = grant.given.get("only")
        return "read" in grant.verbs and (not only or name in only)


def _full(module: str, role: str) -> str:
    return role if "." in role else f"{module}.{role}"
