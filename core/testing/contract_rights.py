"""What every module owes its roles: rights as written, and pages that answer all.

Checks of the contract suite: each role on each entity of the module, verb by verb,
against the oracle; then list, form, record and API as somebody with that role.
"""

from __future__ import annotations

from core.registry.rights import VERBS
from core.services import BadQuery, NotAllowed, Query, Reader
from core.testing.installation import Installation
from core.testing.rights_oracle import Oracle
from core.testing.sample_records import SampleMaker

_ROWS = 1000
_CALM = frozenset({200, 302, 303, 403, 404})


def check_rights(at: Installation) -> None:
    """Every role may do to every row what its permissions say, and nothing else."""
    registry = at.application.registry
    oracle = Oracle.of(registry)
    with at.application.transaction(at.actor()) as tx:
        for number, entity in enumerate(at.entities):
            SampleMaker(tx, first=500 + 7 * number).make(entity)
    for role in sorted(registry.rights.roles):
        actor = at.actor(role)
        with at.application.reader(actor) as reader:
            for entity in at.entities:
                if registry.entities[entity].part_of:
                    continue
                _check_rows(reader, oracle, entity, role)
                _check_fields(reader, oracle, entity, role)


def _check_rows(reader: Reader, oracle: Oracle, entity: str, role: str) -> None:
    compiled = reader.runtime.compiled.entity(entity)
    records = reader.scene.loader.where(entity, compiled.table.c.id > 0)[:_ROWS]
    ids = [record.id or 0 for record in records]
    for verb in (*VERBS, *compiled.definition.actions):
        wanted = oracle.rows(reader, entity, verb, records)
        found = reader.permitted(entity, verb, ids)
        assert found == wanted, (
            f"{role} may {verb} {entity} {sorted(found ^ wanted)[:5]} otherwise "
            "than its permissions say"
        )
        if verb == "read":
            _check_seen(reader, entity, wanted, role)


def _check_seen(reader: Reader, entity: str, wanted: set[int], role: str) -> None:
    """List, count and titles show the rows that may be read, and no other."""
    try:
        page = reader.search(entity, Query(limit=_ROWS, archived="yes", count="exact"))
    except NotAllowed:
        assert not wanted, f"{role} is refused the list of {entity}"
        return
    seen = {record.id for record in page.items}
    assert seen == wanted, f"the list of {entity} shows {role} {seen ^ wanted}"
    assert page.count == len(wanted), f"{role} is told {page.count} of {entity}"
    titled = reader.titles(entity, sorted(wanted | {10**9}))
    assert titled.keys() == wanted, f"titles of {entity} for {role}"


def _check_fields(reader: Reader, oracle: Oracle, entity: str, role: str) -> None:
    """A field one may not read is neither shown nor sorted nor filtered by."""
    compiled = reader.runtime.compiled.entity(entity)
    for name, one in compiled.fields.items():
        if one.sensitive or one.group is not None:
            continue
        may = oracle.readable(entity, [role], name)
        assert (name in reader.access.of(entity).readable) == may, (
            f"{role} reads {entity}.{name} otherwise than its permissions say"
        )
        if may or not reader.access.can(entity, "read"):
            continue
        for query in (
            Query(fields=(name,)),
            Query(order=(name,)),
            Query(filter=f"{name} is null"),
        ):
            try:
                reader.search(entity, query)
            except BadQuery:
                continue
            raise AssertionError(f"{role} reaches {entity}.{name} by {query}")


def check_screens(at: Installation) -> None:
    """List, form, record and API answer everybody: with a page, or a clear no."""
    registry = at.application.registry
    for entity in at.entities:
        with at.application.transaction(at.actor()) as tx:
            found = tx.search(entity, Query(limit=1, archived="yes")).items
            record = found[0] if found else SampleMaker(tx, first=700).make(entity)[0]
        base = entity.replace(".", "/")
        paths = [f"/{base}", f"/{base}/new", f"/{base}/{record.id}"]
        paths += [f"/{base}/{record.id}/edit", f"/{base}/lookup?q=a"]
        api = [f"/api/v1/{base}?count=exact", f"/api/v1/{base}/{record.id}"]
        for role in ("", *sorted(registry.rights.roles)):
            roles = (role,) if role else ()
            for path in (*paths, *api):
                status = at.ask("GET", path, *roles).status_code
                known = registry.entities[entity].api or path not in api
                assert status in _CALM, f"{path} answers {role or 'Admin'}: {status}"
                listed = not registry.entities[entity].part_of and known
                assert role or not listed or status in (200, 302), (path, status)
