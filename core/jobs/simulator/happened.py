"""What effects left behind since a test looked last: notices, plans, notes, events."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.definitions.scenario import ExpectDef, HappenedDef
from core.diagnostics import Span
from core.services import Reader
from core.storage import mail
from core.storage.tables import outbox
from core.storage.timeline_tables import activity, comment, notice_text, notification

if TYPE_CHECKING:
    from core.jobs.simulator.world import World

#: Kind of effect -> the rows that tell of it.
_QUERIES: MappingProxyType[str, sa.Select[Any]] = MappingProxyType(
    {
        "notify": sa.select(
            notification.c.id,
            notification.c.person.label("to"),
            notice_text.c.text,
            notice_text.c.level,
        ).join(notice_text, notice_text.c.notice == notification.c.id),
        "activity": sa.select(
            activity.c.id,
            activity.c.person.label("to"),
            activity.c.summary,
            activity.c.type,
            activity.c.due,
        ),
        "mail": sa.select(
            mail.c.id, mail.c.receivers.label("to"), mail.c.template, mail.c.subject
        ).where(mail.c.direction == "out"),
        "comment": sa.select(comment.c.id, comment.c.body.label("text")),
        "event": sa.select(outbox.c.id, outbox.c.event.label("text")),
    }
)
_TOLD = 6


class Happened:
    """Remembers how far a test has looked; begins with what is there already."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last = dict.fromkeys(_QUERIES, 0)
        with world.looking() as reader:
            self._fresh(reader)

    def compare(
        self, reader: Reader, expect: ExpectDef
    ) -> Iterator[tuple[Span, str, str, str]]:
        """What of the expected effects did not happen since the last look."""
        found = self._fresh(reader)
        told = [one for one in found if one[0] != "event"]
        for wanted in expect.effects:
            if not any(_fits(wanted, kind, row) for kind, row in found):
                kinds = [name for name, _ in found if wanted.gave(name)]
                near = [one for one in found if one[0] in kinds]
                yield wanted.span, "effects", _said(wanted), _list(near or told)
        if not expect.effects and told:
            yield expect.at("effects"), "effects", "none", _list(told)

    def _fresh(self, reader: Reader) -> list[tuple[str, dict[str, Any]]]:
        names = {id_: key for key, (_, id_) in self._people().items()}
        found = []
        for kind, query in _QUERIES.items():
            first = next(iter(query.selected_columns))
            ordered = query.where(first > self._last[kind]).order_by(first)
            for row in reader.scene.connection.execute(ordered).mappings():
                self._last[kind] = row["id"]
                shown = {key: _text(row[key]) for key in row if key != "id"}
                if kind == "mail":
                    shown["to"] = ", ".join(one["address"] for one in row["to"])
                elif "to" in shown:
                    shown["to"] = names.get(row["to"], "")
                found.append((kind, shown))
        return found

    def _people(self) -> dict[str, tuple[str, int]]:
        world = self._world
        return {key: world.keys[key] for key in world.scenario.users}


def _fits(wanted: HappenedDef, kind: str, row: dict[str, Any]) -> bool:
    if not wanted.gave(kind):
        return False
    return all(row.get(key) == value for key, value in _details(wanted, kind).items())


def _details(wanted: HappenedDef, kind: str) -> dict[str, str]:
    body = getattr(wanted, kind)
    if isinstance(body, str):
        return {"text": body}
    return {key: getattr(body, key) for key in body.spans}


def _said(wanted: HappenedDef) -> str:
    kind = next(name for name in _QUERIES if wanted.gave(name))
    return _list([(kind, _details(wanted, kind))])


def _list(found: list[tuple[str, dict[str, Any]]]) -> str:
    shown = [
        f"{kind} {', '.join(f'{key}: {value}' for key, value in row.items() if value)}"
        for kind, row in found[:_TOLD]
    ]
    more = len(found) - len(shown)
    return "; ".join(shown + ([f"and {more} more"] if more else [])) or "none"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
