"""Fills relations of records: links, references, lines, inverses, many-to-many.

Called by the Loader only. Each function loads one relation of many records with a
number of statements that does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record
from core.expressions.functions_trees import ids_on
from core.expressions.schema import ancestors_name, path_name
from core.services.trie import Trie, add, trie_of

if TYPE_CHECKING:
    from core.services.loader import Loader

Records = Sequence[Record]


def fill(
    loader: Loader, compiled: CompiledEntity, records: Records, trie: Trie
) -> None:
    """Load into the records whatever the trie follows."""
    if not records:
        return
    late: list[str] = []
    for name, below in trie.items():
        if name in compiled.virtuals:
            late.append(name)
        else:
            _fill_one(loader, compiled, records, name, below)
    for name in late:
        _run_virtual(loader, compiled, records, name)


def _fill_one(
    loader: Loader, compiled: CompiledEntity, records: Records, name: str, below: Trie
) -> None:
    field = compiled.fields.get(name)
    if name in compiled.lines:
        _lines(loader, compiled, records, name, below)
    elif name in compiled.associations:
        _links(loader, compiled, records, name, below)
    elif compiled.tree is not None and name == ancestors_name(compiled.tree):
        _ancestors(loader, compiled, records, name, below)
    elif name in compiled.inverses:
        _inverse(loader, compiled, records, name, below)
    elif field is not None and field.kind == "group":
        _group(field.members, records, name)
    elif not below:
        return
    elif field is not None and field.kind == "reference":
        _reference(loader, records, name, below)
    else:
        target = field.targets[0] if field is not None and field.targets else _USER
        _link(loader, records, name, target, below)


_USER = "base.user"


def _link(
    loader: Loader, records: Records, name: str, target: str, below: Trie
) -> None:
    open_ones = [r for r in records if r.values.get(name) is not None]
    known: dict[int, Record] = {}
    for record in open_ones:
        one = record.relations.get(name)
        if (
            one is not None
            and one.id == record.values[name]
            and "version" in one.values
        ):
            known[one.id] = one
    ids = {r.values[name] for r in open_ones} - known.keys()
    loaded = loader.by_ids(target, ids, below) if ids else {}
    if known:
        fill(loader, loader.compiled.entity(target), list(known.values()), below)
    for record in open_ones:
        wanted = record.values[name]
        record.relations[name] = known.get(wanted) or loaded.get(wanted)


def _reference(loader: Loader, records: Records, name: str, below: Trie) -> None:
    ids: dict[str, set[int]] = {}
    for record in records:
        value = record.values.get(name)
        if value is not None:
            ids.setdefault(value.entity, set()).add(value.id)
    loaded = {
        entity: loader.by_ids(entity, wanted, _known(loader, entity, below))
        for entity, wanted in ids.items()
    }
    for record in records:
        value = record.values.get(name)
        if value is not None:
            record.relations[name] = loaded[value.entity].get(value.id)


def _known(loader: Loader, entity: str, trie: Trie) -> Trie:
    """Of the steps after a reference, those that this target has."""
    compiled = loader.compiled.entity(entity)
    names = {*compiled.fields, *compiled.inverses}
    return {step: below for step, below in trie.items() if step in names}


def _lines(
    loader: Loader, compiled: CompiledEntity, records: Records, name: str, below: Trie
) -> None:
    lines = compiled.lines[name]
    child = loader.compiled.entity(lines.child)
    missing = [r for r in records if r.id is not None and name not in r.relations]
    present = [r for r in records if name in r.relations]
    if missing:
        trie = dict(below)
        if lines.where is not None:
            for path in lines.where.reads.this:
                add(trie, path)
        rows = loader.behind(child, lines.back, _ids(missing), trie)
        for record in missing:
            found = rows.get(record.id or 0, [])
            for row in found:
                row.relations[lines.back] = record
            if lines.where is not None:
                run = lines.where.run
                found = [row for row in found if run(loader.env_for(row)) is True]
            record.relations[name] = tuple(found)
    every = [row for record in present for row in record.relations[name]]
    fill(loader, child, every, below)


def _inverse(
    loader: Loader, compiled: CompiledEntity, records: Records, name: str, below: Trie
) -> None:
    inverse = compiled.inverses[name]
    child = loader.compiled.entity(inverse.entity)
    missing = [r for r in records if r.id is not None and name not in r.relations]
    present = [row for r in records for row in r.relations.get(name, ())]
    if inverse.kind == "links":
        table = loader.compiled.association_tables[inverse.entity, inverse.back]
        pairs = _pairs(loader, table.c.target, table.c.source, missing)
        _attach(loader, missing, name, inverse.entity, pairs, below)
    elif missing:
        rows = loader.behind(child, inverse.back, _ids(missing), below)
        for record in missing:
            found = rows.get(record.id or 0, ())
            if inverse.kind == "reference":
                back = inverse.back
                found = [r for r in found if r.values[back].entity == compiled.id]
            record.relations[name] = tuple(found)
    fill(loader, child, present, below)


def _ancestors(
    loader: Loader, compiled: CompiledEntity, records: Records, name: str, below: Trie
) -> None:
    """The record itself and all above it in a tree, by the path that it keeps."""
    kept = path_name(compiled.tree or "")
    lines = [(record, ids_on(record.values.get(kept))) for record in records]
    ids = {one for record, line in lines for one in line if one != record.id}
    loaded = loader.by_ids(compiled.id, ids, below) if ids else {}
    fill(loader, compiled, records, below)
    for record, line in lines:
        above = [loaded[one] for one in reversed(line) if one in loaded]
        record.relations[name] = (record, *above)


def _links(
    loader: Loader, compiled: CompiledEntity, records: Records, name: str, below: Trie
) -> None:
    fill_keys(loader, compiled, records, name)
    target = compiled.associations[name].target
    wanted = {one for r in records for one in r.values.get(name) or ()}
    loaded = loader.by_ids(target, wanted, below) if wanted else {}
    other = loader.compiled.entity(target)
    for record in records:
        ids = record.values.get(name) or ()
        rows = [loaded[one] for one in ids if one in loaded]
        record.relations[name] = tuple(in_order(other, rows))


def fill_keys(
    loader: Loader, compiled: CompiledEntity, records: Records, name: str
) -> None:
    """Put the ids of a many-to-many field into records that lack them."""
    table = compiled.associations[name].table
    missing = [r for r in records if r.id is not None and name not in r.values]
    if not missing:
        return
    pairs = _pairs(loader, table.c.source, table.c.target, missing)
    for record in missing:
        record.values[name] = tuple(pairs.get(record.id or 0, ()))


def _group(members: Sequence[str], records: Records, name: str) -> None:
    """An embedded group as one value: its members by their short names."""
    cut = len(name) + 1
    for record in records:
        record.values[name] = {m[cut:]: record.values.get(m) for m in members}


def _attach(
    loader: Loader,
    records: Records,
    name: str,
    entity: str,
    pairs: Mapping[int, list[int]],
    below: Trie,
) -> None:
    ids = {one for wanted in pairs.values() for one in wanted}
    loaded = loader.by_ids(entity, ids, below) if ids else {}
    target = loader.compiled.entity(entity)
    for record in records:
        rows = [loaded[one] for one in pairs.get(record.id or 0, ())]
        record.relations[name] = tuple(in_order(target, rows))


def _pairs(
    loader: Loader,
    key: sa.ColumnElement[Any],
    value: sa.ColumnElement[Any],
    records: Records,
) -> dict[int, list[int]]:
    from core.services.loader import chunks

    statement = (
        sa.select(key, value)
        .where(key.in_(sa.bindparam("ids", expanding=True)))
        .order_by(key, value)
    )
    pairs: dict[int, list[int]] = {}
    for chunk in chunks(_ids(records)):
        for source, target in loader.scene.connection.execute(
            statement, {"ids": chunk}
        ):
            pairs.setdefault(source, []).append(target)
    return pairs


def _run_virtual(
    loader: Loader, compiled: CompiledEntity, records: Records, name: str
) -> None:
    """A value computed on read, where no SELECT has brought it."""
    missing = [record for record in records if name not in record.values]
    if not missing:
        return
    formula = compiled.virtuals[name]
    fill(loader, compiled, missing, trie_of(formula.value.reads.this))
    env = loader.scene.env(formula.value.reads)
    for record in missing:
        env.this = record
        record.values[name] = formula.value.run(env)


def _ids(records: Records) -> list[int]:
    return sorted({record.id for record in records if record.id is not None})


def in_order(compiled: CompiledEntity, rows: list[Record]) -> list[Record]:
    """Rows sorted as the entity's order says; nulls are smallest, the id decides."""
    rows = sorted(rows, key=lambda row: row.id or 0)
    for name in reversed(compiled.order):
        column = name.lstrip("-")
        rows.sort(key=lambda row: _sortable(row, column), reverse=name.startswith("-"))
    return rows


def _sortable(row: Record, name: str) -> tuple[bool, Any]:
    value = row.id if name == "id" else row.values.get(name)
    return (False, 0) if value is None else (True, value)
