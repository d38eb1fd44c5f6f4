"""The navigation as data: groups, links, and which of them is the current one.

Page packages hand in groups per actor, the base template draws what `navigation` hands
on. Nothing here checks rights; who hands in a link has done so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.frozen import frozen


@frozen
class MenuLink:
    """One line of the navigation; `count` is shown at its end, `hot` paints it."""

    label: str
    href: str
    icon: str = ""
    count: str = ""
    hot: bool = False
    current: bool = False


@frozen
class MenuGroup:
    """One module: a folding group, or a plain link when it has only `href`."""

    label: str
    icon: str
    links: tuple[MenuLink, ...] = ()
    href: str = ""
    current: bool = False


@frozen
class SetupLink:
    """A link that a page package registers by endpoint, for administrators or all."""

    label: str
    endpoint: str
    icon: str
    order: int = 50


@frozen
class Navigation:
    """Everything the side bar and the bottom bar show for one request."""

    top: tuple[MenuLink, ...]
    groups: tuple[MenuGroup, ...]
    setup: tuple[MenuLink, ...]
    bottom: tuple[MenuLink, ...]


def navigation(
    path: str,
    top: Sequence[MenuLink],
    groups: Sequence[MenuGroup],
    setup: Sequence[MenuLink] = (),
    bottom: Sequence[MenuLink] = (),
) -> Navigation:
    """Mark the link that fits the path best; the path may end in "?query".

    The longest address wins; among links to one address the one with the same query.
    """
    nested = [link for group in groups for link in group.links]
    plain = [MenuLink(group.label, group.href) for group in groups if group.href]
    best = _best(path, [*top, *nested, *plain, *setup])
    return Navigation(
        top=_mark(top, best),
        groups=tuple(_mark_group(group, best) for group in groups),
        setup=_mark(setup, best),
        bottom=_mark(bottom, _best(path, bottom)),
    )


def _best(path: str, links: Iterable[MenuLink]) -> str:
    best, found = (0, 0), ""
    for link in links:
        rank = _rank(link.href, path)
        if rank > best:
            best, found = rank, link.href
    return found


def _rank(href: str, path: str) -> tuple[int, int]:
    """How well a link fits: length of the address, then its query; (0, 0) for not."""
    address, _, query = href.partition("?")
    here, _, asked = path.partition("?")
    inside = address not in ("", "/") and here.startswith(address.rstrip("/") + "/")
    if here != address and not inside:
        return (0, 0)
    return (len(address), 2 if query == asked else 1 if not query else 0)


def _mark(links: Sequence[MenuLink], best: str) -> tuple[MenuLink, ...]:
    return tuple(
        replace(link, current=bool(best) and link.href == best) for link in links
    )


def _mark_group(group: MenuGroup, best: str) -> MenuGroup:
    links = _mark(group.links, best)
    inside = any(link.current for link in links)
    return replace(
        group, links=links, current=inside or (bool(best) and group.href == best)
    )
