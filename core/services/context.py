"""Who acts, for whom and when: the context every read and write carries.

Made by web, API, CLI and jobs; read by the access rules, defaults and the audit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from core.frozen import frozen


@frozen
class Actor:
    """The one who acts; rights follow from `roles`, rows from `companies`.

    `roles` holds role ids such as `crm.user`. `company` is the company of new records.
    `deputy_for` are the users whose roles the actor holds by delegation, `lent` those
    of the roles that he would not hold otherwise.
    `via` is never part of an actor: the same person may come by UI and by API.
    """

    user_id: int | None
    name: str
    roles: frozenset[str] = frozenset()
    is_admin: bool = False
    language: str = "en"
    zone: str = "UTC"
    companies: tuple[int, ...] = ()
    company: int | None = None
    deputy_for: tuple[int, ...] = ()
    lent: frozenset[str] = frozenset()

    @classmethod
    def system(cls) -> Actor:
        """The platform itself: all rights, no user, no company scope."""
        return cls(None, "system", is_admin=True)

    def in_company(self, company: int) -> Actor:
        """The same actor working for another of the companies."""
        return replace(self, company=company)


def wall_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@frozen
class Moment:
    """One evaluation's idea of now: every part of a save sees the same."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The date of `now` in the actor's zone."""
        return self.now.astimezone(self.zone).date()


@frozen
class Clock:
    """Tells the moment; tests and the simulator bring one that they move."""

    read: Callable[[], datetime] = wall_clock

    def moment(self, zone: str) -> Moment:
        """The moment for an actor in this zone."""
        return Moment(self.read(), ZoneInfo(zone))
