"""`/approvals`: what waits for the decision of the one who looks, the oldest first."""

from __future__ import annotations

from typing import Any

from flask import render_template

from core.services import Reader
from core.services.flows.shown import may_act
from core.services.waiting import Progress, Waiting, may_approve, waiting
from core.web.auth import login_required_page
from core.web.menus import MenuLink
from core.web.pages.screen import acting, screen_of
from core.web.pages.timeline_model import notice_link
from core.web.state import application
from core.web.wording import say


@login_required_page
def show_approvals() -> str:
    """The list of what the reader may approve."""
    with application().reader(acting()) as reader:
        rows = [_row(one) for one in waiting(reader)]
    return render_template("pages/approvals.html", rows=rows)


def _row(one: Waiting) -> dict[str, Any]:
    screen = screen_of(one.entity)
    return {
        "title": one.title,
        "kind": screen.labels.entity(one.entity),
        "href": screen.href(one.record),
        "since": one.since,
        "note": progress_note(one.progress),
    }


def progress_note(one: Progress) -> str:
    """How far an approval is, in words."""
    text = say("Waits for {people}", people=one.people)
    if one.levels > 1:
        text += " · " + say(
            "level {level} of {levels}", level=one.level, levels=one.levels
        )
    if one.need > 1:
        text += " · " + say(
            "{given} of {need} have approved", given=one.given, need=one.need
        )
    return text


def top_links(actor: Any) -> tuple[MenuLink, ...]:
    """The lines above the menu: notices, and approvals for those who may give them."""
    return (*notice_link(actor), *_approvals_link(), *_flows_link(actor))


def _approvals_link() -> tuple[MenuLink, ...]:
    with application().reader(acting()) as reader:
        if not may_approve(reader):
            return ()
    return (MenuLink(say("Approvals"), "/approvals", "circle-check"),)


def _flows_link(actor: Any) -> tuple[MenuLink, ...]:
    """For those who look after flows; administrators find them in the setup."""
    if not application().registry.flows or acting().is_admin:
        return ()
    with application().reader(acting()) as reader:
        if not may_act(reader):
            return ()
    return (MenuLink(say("Flows"), "/flows", "git-merge"),)


def waiting_count(reader: Reader) -> int:
    """How much waits for the reader."""
    return len(waiting(reader)) if may_approve(reader) else 0
