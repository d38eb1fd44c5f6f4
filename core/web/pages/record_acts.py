"""What is done to a record as a whole: archive, restore, delete.

Registered by `register`; each comes back to the record or to its list.
"""

from __future__ import annotations

from flask import redirect
from flask.typing import ResponseReturnValue

from core.services import RuleBroken, TransitionRefused
from core.services.taking_back import audited_so_far, trail_since
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.screen import open_screen
from core.web.pages.take_back import undo_address
from core.web.wording import say


@login_required_page
def archive_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """Archive a record; the message offers to take it back."""
    screen = open_screen(module, name)
    with screen.writing() as tx:
        before = audited_so_far(tx)
        tx.archive(screen.id, id)
        undo = undo_address(screen, trail_since(tx, before))
    label = screen.labels.entity(screen.id)
    notify(say("{what} was archived.", what=label), undo_url=undo)
    return redirect(screen.href(id))


@login_required_page
def restore_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """Take a record back out of the archive."""
    screen = open_screen(module, name)
    with screen.writing() as tx:
        tx.restore(screen.id, id)
    notify(say("{what} was restored.", what=screen.labels.entity(screen.id)))
    return redirect(screen.href(id))


@login_required_page
def delete_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """Delete a record for good; what still leads to it is named."""
    screen = open_screen(module, name)
    try:
        with screen.writing() as tx:
            tx.delete(screen.id, id)
    except (RuleBroken, TransitionRefused) as refused:
        notify(say("It was not deleted."), "bad", sub=refused.message)
        return redirect(screen.href(id))
    notify(say("{what} was deleted.", what=screen.labels.entity(screen.id)))
    return redirect(screen.base)
