"""Values as small pieces of HTML: a cell of a list, a value of a record.

Lists make one writer per column and run it per row, so a page costs little; every text
that comes from data is escaped here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from core.compiler import CompiledField
from core.expressions import Record, Ref
from core.fieldtypes import NO_HINTS
from core.frozen import frozen
from core.services import title_of
from core.services.scene import USER
from core.web.pages.file_cells import files_value
from core.web.pages.measures import Measure
from core.web.pages.screen import address_of
from core.web.pages.texts import Texts
from core.web.template_filters import initials, tint
from core.web.wording import say

Writer = Callable[[Record], Markup]
Value = Callable[[Any, Record], Markup]
NOTHING = Markup()
_CELL_LENGTH = 160


@frozen
class Cells:
    """Makes writers for one reader at one moment; `icons` is the address of icons."""

    texts: Texts
    icons: str
    now: datetime
    short: bool = True

    @property
    def today(self) -> date:
        """The reader's day."""
        return self.now.astimezone(ZoneInfo(self.texts.locale.zone)).date()

    def writer(
        self, path: str, field: CompiledField | None, measure: Measure | None = None
    ) -> Writer:
        """The writer of one column; stamps have no field."""
        value = self._value(path, field, measure)

        def write(record: Record) -> Markup:
            found = record.values.get(path)
            return NOTHING if found is None or found == () else value(found, record)

        return write

    def _value(
        self, path: str, field: CompiledField | None, measure: Measure | None
    ) -> Value:
        if field is None:
            return self._stamp(path)
        if field.kind in ("link", "reference"):
            return self._link(path, field.targets)
        if field.kind == "links":
            return self._links(path)
        if field.type.name in ("file", "image"):
            return files_value(path, self.icon, self.short)
        make = _MAKERS.get(field.type.name)
        return make(self, field, measure) if make else self._text(field, measure)

    # -- by kind ----------------------------------------------------------------

    def _stamp(self, path: str) -> Value:
        if path.endswith("_at"):
            return self._moment
        if path.endswith("_by"):
            return self._link(path, (USER,))
        return lambda value, _record: escape(value)

    def _text(self, field: CompiledField, measure: Measure | None) -> Value:
        texts, short = self.texts, self.short

        def write(value: Any, _record: Record) -> Markup:
            text = texts.text(field, value)
            if short and len(text) > _CELL_LENGTH:
                text = text[:_CELL_LENGTH] + "…"
            return escape(text)

        return write

    def _amount(self, field: CompiledField, measure: Measure | None) -> Value:
        texts = self.texts

        def write(value: Any, record: Record) -> Markup:
            hints = measure.of(record.values) if measure else NO_HINTS
            text = escape(texts.amount(field, value, hints))
            code = (
                f'<span class="cur">{escape(hints.unit)}</span>' if hints.unit else ""
            )
            negative = " i-neg" if value < 0 else ""
            return Markup(f'<span class="i-money{negative}">{text}{code}</span>')

        return write

    def _choice(self, field: CompiledField, _measure: Measure | None) -> Value:
        known: dict[str, Markup] = {}

        def write(value: Any, _record: Record) -> Markup:
            if value not in known:
                known[value] = pill(*self.texts.labels.choice(field, value))
            return known[value]

        return write

    def _choices(self, field: CompiledField, _measure: Measure | None) -> Value:
        one = self._choice(field, None)
        return lambda value, record: Markup(" ").join(one(k, record) for k in value)

    def _boolean(self, field: CompiledField, _measure: Measure | None) -> Value:
        yes = Markup(
            f'<span title="{escape(say("yes"))}">{self.icon("check")}'
            f'<span class="i-sr">{escape(say("yes"))}</span></span>'
        )
        no = Markup(f'<span class="i-quiet">{escape(say("no"))}</span>')
        return lambda value, _record: yes if value else no

    def _date(self, field: CompiledField, _measure: Measure | None) -> Value:
        texts, today, short = self.texts, self.today, self.short

        def write(value: Any, _record: Record) -> Markup:
            away = texts.days_from(value, today)
            title = escape(f"{texts.full_day(value)}, {away}")
            text = escape(texts.day(value, today))
            near = abs((value - today).days) < 60
            two = (
                "" if short or not near else f' <span class="two">{escape(away)}</span>'
            )
            return Markup(
                f'<time datetime="{value}" title="{title}">{text}</time>{two}'
            )

        return write

    def _datetime(self, field: CompiledField, _measure: Measure | None) -> Value:
        return self._moment

    def _moment(self, value: datetime, _record: Record) -> Markup:
        full = escape(self.texts.moment(value))
        near = escape(self.texts.since(value, self.now))
        return Markup(
            f'<time datetime="{value.isoformat()}" title="{full}">{near}</time>'
        )

    def _rating(self, field: CompiledField, _measure: Measure | None) -> Value:
        most = int(str(field.type.widget(field.definition).attributes.get("max", 5)))

        def write(value: Any, _record: Record) -> Markup:
            stars = "".join(
                self.icon("star-filled" if step <= value else "star", "ic-s")
                for step in range(1, most + 1)
            )
            text = escape(f"{value} / {most}")
            return Markup(f'<span role="img" aria-label="{text}">{stars}</span>')

        return write

    def _color(self, field: CompiledField, _measure: Measure | None) -> Value:
        return lambda value, _record: Markup('<code class="i-code">{}</code>').format(
            value
        )

    def _email(self, field: CompiledField, _measure: Measure | None) -> Value:
        return lambda value, _record: link(f"mailto:{value}", str(value))

    def _phone(self, field: CompiledField, _measure: Measure | None) -> Value:
        texts = self.texts
        return lambda value, _record: link(f"tel:{value}", texts.text(field, value))

    def _url(self, field: CompiledField, _measure: Measure | None) -> Value:
        def write(value: Any, _record: Record) -> Markup:
            # Only what a browser may open; anything else stays a text.
            safe = str(value).startswith(("http://", "https://"))
            return link(str(value), str(value), True) if safe else escape(value)

        return write

    def _rich(self, field: CompiledField, _measure: Measure | None) -> Value:
        if self.short:
            return lambda value, _record: escape(
                Markup(value).striptags()[:_CELL_LENGTH]
            )
        # The field type cleaned it when it was saved; it is data of that type only.
        return lambda value, _record: Markup(f'<div class="i-prose">{value}</div>')

    def _long(self, field: CompiledField, _measure: Measure | None) -> Value:
        if self.short:
            return self._text(field, None)
        return lambda value, _record: Markup(
            '<div class="i-lines-text">{}</div>'
        ).format(value)

    def _link(self, path: str, targets: tuple[str, ...]) -> Value:
        def write(value: Any, record: Record) -> Markup:
            title = title_of(record, path)
            if title is None:
                return Markup(
                    f'<span class="i-quiet">{escape(say("not visible"))}</span>'
                )
            entity = value.entity if isinstance(value, Ref) else targets[0]
            if entity == USER:
                return person(title, self.short)
            if self.short:
                return escape(title)
            id_ = value.id if isinstance(value, Ref) else value
            return link(f"{address_of(entity)}/{id_}", title)

        return write

    def _links(self, path: str) -> Value:
        def write(value: Any, record: Record) -> Markup:
            names = record.values.get(f"{path}__titles") or {}
            return Markup(" ").join(
                Markup('<span class="i-tag">{}</span>').format(names.get(one, one))
                for one in value
            )

        return write

    def icon(self, name: str, extra: str = "") -> Markup:
        """An icon of the sprite."""
        return Markup(
            f'<svg class="ic {extra}" aria-hidden="true">'
            f'<use href="{self.icons}#{name}" /></svg>'
        )


