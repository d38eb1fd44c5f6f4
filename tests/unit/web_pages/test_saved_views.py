"""Saved views: kept from a list, opened by address, shared, begun with, deleted."""

from __future__ import annotations

import re

import pytest

from core.services.saved_views import delete_view, saved_views
from core.storage import usual_view
from core.web.pages.columns import preference_of
from tests.unit.web_pages.test_lists import titles


@pytest.fixture(autouse=True)
def shelf(library):
    for number, kind in enumerate(("novel", "poem", "manual", "novel")):
        library.make(
            "library.book", title=f"Book {number}", kind=kind, price="5", owner=None
        )
    yield
    application = library.application
    with application.database.writing() as connection:
        connection.execute(usual_view.delete())
    for name in ("vera", "mara", "admin"):
        actor = _actor(library, name)
        with application.transaction(actor) as tx:
            for view in saved_views(tx, "library.book"):
                delete_view(tx, "library.book", view.id)


def _actor(library, name):
    from core.services import Actor

    return Actor(library.people[name], name, is_admin=True)


def save(person, query, name="Poems", **more):
    person.get(f"/library/book?{query}")
    answer = person.post("/library/book/views", query=query, name=name, **more)
    assert answer.status_code == 302
    return answer.location


def view_id(location):
    return int(re.search(r"saved=(\d+)", location)[1])


def test_a_saved_view_opens_with_all_of_its_state(boss):
    there = save(boss, "tab=all&f=kind:is:poem&sort=-title&cols=title,kind")
    opened = boss.client.get(there)
    assert opened.status_code == 302
    for part in ("f=kind", "sort=-title", "cols=title%2Ckind", "saved="):
        assert part in opened.location
    page = boss.get(opened.location)
    assert titles(page) == ["Book 1"]
    assert page.count('<th scope="col"') == 2


def test_the_open_view_is_marked_and_says_when_it_was_changed(boss):
    there = boss.client.get(save(boss, "tab=all&f=kind:is:poem")).location
    page = boss.get(there)
    assert re.search(r'class="v is-on"[^>]*>.*?Poems', page, re.S)
    assert "Changed, not saved" not in page
    assert "Changed, not saved" in boss.get(f"{there}&q=Book")
    # The tabs as delivered are not the open one, and lead out of the view.
    assert page.count('class="v is-on"') == 1
    assert 'href="/library/book?saved=-&amp;tab=all"' in page


def test_saving_into_the_open_view_changes_it(boss):
    number = view_id(save(boss, "tab=all&f=kind:is:poem"))
    query = f"saved={number}&tab=all&f=kind:is:manual"
    assert view_id(save(boss, query, name="Manuals", **{"as": "same"})) == number
    there = boss.client.get(f"/library/book?saved={number}").location
    page = boss.get(there)
    assert titles(page) == ["Book 2"]
    assert "Manuals" in page
    assert "Poems" not in page


def test_a_private_view_is_for_its_owner_alone(boss, clerk):
    number = view_id(save(boss, "f=kind:is:poem"))
    assert "Poems" not in clerk.get("/library/book")
    clerk.get(f"/library/book?saved={number}", 404)


def test_a_view_is_shared_with_everybody_or_with_roles(boss, clerk):
    everybody = view_id(save(boss, "f=kind:is:poem", roles="*"))
    save(boss, "q=Book", name="Bosses", roles="library.boss")
    page = clerk.get("/library/book")
    assert "Poems" in page
    assert "Bosses" not in page
    there = clerk.client.get(f"/library/book?saved={everybody}").location
    assert titles(clerk.get(there)) == ["Book 1"]


def test_a_shared_view_is_changed_by_its_owner_alone(boss, clerk):
    number = view_id(save(boss, "f=kind:is:poem", roles="*"))
    clerk.get("/library/book")
    path = f"/library/book/views/{number}"
    assert clerk.post(path, act="delete").status_code == 403
    query = f"saved={number}&q=Book"
    answer = clerk.post("/library/book/views", query=query, name="x", **{"as": "same"})
    assert answer.status_code == 403


def test_a_role_that_one_does_not_hold_gets_nothing(clerk):
    there = save(clerk, "f=kind:is:poem", roles="library.boss")
    assert "saved" not in there
    assert "no role of yours" in clerk.get(there)


def test_a_list_begins_with_the_usual_view_until_it_is_left(boss):
    number = view_id(save(boss, "tab=all&f=kind:is:poem", usual="1"))
    begun = boss.client.get("/library/book")
    assert begun.status_code == 302
    assert titles(boss.get(begun.location)) == ["Book 1"]
    assert len(titles(boss.get("/library/book?saved=-&tab=all"))) == 4
    boss.post(f"/library/book/views/{number}", act="end")
    boss.get("/library/book")


def test_a_view_that_keeps_nothing_can_be_opened_and_begun_with(boss):
    number = view_id(save(boss, "", name="Plain", usual="1"))
    boss.get(f"/library/book?saved={number}")
    assert boss.client.get("/library/book").location.endswith(f"saved={number}")


def test_deleting_a_view_ends_beginning_with_it(boss):
    number = view_id(save(boss, "f=kind:is:poem", usual="1"))
    answer = boss.post(f"/library/book/views/{number}", act="delete")
    assert answer.location == "/library/book?saved=-"
    boss.get("/library/book")
    boss.get(f"/library/book?saved={number}", 404)


def test_two_views_of_one_person_have_two_names(boss):
    save(boss, "f=kind:is:poem")
    there = save(boss, "f=kind:is:manual")
    assert "named" in boss.get(there)


def test_columns_chosen_in_a_saved_view_stay_in_it(boss):
    number = view_id(save(boss, "tab=all&cols=title,kind"))
    back = f"/library/book?saved={number}&tab=all&cols=title%2Ckind"
    there = boss.post("/library/book/columns", column="price", back=back).location
    assert "cols=price" in there
    assert boss.get("/library/book?tab=all").count('<th scope="col"') > 2


def test_a_board_is_saved_as_a_board(boss):
    query = "view=library.shelf&f=kind:is:poem"
    there = boss.client.get(save(boss, query, name="Board of poems")).location
    page = boss.get(there)
    assert "data-board" in page
    assert "Board of poems" in page


def test_the_export_of_a_view_has_its_columns(boss):
    text = boss.get("/library/book/export?cols=title,kind&f=kind:is:poem")
    assert text.lstrip("\ufeff").splitlines()[0].count(",") == 1


def test_columns_of_entities_with_long_names_can_be_kept():
    name = preference_of("a_rather_long_module.with_an_entity_of_a_long_name")
    assert len(name) <= 40
    assert name != preference_of("a_rather_long_module.with_another_of_a_long_name")
