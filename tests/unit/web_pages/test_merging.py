"""Possible duplicates on pages: while typing, in pairs, side by side, and made one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from core.services import Actor, Query
from core.web.accounts import set_locale
from tests.unit.web_pages.conftest import Library, Person

VISITOR = "library.visitor"


@pytest.fixture
def two(library: Library) -> Iterator[tuple[int, int]]:
    """Two records of one visitor, the second with three visits."""
    one = library.make(VISITOR, name="Ann Berg", mail="ann@berg.example", shelf="A1")
    two = library.make(VISITOR, name="Anne Berg", mail="ann@berg.example")
    for number in range(3):
        library.make("library.visit", topic=f"V{number}", visitor=two)
    yield one, two
    with library.application.transaction(Actor.system()) as tx:
        for entity in ("library.visit", VISITOR):
            page = tx.search(entity, Query(limit=99, archived="yes"))
            tx.delete_many(entity, [r.id for r in page.items if r.id])


def test_a_form_warns_while_somebody_types(boss: Person, two: tuple[int, int]) -> None:
    page = boss.get("/library/visitor/new")
    assert "data-similar" in page
    sent = {"name": "Someone", "mail": "ann@berg.example", "_changed": "mail"}
    answer = boss.post("/library/visitor/evaluate", **sent)
    found = answer.json["similar"]
    assert "This may be there already" in found
    assert f"/library/visitor/{two[0]}" in found
    assert "(E-mail)" in found
    sent["mail"] = "x@y.example"
    assert boss.post("/library/visitor/evaluate", **sent).json["similar"] == ""


def test_saving_asks_once(boss: Person, library: Library, two: tuple[int, int]) -> None:
    boss.get("/library/visitor/new")
    sent = {"name": "Someone", "mail": "ann@berg.example"}
    answer = boss.post("/library/visitor", **sent)
    assert answer.status_code == 200
    assert "This looks like Anne Berg, which is there already: E-mail." in answer.text
    assert boss.post("/library/visitor", **sent, _accept="1").status_code == 302


def test_pairs_and_the_way_to_compare_them(boss: Person, two: tuple[int, int]) -> None:
    assert "/library/visitor/duplicates" in boss.get("/library/visitor")
    page = boss.get("/library/visitor/duplicates")
    address = f"/library/visitor/merge?ids={two[0]},{two[1]}"
    assert address in page
    assert "100 %" in page
    assert "No duplicates" in boss.get("/library/poster/duplicates")
    page = boss.get(f"/library/visitor/{two[0]}")
    assert f"/library/visitor/merge?ids={two[0]}" in page
    page = boss.get(f"/library/visitor/merge?ids={two[0]}")
    assert address in page
    page = boss.get(address)
    assert "3 Visits" in page
    assert "Ann Berg" in page
    assert "Anne Berg" in page
    # What is equal in both is not asked.
    assert "take-name" in page
    assert "take-mail" not in page
    answer = boss.post("/library/visitor/bulk", action="merge", ids=[*map(str, two)])
    assert answer.headers["Location"].endswith(address)


def test_a_pair_is_kept_apart_and_compared_again(
    boss: Person, two: tuple[int, int]
) -> None:
    ids, place = f"{two[0]},{two[1]}", "/library/visitor/duplicates"
    assert f'value="{ids}">Not the same' in boss.get(place)
    assert boss.post(f"{place}/apart", ids=ids).headers["Location"] == place
    page = boss.get(place)
    assert "They stay two records." in page
    assert f"{place}/together?ids=" in page
    assert "No duplicates" in page
    assert "Not the same: 1 pairs" in page
    assert boss.post(f"{place}/together?ids={ids}").json == {}
    assert "Not the same: 1 pairs" not in boss.get(place)
    boss.post(f"{place}/apart", ids=ids)
    assert boss.post(f"{place}/together", ids=ids, back="1").status_code == 302
    assert f'value="{ids}">Not the same' in boss.get(place)
    assert boss.post(f"{place}/apart", ids="1").status_code == 400


def _sent(page: str, **chosen: str) -> dict[str, object]:
    """The form of the page as a browser would send it."""
    names = re.findall(r'name="(version-\d+)" value="(\d+)"', page)
    ids = re.findall(r'name="ids" value="(\d+)"', page)
    marked = re.findall(r'name="(keep|take-\w+)" value="(\d+)" checked', page)
    return {**dict(names), **dict(marked), "ids": ids, **chosen}


def test_values_and_links_go_to_the_one_that_stays(
    boss: Person, library: Library, two: tuple[int, int]
) -> None:
    one, other = two
    page = boss.get(f"/library/visitor/merge?ids={one},{other}")
    sent = _sent(page, **{"take-name": str(other)})
    assert sent["keep"] == str(one)
    assert sent["take-shelf"] == str(one)
    answer = boss.post("/library/visitor/merge", **sent)
    assert answer.headers["Location"] == f"/library/visitor/{one}"
    record = library.read(VISITOR, one)
    assert (record["name"], record["shelf"]) == ("Anne Berg", "A1")
    page = boss.get(f"/library/visitor/{one}")
    assert "2 Visitors are one now." in page
    assert "merged others into it" in page
    # The old address leads on.
    answer = boss.client.get(f"/library/visitor/{other}")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/library/visitor/{one}",
    )
    assert "was merged into" in boss.get(f"/library/visitor/{one}")
    with library.application.reader(Actor.system()) as reader:
        query = Query(filter=f"visitor.id == {one}")
        assert reader.count("library.visit", query) == 3


def test_a_merge_while_somebody_edits(
    boss: Person, library: Library, two: tuple[int, int]
) -> None:
    page = boss.get(f"/library/visitor/merge?ids={two[0]},{two[1]}")
    with library.application.transaction(Actor.system()) as tx:
        tx.update(VISITOR, two[1], {"name": "Anna Berg"})
    answer = boss.post("/library/visitor/merge", **_sent(page))
    assert answer.status_code == 409
    assert "changed one of the records meanwhile" in answer.text
    assert "Anna Berg" in answer.text
    assert not library.read(VISITOR, two[1])["archived"]
    again = boss.post("/library/visitor/merge", **_sent(answer.text))
    assert again.status_code == 302


def test_who_may_not_merge(clerk: Person, boss: Person, two: tuple[int, int]) -> None:
    clerk.get(f"/library/visitor/merge?ids={two[0]},{two[1]}", 403)
    assert clerk.post("/library/visitor/merge", ids="1").status_code == 403
    boss.get(f"/library/visitor/merge?ids={two[0]},999999", 404)
    boss.get(f"/library/visitor/merge?ids={two[0]},{two[0]}", 200)


def test_in_german(boss: Person, library: Library, two: tuple[int, int]) -> None:
    database, vera = library.application.database, library.people["vera"]
    set_locale(database, vera, "de", "Europe/Berlin")
    try:
        page = boss.get(f"/library/visitor/merge?ids={two[0]},{two[1]}")
    finally:
        set_locale(database, vera, "en", "UTC")
    assert "Zusammenführen" in page
    assert "rückgängig" in page