def pill(label: str, tone: str) -> Markup:
    """A state: a pill in its tone, plain text where it has none."""
    if not tone:
        return escape(label)
    return Markup('<span class="i-pill {}">{}</span>').format(tone, label)


def person(name: str, short: bool) -> Markup:
    """Somebody as initials, with the name beside them where there is room."""
    mark = Markup(
        '<span class="i-av {}" role="img" aria-label="{}" title="{}">{}</span>'
    ).format(tint(name), name, name, initials(name))
    return mark if short else Markup("{}<span>{}</span>").format(mark, name)


def link(href: str, text: str, outside: bool = False) -> Markup:
    """A link; one that leads outside tells nothing of where it was."""
    rel = Markup(' rel="noopener noreferrer" target="_blank"') if outside else ""
    return Markup('<a class="i-link i-clip" href="{}"{}>{}</a>').format(href, rel, text)


_Maker = Callable[[Cells, CompiledField, Measure | None], Value]
_MAKERS: Mapping[str, _Maker] = MappingProxyType(
    {
        "money": Cells._amount,
        "quantity": Cells._amount,
        "choice": Cells._choice,
        "multichoice": Cells._choices,
        "field_names": Cells._choices,
        "boolean": Cells._boolean,
        "date": Cells._date,
        "datetime": Cells._datetime,
        "rating": Cells._rating,
        "color": Cells._color,
        "email": Cells._email,
        "phone": Cells._phone,
        "url": Cells._url,
        "richtext": Cells._rich,
        "longtext": Cells._long,
    }
)
NUMERIC = frozenset(
    {"integer", "decimal", "percent", "money", "quantity", "number", "duration"}
)
