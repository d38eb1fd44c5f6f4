"""Record pages: values, buttons, related records, changes, archiving."""

from __future__ import annotations

from core.testing.statements import counting


def test_a_record_shows_what_leads_to_it(boss, library):
    ada = library.make("library.author", name="Ada", born="1901-02-03")
    library.make("library.book", title="Tides", author=ada, price="5")
    page = boss.get(f"/library/author/{ada}")
    assert "Tides" in page
    assert f"/library/book/new?author={ada}" in page
    assert f"where=author.id+%3D%3D+{ada}" in page


def test_a_button_asks_and_does(clerk, library):
    id_ = library.make("library.book", title="B", price="5", owner=None)
    page = clerk.get(f"/library/book/{id_}")
    assert 'id="act-lend"' in page
    assert "data-why" in page
    wrong = clerk.post(f"/library/book/{id_}/actions/lend", **{"ask.days": "soon"})
    assert wrong.status_code == 422
    assert 'value="soon"' in wrong.text
    missing = clerk.post(f"/library/book/{id_}/actions/lend", **{"ask.to": ""})
    assert missing.status_code == 422
    assert "data-open" in missing.text
    done = clerk.post(f"/library/book/{id_}/actions/lend", **{"ask.to": "Nils"})
    assert done.status_code == 302
    assert library.read("library.book", id_)["borrower"] == "Nils"
    again = clerk.post(f"/library/book/{id_}/actions/lend", **{"ask.to": "Otto"})
    assert again.status_code == 302
    assert library.read("library.book", id_)["borrower"] == "Nils"
    assert clerk.post(f"/library/book/{id_}/actions/burn").status_code == 404


def test_changes_tell_old_and_new_in_words(boss, library):
    id_ = library.make("library.book", title="Old", price="5", kind="novel")
    boss.get(f"/library/book/{id_}/edit")
    boss.post(f"/library/book/{id_}/edit", title="New", kind="poem")
    page = boss.get(f"/library/book/{id_}")
    assert "<del>Novel</del>" in page
    assert "<ins>Poem</ins>" in page
    assert "Vera" in page


def test_archiving_offers_to_take_it_back(boss, library):
    id_ = library.make("library.author", name="Ada")
    boss.get(f"/library/author/{id_}")
    boss.post(f"/library/author/{id_}/archive")
    page = boss.get(f"/library/author/{id_}")
    assert "This record is archived" in page
    assert "data-undo-url" in page
    assert f"/library/author/{id_}/edit" not in page
    boss.post(f"/library/author/{id_}/restore")
    assert "This record is archived" not in boss.get(f"/library/author/{id_}")


def test_a_copy_begins_with_the_values(boss, library):
    id_ = library.make("library.book", title="Tides", price="5", isbn="1")
    page = boss.get(f"/library/book/new?copy={id_}")
    assert 'value="Tides"' in page
    assert 'name="isbn"' in page


def test_deleting_what_is_linked_says_why(boss, library):
    ada = library.make("library.author", name="Ada")
    library.make("library.book", title="Tides", author=ada, price="5")
    boss.get(f"/library/author/{ada}")
    answer = boss.post(f"/library/author/{ada}/delete")
    assert answer.location.endswith(f"/library/author/{ada}")
    assert "It was not deleted." in boss.get(f"/library/author/{ada}")


def test_records_of_others_do_not_exist(clerk, library):
    nils = library.people["nils"]
    id_ = library.make("library.book", title="His", price="5", owner=nils)
    for path in ("", "/edit"):
        clerk.get(f"/library/book/{id_}{path}", 404)
    assert clerk.post(f"/library/book/{id_}/edit", title="X").status_code == 404
    assert clerk.post(f"/library/book/{id_}/delete").status_code in (403, 404)


def test_a_record_costs_few_statements(boss, library):
    ada = library.make("library.author", name="Ada")
    id_ = library.make("library.book", title="Tides", author=ada, price="5")
    boss.get(f"/library/book/{id_}")
    with counting(library.application.database.engine) as statements:
        boss.get(f"/library/book/{id_}")
    assert len(statements) <= 36, "\n".join(map(str, statements))


def test_start_page_and_search(boss, library):
    ada = library.make("library.author", name="Ada Quill")
    page = boss.get("/")
    assert "Ada Quill" in page
    found = boss.client.get("/search?q=quill").json["items"]
    assert found == [] or found[0]["href"] == f"/library/author/{ada}"


def test_apps_are_for_administrators(boss, library):
    boss.get("/apps", 403)
    admin = library.person("admin")
    page = admin.get("/apps")
    assert "library" in page.lower()
    plan = admin.get("/apps/library/disable")
    assert "is turned off, its data is kept" in plan
    admin.get("/apps/library/explode", 404)
    assert admin.post("/apps/library/disable", plan="../../x").status_code == 404
    admin.get("/settings/base", 404)
