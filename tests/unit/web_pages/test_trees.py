"""Trees: roots, branches on demand, hits of a search as a plain list."""

from __future__ import annotations

import html
import re

import pytest

from core.services import Actor

TREE = "/library/author?view=library.mentors"


@pytest.fixture
def authors(library):
    made: dict[str, int] = {}
    for name, above in (
        ("A", None),
        ("A1", "A"),
        ("A2", "A"),
        ("A11", "A1"),
        ("B", None),
    ):
        made[name] = library.make("library.author", name=name, mentor=made.get(above))
    yield made
    with library.application.transaction(Actor.system()) as tx:
        # A record with others below it is kept; so nothing stands below any.
        for id_ in made.values():
            tx.update("library.author", id_, {"mentor": None})


def names(page: str) -> list[str]:
    return re.findall(r'<a class="ttl" href="[^"]+">([^<]*)</a>', page)


def branches(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'data-branch="([^"]+)"', page)]


def test_roots_first_and_branches_on_demand(boss, authors):
    page = boss.get(TREE)
    assert names(page) == ["A", "B"]
    (branch,) = branches(page)
    assert 'aria-expanded="false"' in page
    inner = boss.get(branch)
    assert names(inner) == ["A1", "A2"]
    assert 'aria-level="2"' in inner
    (deeper,) = branches(inner)
    assert names(boss.get(deeper)) == ["A11"]


def test_a_search_shows_hits_wherever_they_lie(boss, authors):
    assert names(boss.get(f"{TREE}&f=name:contains:1")) == ["A1", "A11"]


def test_what_stands_below_an_archived_record_is_a_root(library, boss, authors):
    with library.application.transaction(Actor.system()) as tx:
        tx.archive("library.author", authors["A"])
    assert names(boss.get(TREE)) == ["A1", "A2", "B"]
