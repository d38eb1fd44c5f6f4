"""Records that may be the same: what a form says while typing, and all pairs on a page.

Registered by `register`; only records that the person may read are ever named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from core.services import Suspect
from core.services.duplicates import Pair
from core.services.duplicates.apart import Apart, kept_apart
from core.web.auth import login_required_page
from core.web.pages.list_frame import module_label
from core.web.pages.screen import Screen, open_screen

#: So many pairs stand on the page; who merges them sees the next ones.
_SHOWN = 100


@login_required_page
def show_duplicates(module: str, name: str) -> ResponseReturnValue:
    """The pairs of records that may stand for the same thing."""
    screen = open_screen(module, name)
    with screen.reading() as reader:
        found = reader.suspects(screen.id, _SHOWN)
        apart = kept_apart(reader, screen.id)[:_SHOWN]
        both: list[Pair | Apart] = [*found.pairs, *apart]
        ids = {id_ for pair in both for id_ in (pair.first, pair.second)}
        titles = reader.titles(screen.id, sorted(ids))
        may_merge = reader.permitted(screen.id, "merge", sorted(ids)) if ids else set()
    pairs = [
        {
            "records": _named(screen, pair, titles),
            "ids": f"{pair.first},{pair.second}",
            "score": pair.score,
            "why": why_text(screen, pair.why),
            "merge": f"{screen.base}/merge?ids={pair.first},{pair.second}"
            if {pair.first, pair.second} <= may_merge
            else "",
        }
        for pair in found.pairs
    ]
    kept = [
        {
            "records": _named(screen, pair, titles),
            "ids": f"{pair.first},{pair.second}",
            "open": {pair.first, pair.second} <= may_merge,
        }
        for pair in apart
    ]
    return render_template(
        "pages/duplicates.html",
        kept=kept,
        screen=screen,
        plural=screen.labels.plural(screen.entity),
        module_label=module_label(screen),
        rules=screen.entity.duplicates is not None,
        pairs=pairs,
        more=found.more,
    )


def _named(
    screen: Screen, pair: Pair | Apart, titles: Mapping[int, str]
) -> list[tuple[str, str]]:
    """Address and title of both records."""
    ids = (pair.first, pair.second)
    return [(screen.href(id_), titles.get(id_, str(id_))) for id_ in ids]


def similar_notice(screen: Screen, similar: Sequence[Suspect]) -> str:
    """What a form says of records that may be the same as its draft; "" for none."""
    if not similar:
        return ""
    return render_template("pages/_similar.html", similar=similar_rows(screen, similar))


def similar_rows(screen: Screen, similar: Sequence[Suspect]) -> list[dict[str, Any]]:
    """Suspects with their addresses and what agrees, in the reader's language."""
    return [
        {
            "id": one.id,
            "href": screen.href(one.id),
            "title": one.title,
            "subtitle": one.subtitle or "",
            "why": why_text(screen, one.why),
        }
        for one in similar
    ]


def why_text(screen: Screen, names: Sequence[str]) -> str:
    """The labels of fields that agree."""
    fields = screen.entity.fields
    return ", ".join(screen.labels.field(fields[name]) for name in names)
