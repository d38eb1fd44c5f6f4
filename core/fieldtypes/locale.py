"""In whose language, region and time zone texts are read and written.

Made by the services from the actor, or by an import from its settings; read by
`to_text`, `from_text` and by `coerce` for naive moments and national phone numbers.

Public: `Locale(code, zone, region)`, `NEUTRAL`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.frozen import frozen

if TYPE_CHECKING:
    import babel


@frozen
class Locale:
    """`code` like `de_DE` or `de-DE`; `zone` an IANA name; `region` a country code.

    `region` decides how phone numbers without a country are read; by default it is the
    territory of the code. `company_zone` is that of the actor's company.
    """

    code: str = "en"
    zone: str = "UTC"
    region: str | None = None
    company_zone: str | None = None

    def zone_info(self) -> ZoneInfo:
        """The time zone; an unknown name is a ZoneInfoNotFoundError."""
        return ZoneInfo(self.zone)

    def babel(self) -> babel.Locale:
        """The formats and names of the language; unknown codes fall back to `en`."""
        return _babel(self.code)

    def country(self) -> str | None:
        """The country that phone numbers are dialled from, if it is known."""
        return self.region or self.babel().territory


NEUTRAL = Locale()


@lru_cache(maxsize=64)
def _babel(code: str) -> babel.Locale:
    from babel import Locale as BabelLocale
    from babel import UnknownLocaleError

    for attempt in (code.replace("-", "_"), code[:2]):
        try:
            return BabelLocale.parse(attempt)
        except (UnknownLocaleError, ValueError):
            continue
    return BabelLocale.parse("en")
