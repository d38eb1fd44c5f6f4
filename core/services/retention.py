"""Runs the `retention` rules of entities: what is old is erased, archived or deleted.

Called by the command line, by hand or from a timer of the operating system.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from core.definitions.entity import RetentionDef
from core.services.context import Actor
from core.services.erasing import erase_fields, is_erased
from core.services.errors import AppError
from core.services.request import Query
from core.services.transactions import Transaction, transaction

_PAGE = 500
_MOST = 100


@dataclass(slots=True)
class RetentionReport:
    """What became of one entity's old records; `kept`: (id, reason) of those left."""

    entity: str
    do: str
    due: int = 0
    done: int = 0
    kept: list[tuple[int, str]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "entity": self.entity,
            "do": self.do,
            "due": self.due,
            "done": self.done,
            "kept": [list(one) for one in self.kept],
        }


def run_retention(app: Any, *, dry_run: bool = False) -> list[RetentionReport]:
    """Do what is due for all entities; with `dry_run` only count it."""
    reports = []
    for entity in app.runtime.compiled.ids():
        rule = app.runtime.compiled.entity(entity).definition.retention
        if rule is not None:
            reports.append(_run(app, entity, rule, dry_run))
    return reports


def _run(app: Any, entity: str, rule: RetentionDef, dry: bool) -> RetentionReport:
    report = RetentionReport(entity, rule.do)
    with transaction(app.runtime, Actor.system(), "cli") as tx:
        due = list(_due(tx, entity, rule))
    report.due = len(due)
    for start in range(0, 0 if dry else len(due), _PAGE):
        with transaction(app.runtime, Actor.system(), "cli") as tx:
            for id_ in due[start : start + _PAGE]:
                _one(tx, entity, id_, rule, report)
    return report


def _one(
    tx: Transaction, entity: str, id_: int, rule: RetentionDef, report: RetentionReport
) -> None:
    try:
        with tx.scene.atomic():
            if rule.do == "erase":
                erase_fields(tx, entity, id_, rule.fields)
            elif rule.do == "archive":
                tx.archive(entity, id_)
            else:
                tx.delete(entity, id_)
    except AppError as error:
        if len(report.kept) < _MOST:
            report.kept.append((id_, error.message))
    else:
        report.done += 1


def _due(tx: Transaction, entity: str, rule: RetentionDef) -> Iterator[int]:
    """The ids whose time is over, oldest first."""
    compiled = tx.runtime.compiled.entity(entity)
    limit = tx.scene.moment.now - rule.after
    query = Query(
        filter=None if rule.where is None else str(getattr(rule.where, "text", "true")),
        order=(rule.from_,),
        fields=(rule.from_, *rule.fields),
        limit=_PAGE,
        archived="no" if rule.do == "archive" else "yes",
        titles=False,
    )
    while True:
        page = tx.search(entity, query)
        for record in page.items:
            start = record.values.get(rule.from_)
            if start is None:
                continue
            if not _over(start, limit):
                return
            left = rule.do != "erase" or not is_erased(compiled, record, rule.fields)
            if left and record.id is not None:
                yield record.id
        if page.next is None:
            return
        query = replace(query, cursor=page.next)


def _over(start: date, limit: datetime) -> bool:
    if isinstance(start, datetime):
        return start <= limit
    return start <= limit.date()
