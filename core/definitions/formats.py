"""What address books, calendars and mails hold, as mappings of foreign data read it.

Read by the check of mappings; core.exchange makes the same names out of files. The
properties are those of RFC 6350 (vCard), RFC 5545 (iCalendar) and RFC 5322 (mail).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.frozen import frozen


@frozen
class Many:
    """What a block has several of; `kinds` tells them apart, if anything does."""

    parts: tuple[str, ...]
    kinds: tuple[str, ...] = ()


@frozen
class BlockFormat:
    """The names behind `src.`: single texts, and what there is several of."""

    names: tuple[str, ...]
    many: Mapping[str, Many]


_ADDRESS = (
    *("po_box", "extended", "street", "city", "region", "postal_code", "country"),
)
BLOCKS: Mapping[str, BlockFormat] = MappingProxyType(
    {
        "vcard": BlockFormat(
            (
                *("uid", "kind", "fn", "nickname", "title", "role", "org", "org.unit"),
                *("n.family", "n.given", "n.additional", "n.prefix", "n.suffix"),
                *("bday", "anniversary", "note", "categories", "rev", "lang"),
            ),
            MappingProxyType(
                {
                    "tel": Many(("value", "label"), ("mobile", "phone", "fax")),
                    "email": Many(("value", "label")),
                    "url": Many(("value", "label")),
                    "adr": Many(_ADDRESS, ("work", "home", "other")),
                }
            ),
        ),
        "mail": BlockFormat(
            (
                *("subject", "text", "html", "sender", "sender_name", "to", "cc"),
                *("message_id", "in_reply_to", "received"),
            ),
            MappingProxyType({}),
        ),
        "icalendar": BlockFormat(
            (
                *("uid", "kind", "summary", "description", "location", "status", "url"),
                *("categories", "organizer", "attendee", "recurrence", "all_day"),
                *("start", "start.day", "end", "end.day", "completed", "created"),
            ),
            MappingProxyType({}),
        ),
    }
)
