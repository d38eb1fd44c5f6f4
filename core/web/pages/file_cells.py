"""Files of records as pieces of HTML: a small picture in lists, links on its page.

Used by `cells`; every name is escaped here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from core.expressions import Record
from core.services.files import has_thumbnail, size_text
from core.services.files.fields import files_in
from core.web.pages.screen import address_of

_SHOWN = 3
Icon = Callable[[str, str], Markup]


def files_value(path: str, icon: Icon, short: bool) -> Callable[[Any, Record], Markup]:
    """What writes the files of a field; files behind a link are only named."""
    linked = "." in path

    def href(record: Record, sha256: str) -> str:
        return f"{address_of(record.entity)}/{record.id}/files/{path}/{sha256}"

    def brief(value: Any, record: Record) -> Markup:
        files = files_in(value)
        shown = [
            small(href(record, one.sha256), one.name)
            if has_thumbnail(one.media_type) and not linked
            else Markup('<span class="i-clip">{}</span>').format(one.name)
            for one in files[:_SHOWN]
        ]
        if len(files) > _SHOWN:
            shown.append(Markup(f'<span class="two">+{len(files) - _SHOWN}</span>'))
        return Markup('<span class="i-files">{}</span>').format(Markup(" ").join(shown))

    def full(value: Any, record: Record) -> Markup:
        parts = []
        for one in files_in(value):
            if linked:
                parts.append(Markup("<span>{}</span>").format(one.name))
                continue
            address = href(record, one.sha256)
            picture = has_thumbnail(one.media_type)
            mark = (
                small(address, one.name, "large") if picture else icon("file-text", "")
            )
            parts.append(
                Markup(
                    '<a class="i-file" href="{}" download="{}">{}'
                    '<span class="i-clip">{}</span><span class="two">{}</span></a>'
                ).format(address, one.name, mark, one.name, size_text(one.size))
            )
        return Markup('<span class="i-files">{}</span>').format(Markup("").join(parts))

    return brief if short else full


def small(address: str, name: str, extra: str = "") -> Markup:
    """A thumbnail."""
    return Markup(
        '<img class="i-thumb {}" src="{}?small=1" alt="{}" loading="lazy" />'
    ).format(extra, address, name)
