"""The numbers beside entries of the menus: of exactly the rows that the entry opens.

Called by `navigation` where an entry says `count: true`; all counts are one statement.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from werkzeug.datastructures import MultiDict

from core.services import Actor, Query, counts_of
from core.services.query import COUNTED
from core.web.menus import MenuGroup, MenuLink
from core.web.pages.figures import grouped
from core.web.pages.list_model import query_of
from core.web.pages.list_state import read_state
from core.web.pages.screen import address_of, screen_of
from core.web.pages.view_choice import view_of
from core.web.state import application


def with_counts(actor: Actor, groups: tuple[MenuGroup, ...]) -> tuple[MenuGroup, ...]:
    """The groups with numbers; an entry whose list cannot be counted has none."""
    entities = application().compiled.registry.entities
    places = {address_of(entity): entity for entity in entities}
    asked: dict[str, tuple[str, Query]] = {}
    for group in groups:
        for link in group.links:
            entity = places.get(urlsplit(link.href).path)
            if link.count and entity is not None:
                asked[link.href] = (entity, _query(entity, link.href))
    with application().reader(actor) as reader:
        found = counts_of(reader.scene, list(asked.values()))
    counts = dict(zip(asked, found, strict=True))
    return tuple(
        replace(group, links=tuple(_counted(link, counts) for link in group.links))
        for group in groups
    )


def _query(entity: str, href: str) -> Query:
    screen = screen_of(entity)
    given = MultiDict(parse_qsl(urlsplit(href).query))
    state = read_state(screen.base, given)
    return query_of(screen, view_of(screen, state), state)


def _counted(link: MenuLink, counts: dict[str, int | None]) -> MenuLink:
    if not link.count:
        return link
    number = counts.get(link.href)
    if not number:
        return replace(link, count="")
    many = "+" if number > COUNTED else ""
    return replace(link, count=grouped(min(number, COUNTED)) + many)
