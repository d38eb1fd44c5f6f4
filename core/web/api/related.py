"""The view of what belongs to a record: its lines, links and what leads to it.

Registered by `register`. It is a list of the other entity, narrowed to the record, with
all parameters of lists.
"""

from __future__ import annotations

from flask import Response, request

from core.compiler import AccessMap, Compiled, CompiledEntity
from core.diagnostics import suggestion
from core.frozen import frozen
from core.services import Reader
from core.web.api.calls import open_call, served
from core.web.api.collection import page_of
from core.web.api.json_text import answer
from core.web.api.parameters import Wish, narrowed, read_query
from core.web.api.refusals import Refusal


@frozen
class Relation:
    """Where a to-many name leads, and the link there that leads back (if any)."""

    entity: str
    back: str | None
    many: bool = False


def relation_of(compiled: CompiledEntity, name: str) -> Relation | None:
    """What a to-many name of an entity leads to; None if it is no such name."""
    if name in compiled.lines:
        return Relation(compiled.lines[name].child, compiled.lines[name].back)
    if name in compiled.associations and name in compiled.fields:
        return Relation(compiled.associations[name].target, None)
    inverse = compiled.inverses.get(name)
    if inverse is None:
        return None
    return Relation(inverse.entity, inverse.back, inverse.kind == "links")


def list_related(module: str, name: str, id: int, relation: str) -> Response:
    """`GET .../<id>/related/<relation>`: a page of what belongs to the record."""
    call = open_call(module, name, "read")
    wish = read_query(request.args)
    found = relation_of(call.entity, relation)
    with call.reading() as reader:
        names = followed(call.compiled, call.entity, reader.access.map)
        if found is None or relation not in names:
            tail = suggestion(relation, names)
            detail = f"{call.entity.label} has no list '{relation[:80]}'.{tail}"
            raise Refusal(404, "not_found", detail)
        call.caller.require(found.entity, "read")
        condition = _condition(reader, call.id, id, relation, found)
        if wish.query.filter is not None:
            # It must stand alone: what is put around it may not change its meaning.
            call.check_paths(reader, found.entity, wish.query)
        wish = Wish(narrowed(wish.query, condition), wish.titles)
        return answer(page_of(call, reader, found.entity, wish))


def followed(
    compiled: Compiled, entity: CompiledEntity, rights: AccessMap
) -> list[str]:
    """The to-many names of an entity that a caller with these rights may follow."""
    readable = rights.entity(entity.id).readable
    own = [
        name
        for name in (*entity.lines, *entity.associations)
        if name in readable and name in entity.fields
    ]
    for name, inverse in entity.inverses.items():
        other = rights.entity(inverse.entity)
        if inverse.back in other.readable and name not in own:
            own.append(name)
    targets = {name: relation_of(entity, name) for name in own}
    return [
        name
        for name, found in targets.items()
        if found is not None
        and rights.entity(found.entity).can("read")
        and served(compiled, found.entity)
    ]


def _condition(
    reader: Reader, entity: str, id_: int, name: str, relation: Relation
) -> str:
    """The rows that belong to the record, as a filter; NotFound without the record."""
    if relation.back is None:
        record = reader.get(entity, id_, (name,))
        ids = [str(one) for one in record.values.get(name) or ()]
        return f"id in [{', '.join(ids)}]" if ids else "id == 0"
    reader.get(entity, id_, ("id",))
    if relation.many:
        return f"exists(one for one in {relation.back} if one.id == {id_})"
    return f"{relation.back}.id == {id_}"
