"""Totals as the reader sees them: amounts with their currency or unit, plain numbers.

Boards, dashboards and lists ask `Figures`; codes and decimals of all units of a page
are read with one statement per kind of unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_timedelta
from flask_babel import format_decimal
from markupsafe import Markup, escape

from core.expressions import Kind
from core.services import Amount, Figure, Query, Reader, TotalsFound
from core.web.pages.screen import Screen
from core.web.pages.texts import Texts

_DECIMALS = "decimals"
_PLACES = 2


@dataclass
class Figures:
    """Writes the figures of one page; asked with everything once, then by figure."""

    screen: Screen
    reader: Reader
    _known: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)

    def learn(self, found: Iterable[TotalsFound]) -> None:
        """Read the codes of all units that occur, those known already left out."""
        wanted: dict[str, set[int]] = {}
        for totals in found:
            for group in totals.groups:
                for figure, amounts in zip(totals.figures, group.values, strict=True):
                    ids = {one.unit for one in amounts if one.unit is not None}
                    wanted.setdefault(figure.entity, set()).update(ids)
        for entity, ids in wanted.items():
            missing = sorted(id_ for id_ in ids if (entity, id_) not in self._known)
            if entity and missing and self.screen.other(entity).can("read"):
                self._read(entity, missing)

    def _read(self, entity: str, ids: list[int]) -> None:
        compiled = self.screen.compiled.entity(entity)
        names = [n for n in (compiled.key, _DECIMALS) if n and n in compiled.fields]
        listed = ", ".join(map(str, ids))
        query = Query(
            filter=f"id in [{listed}]",
            fields=tuple(names) or ("id",),
            limit=len(ids),
            archived="yes",
            titles=False,
        )
        for record in self.reader.search(entity, query).items:
            code = str(record.values.get(compiled.key or "") or "")
            places = record.values.get(_DECIMALS)
            known = places if isinstance(places, int) else _PLACES
            self._known[entity, record.id or 0] = (code, known)

    def code(self, figure: Figure, amount: Amount) -> str:
        """The code of the currency or unit of an amount."""
        return self._unit(figure, amount)[0]

    def text(self, figure: Figure, amount: Amount) -> str:
        """An amount in words, without its unit."""
        _, places = self._unit(figure, amount)
        return number_text(self.screen, figure.kind, amount.value, places)

    def markup(self, figure: Figure, amounts: Iterable[Amount]) -> Markup:
        """Amounts in all their units, the largest first; a dash for none."""
        ordered = sorted(amounts, key=lambda one: _size(one.value), reverse=True)
        parts = [self._one(figure, one) for one in ordered]
        return Markup(" · ").join(parts) if parts else Markup("\u2013")

    def _one(self, figure: Figure, amount: Amount) -> Markup:
        text = escape(self.text(figure, amount))
        code = self.code(figure, amount) or ("%" if _is_percent(figure) else "")
        mark = Markup('<span class="cur">{}</span>').format(code) if code else ""
        negative = " i-neg" if _size(amount.value) < 0 else ""
        return Markup('<span class="i-money{}">{}{}</span>').format(
            negative, text, mark
        )

    def _unit(self, figure: Figure, amount: Amount) -> tuple[str, int]:
        known = self._known.get((figure.entity, amount.unit or 0))
        return known or (figure.code, _PLACES)


def grouped(number: int) -> str:
    """A whole number as the reader writes it."""
    return str(format_decimal(number))


def number_text(screen: Screen, kind: Kind, value: Any, places: int = _PLACES) -> str:
    """A figure in the reader's language; decimals only where they say something."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return str(format_decimal(value))
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        pattern = "#,##0" if whole else f"#,##0.{'0' * max(places, 1)}"
        return str(format_decimal(value, pattern))
    texts = Texts(screen.labels, screen.locale)
    if isinstance(value, datetime):
        return texts.moment(value)
    if isinstance(value, date):
        return texts.full_day(value)
    if isinstance(value, timedelta):
        return str(format_timedelta(value, locale=screen.locale.babel()))
    return str(value)


def _is_percent(figure: Figure) -> bool:
    return figure.kind is Kind.PERCENT


def _size(value: Any) -> Decimal:
    return Decimal(value) if isinstance(value, int | Decimal) else Decimal(0)
