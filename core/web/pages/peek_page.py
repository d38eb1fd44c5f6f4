"""A record beside its list: the values without leaving the list.

Registered by `register`; the script of lists shows the piece of HTML and keeps the
record in the address, so that the same address shows it again.
"""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from core.web.auth import login_required_page
from core.web.pages.detail_model import DetailMaker, read_record
from core.web.pages.screen import open_screen


@login_required_page
def peek_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """The values of a record as a panel; 404 for one that is not to be seen."""
    screen = open_screen(module, name)
    view = screen.compiled.views.form_of(screen.id)
    with screen.reading() as reader:
        record = read_record(screen, reader, view, id)
        maker = DetailMaker(screen, reader, view, record)
        changeable = screen.can("update") and reader.permitted(
            screen.id, "update", [id]
        )
        return render_template(
            "pages/_peek.html",
            screen=screen,
            id=id,
            record=record,
            heading=reader.title(screen.id, id) or f"{screen.entity.label} {id}",
            one=screen.labels.entity(screen.id),
            may_update=bool(changeable) and not record.values.get("archived"),
            **maker.parts(),
        )
