"""Values as plain text in the reader's language: for titles, history and exports.

Used by cells, history and form fields; hands on text only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta

from core.compiler import CompiledField
from core.fieldtypes import NO_HINTS, BadValue, Locale, TextHints
from core.frozen import frozen
from core.web.pages.labels import Labels
from core.web.wording import say

TitleOf = Callable[[str, int], str | None]


@frozen
class Texts:
    """Writes values for one reader."""

    labels: Labels
    locale: Locale

    def text(
        self,
        field: CompiledField,
        value: Any,
        hints: TextHints = NO_HINTS,
        title: TitleOf | None = None,
    ) -> str:
        """The value of a field; empty for null."""
        if value is None or value == ():
            return ""
        kind = field.type.name
        if kind == "boolean":
            return say("yes") if value else say("no")
        if kind == "choice":
            return self.labels.choice(field, value)[0]
        if kind == "multichoice":
            return ", ".join(self.labels.choice(field, key)[0] for key in value)
        if kind == "properties":
            from core.web.pages.properties import in_words

            return in_words(value, self.locale)
        if kind == "datetime":
            # Nobody reads fractions of a second.
            value = value.replace(microsecond=0)
        given = TextHints(places=hints.places, title=title)
        text = field.type.to_text(value, field.definition, self.locale, given)
        unit = hints.unit or hints.currency
        return f"{text} {unit}" if unit else text

    def amount(self, field: CompiledField, value: Any, hints: TextHints) -> str:
        """A number without its measure."""
        given = TextHints(places=hints.places)
        return field.type.to_text(value, field.definition, self.locale, given)

    def from_json(
        self, field: CompiledField, value: Any, title: TitleOf | None = None
    ) -> str:
        """A value as the audit keeps it."""
        if value is None or value == []:
            return ""
        try:
            canonical = field.type.coerce(value, field.definition)
        except BadValue:
            # The definition changed since; what was kept is still told.
            return str(value)
        return self.text(field, canonical, title=title)

    def day(self, value: date, today: date) -> str:
        """A day, without its year when that is this one."""
        code = self.locale.babel()
        if value.year == today.year:
            skeleton = "d. MMM" if code.language == "de" else "d MMM"
            return str(format_date(value, skeleton, locale=code))
        return str(format_date(value, "medium", locale=code))

    def full_day(self, value: date) -> str:
        """A day with weekday and year."""
        return str(format_date(value, "full", locale=self.locale.babel()))

    def moment(self, value: datetime) -> str:
        """A moment in full, in the reader's zone."""
        zone = ZoneInfo(self.locale.zone)
        code = self.locale.babel()
        return str(format_datetime(value, "medium", tzinfo=zone, locale=code))

    def since(self, value: datetime, now: datetime) -> str:
        """How long ago within a week, else the day."""
        age = now - value
        if abs(age.days) < 7:
            code = self.locale.babel()
            return str(format_timedelta(-age, add_direction=True, locale=code))
        zone = ZoneInfo(self.locale.zone)
        return self.day(value.astimezone(zone).date(), now.astimezone(zone).date())

    def length(self, value: timedelta) -> str:
        """How long something took, roughly and in words."""
        return str(format_timedelta(value, locale=self.locale.babel()))

    def days_from(self, value: date, today: date) -> str:
        """How far away a day is, in words."""
        away = (value - today).days
        fixed = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(away)
        if fixed is not None:
            return say(fixed)
        code = self.locale.babel()
        delta = value - today
        return str(format_timedelta(delta, add_direction=True, locale=code))
