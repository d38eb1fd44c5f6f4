"""The lines that a mapping makes of source rows, and how much of them it takes.

Called by core.services.mapping for each group of sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from core.compiler import CompiledMappingLines
from core.expressions import Record
from core.services.effects import plain
from core.services.errors import Problem, ValidationFailed
from core.services.mapping_run import MappedLine, Run, key_of, link_to


def made_lines(
    run: Run, lines: CompiledMappingLines, sources: Sequence[Record]
) -> list[MappedLine]:
    """The lines of one group of sources, with their values."""
    groups: dict[Any, MappedLine] = {}
    parents: dict[int, Record] = {}
    for source, row, amount in taken_rows(run, lines, sources):
        env = run.env(lines.reads, row, parent=source)
        key: Any = ("alone", row.id)
        if lines.group_by:
            key = tuple(key_of(one.run(env)) for one in lines.group_by)
        line = groups.get(key)
        if line is None:
            line = groups[key] = MappedLine(lines, [row], amount)
            parents[id(line)] = source
            continue
        line.rows.append(row)
        if amount is not None:
            line.open += amount
    for line in groups.values():
        names: dict[str, Any] = {"rows": tuple(line.rows), "open": line.open}
        env = run.env(lines.reads, line.rows[0], parent=parents[id(line)], **names)
        line.values = {name: plain(value.run(env)) for name, value in lines.fields}
        link = lines.definition.link
        if link is not None:
            line.values[link] = link_to(run.tx, lines.child, link, line.rows)
    return list(groups.values())


def taken_rows(
    run: Run, lines: CompiledMappingLines, sources: Sequence[Record]
) -> Iterator[tuple[Record, Record, Any]]:
    """The rows that are taken, each behind its source, with how much of it is."""
    for source in sources:
        found = lines.rows.run(run.env(run.mapping.reads, source)) or ()
        found = found if isinstance(found, tuple | list) else (found,)
        ids = [key_of(row) for row in found]
        run.hold(lines.entity, ids)
        paths = lines.reads.this | lines.reads.of.get("rows", frozenset())
        rows = run.tx.scene.loader.load(lines.entity, ids, paths)
        for row in (rows[id_] for id_ in ids):
            env = run.env(lines.reads, row, parent=source)
            if lines.where is not None and lines.where.run(env) is not True:
                continue
            amount = None
            if lines.open is not None:
                amount = _amount(run, lines, row, lines.open.run(env))
                if amount is None or amount <= 0:
                    continue
            yield source, row, amount


def _amount(run: Run, lines: CompiledMappingLines, row: Record, open_: Any) -> Any:
    """How much is taken: all that is open, or as much as the caller says."""
    chosen = run.take.get(lines.id)
    if chosen is None or open_ is None:
        return open_
    wanted = chosen.get(row.id or 0)
    run.taken.add((lines.id, row.id or 0))
    if wanted is None:
        return None
    try:
        number = Decimal(str(wanted))
    except ArithmeticError:
        number = Decimal("NaN")
    if number.is_nan() or number < 0 or number > open_:
        message = f"Between 0 and {open_} can be taken, not {wanted}."
        path = ("take", run.mapping.id, lines.id, row.id or 0)
        raise ValidationFailed([Problem(None, "out_of_range", message, path)])
    return number


def check_taken(run: Run) -> None:
    """Refuse amounts for rows that are none of the sources."""
    wanted = {(name, id_) for name, rows in run.take.items() for id_ in rows}
    unknown = sorted(wanted - run.taken)
    if unknown:
        name, id_ = unknown[0]
        message = f"There is no row {id_} of '{name}' to take from."
        path = ("take", run.mapping.id, name, id_)
        raise ValidationFailed([Problem(None, "not_found", message, path)])
