"""Old versions on record pages: shown before they come back, refused with reasons."""

from __future__ import annotations

import re

from core.services import Actor


def changed(library, id_, **values):
    with library.application.transaction(Actor.system()) as tx:
        tx.update("library.book", id_, values, accept_warnings=True)


def test_an_old_version_is_shown_and_restored(library, boss):
    author = library.make("library.author", name="Jane")
    id_ = library.make("library.book", title="First", price="5", author=author)
    changed(library, id_, title="Second", author=None)
    page = boss.get(f"/library/book/{id_}")
    there = f"/library/book/{id_}/versions/1"
    assert page.count(there) == 1
    assert f"/library/book/{id_}/versions/2" not in page
    shown = boss.get(there)
    for text in ("First", "Second", "Jane", "empty"):
        assert text in shown
    answer = boss.post(there, _version="2")
    assert answer.status_code == 302
    record = library.read("library.book", id_)
    assert (record["title"], record["author"]) == ("First", author)
    assert "Nothing differs" in boss.get(f"/library/book/{id_}/versions/3")


def test_a_save_meanwhile_is_told_and_nothing_is_lost(library, boss):
    id_ = library.make("library.book", title="First", price="5")
    changed(library, id_, title="Second")
    there = f"/library/book/{id_}/versions/1"
    boss.get(there)
    changed(library, id_, title="Third")
    answer = boss.post(there, _version="2")
    assert answer.status_code == 409
    assert "Somebody saved meanwhile" in answer.text
    assert library.read("library.book", id_)["title"] == "Third"


def test_a_warning_waits_for_its_answer(library, boss):
    id_ = library.make("library.book", title="First", price="0")
    changed(library, id_, title="Second", price="5")
    there = f"/library/book/{id_}/versions/1"
    boss.get(there)
    answer = boss.post(there, _version="2")
    assert "Restore anyway" in answer.text
    assert re.search(
        r"Please look at this first.*A book for nothing\?", answer.text, re.S
    )
    assert boss.post(there, _version="2", _accept="1").status_code == 302
    assert library.read("library.book", id_)["title"] == "First"


def test_readers_are_not_offered_to_go_back(library):
    id_ = library.make("library.book", title="First", price="5")
    changed(library, id_, title="Second")
    otto = library.person("otto")
    assert "/versions/" not in otto.get(f"/library/book/{id_}")
