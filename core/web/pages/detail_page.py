"""The page of a record for reading.

Registered by `register`; the page of a refused button is this one as well.
"""

from __future__ import annotations

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from core.services import Reader
from core.services.merging import survivor_of
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.actions import Refused, buttons
from core.web.pages.clock_rows import record_clocks
from core.web.pages.dashboard_open import record_boards
from core.web.pages.detail_model import DetailMaker, read_record
from core.web.pages.flow_rows import record_flows
from core.web.pages.history import timeline
from core.web.pages.list_frame import module_label
from core.web.pages.personal_page import offers
from core.web.pages.related import related_lists
from core.web.pages.screen import Screen, open_screen
from core.web.pages.state_path import state_paths
from core.web.pages.timeline_model import timeline_model
from core.web.wording import say


@login_required_page
def show_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """A record for reading; of one that was merged, the one that stands for it."""
    screen = open_screen(module, name)
    with screen.reading() as reader:
        survivor = survivor_of(reader.scene, screen.id, id)
        if survivor and reader.permitted(screen.id, "read", [survivor]):
            notify(say("This record was merged into the one that is shown."))
            return redirect(screen.href(survivor))
    return record_page(screen, id)


def record_page(
    screen: Screen,
    id_: int,
    refused: Refused | None = None,
) -> str:
    """The page; `refused` opens the small form of a button again with its errors."""
    view = screen.compiled.views.form_of(screen.id)
    with screen.reading() as reader:
        record = read_record(screen, reader, view, id_)
        maker = DetailMaker(screen, reader, view, record)
        shown = buttons(screen, reader, id_, refused)
        return render_template(
            "pages/detail.html",
            screen=screen,
            id=id_,
            record=record,
            heading=reader.title(screen.id, id_) or f"{screen.entity.label} {id_}",
            subtitle=_subtitle(screen, reader, id_),
            one=screen.labels.entity(screen.id),
            plural=screen.labels.plural(screen.entity),
            module_label=module_label(screen),
            actions=shown,
            paths=state_paths(screen, reader, record),
            opened=refused.action if refused else "",
            flows=record_flows(screen, reader, id_),
            clocks=record_clocks(screen, reader, id_),
            related=related_lists(screen, reader, view, id_),
            history=timeline(screen, reader, id_),
            talk=timeline_model(screen, reader, id_),
            may=_may(screen, reader, id_),
            boards=record_boards(screen, id_),
            archives=screen.entity.definition.archive,
            personal=offers(screen, reader, id_),
            **maker.parts(),
        )


def _may(screen: Screen, reader: Reader, id_: int) -> dict[str, bool]:
    found = {
        verb: bool(screen.can(verb) and reader.permitted(screen.id, verb, [id_]))
        for verb in ("update", "archive", "delete")
    }
    merges = screen.entity.duplicates is not None and screen.can("merge")
    found["merge"] = bool(merges and reader.permitted(screen.id, "merge", [id_]))
    # What the record itself forbids is said when somebody prints it.
    return {**found, "create": screen.can("create"), "print": screen.can("print")}


def _subtitle(screen: Screen, reader: Reader, id_: int) -> str:
    second = screen.entity.subtitled
    if second is None:
        return ""
    readable = reader.scene.readable_names(screen.id)
    if not {path[0] for path in second.reads.this} <= readable:
        return ""
    rows = reader.scene.loader.load(screen.id, [id_], second.reads.this)
    row = rows.get(id_)
    if row is None:
        return ""
    return str(second.run(reader.scene.env(second.reads, this=row)) or "")
