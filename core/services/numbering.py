"""Draws document numbers: one statement per series, last in the transaction.

Called by `write_row` for the number fields of new records. A series row is updated and
stays locked until commit, so a rolled-back save gives its numbers back: no gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core.compiler import Computed, FilledText
from core.compiler.computing import Computing
from core.definitions import NumberingDef
from core.services.batch import Batch, Change
from core.storage import tables

NumberText = Callable[[dict[str, Any]], str]


def draw_numbers(batch: Batch) -> None:
    """Fill number fields in the order of the batch.

    Those of new records, but for the series that transitions draw from; or those that
    `batch.draws` names.
    """
    late = batch.entity.late_numberings if batch.entity.numbers else frozenset()
    for name, numbering_id in batch.entity.numbers.items():
        if (numbering_id in late) != (numbering_id in batch.draws):
            continue
        _prepare(batch, numbering_id)
        numbering = batch.scene.runtime.compiled.registry.numberings[numbering_id]
        waiting: dict[tuple[str, str], list[Change]] = {}
        for change in batch.alive:
            if change.record.values.get(name) is None and _applies(
                batch, change, numbering_id
            ):
                key = _series(batch, change, numbering_id, numbering)
                waiting.setdefault(key, []).append(change)
        for (series, period), changes in waiting.items():
            last = _advance(batch, series, period, len(changes), numbering.start)
            first = last - len(changes) + 1
            for offset, change in enumerate(changes):
                text = _text(batch, change, numbering_id, first + offset)
                change.set(name, text)


def _prepare(batch: Batch, numbering_id: str) -> None:
    """Load what the condition and the format read."""
    form, when = _parts(batch, numbering_id)
    paths = form.reads.this if when is None else form.reads.this | when.reads.this
    batch.scene.loader.fill(batch.entity.id, batch.records, paths)


def _applies(batch: Batch, change: Change, numbering_id: str) -> bool:
    when = _parts(batch, numbering_id)[1]
    if when is None:
        return True
    env = batch.scene.env(when.reads, this=change.record)
    return when.run(env) is True


def _parts(batch: Batch, numbering_id: str) -> tuple[FilledText, Computed | None]:
    """The format and the condition of a numbering, ready to run."""
    runtime = batch.scene.runtime

    def make() -> tuple[FilledText | None, Computed | None]:
        computing = Computing(runtime.compiled.registry)
        at = f"numbering {numbering_id}"
        return computing.text(f"{at}/format"), computing.at(f"{at}/when")

    found: tuple[FilledText, Computed | None] = runtime.plans.get(
        ("numbering", numbering_id), make
    )
    return found


def _series(
    batch: Batch, change: Change, numbering_id: str, numbering: NumberingDef
) -> tuple[str, str]:
    values = change.record.values
    scope = [str(values.get(name) or 0) for name in numbering.scope]
    series = ":".join([numbering_id, *scope])
    day = _day(batch, change, numbering)
    period = {"never": "", "year": f"{day.year}", "month": f"{day:%Y-%m}"}
    return series, period[numbering.reset]


def _day(batch: Batch, change: Change, numbering: NumberingDef) -> Any:
    if numbering.date is not None:
        found = change.record.values.get(numbering.date.text)
        if found is not None:
            return found
    return batch.scene.moment.today


def _advance(batch: Batch, series: str, period: str, number: int, start: int) -> int:
    """Return the last of `number` fresh numbers; locks the series until commit."""
    table = tables.number
    connection = batch.scene.connection
    insert = (
        postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    )
    first = start + number - 1
    fresh = insert(table).values(series=series, period=period, last=first)
    statement = fresh.on_conflict_do_update(
        index_elements=[table.c.series, table.c.period],
        set_={"last": table.c.last + number},
    ).returning(table.c.last)
    return int(connection.execute(statement).scalar_one())


def _text(batch: Batch, change: Change, numbering_id: str, seq: int) -> str:
    compiled = batch.scene.runtime.compiled
    numbering = compiled.registry.numberings[numbering_id]
    day = _day(batch, change, numbering)
    form = _parts(batch, numbering_id)[0]
    env = batch.scene.env(
        form.reads,
        this=change.record,
        company=change.record.values.get("company"),
        names={"seq": seq, "year": day.year, "month": day.month, "day": day.day},
    )
    # A number looks the same in every language.
    return form.run(replace(env, to_text=None))


__all__ = ["draw_numbers"]
