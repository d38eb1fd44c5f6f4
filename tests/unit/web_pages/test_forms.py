"""Forms: saving, errors beside their fields, warnings, conflicts, drafts, pickers."""

from __future__ import annotations

import re

from core.services import Actor
from core.web.accounts import set_locale

BOOK = {
    "title": "Tides",
    "kind": "poem",
    "currency": "1",
    "price": "1,234.50",
    "pages": "96",
    "published": "2024-05-17",
    "seen": "2024-05-17T10:30",
    "signed": ["", "1"],
    "_lines-editions": "1",
}


def currency(library) -> str:
    with library.application.reader(Actor.system()) as reader:
        return str(reader.resolve("base.currency", "EUR"))


def sent(library, **changes):
    return {**BOOK, "currency": currency(library), **changes}


def id_of(answer) -> int:
    assert answer.status_code == 302, answer.text
    return int(answer.location.rpartition("/")[2])


def test_a_new_form_has_its_defaults(boss):
    page = boss.get("/library/book/new")
    assert '<option value="novel" selected>' in page
    assert "EUR" in page
    assert "data-evaluate-url" in page


def test_values_are_read_as_written(boss, library):
    boss.get("/library/book/new")
    id_ = id_of(boss.post("/library/book", **sent(library)))
    record = library.read("library.book", id_)
    assert str(record["price"]) == "1234.5000"
    assert record["signed"] is True
    assert record["published"].isoformat() == "2024-05-17"
    page = boss.get(f"/library/book/{id_}")
    assert '1,234.50<span class="cur">EUR</span>' in page
    assert "TIDES" in page


def test_lines_are_saved_with_their_document(boss, library):
    boss.get("/library/book/new")
    lines = {
        "lines": "",
        "editions-0-id": "",
        "editions-0-year": "1999",
        "editions-0-copies": "3",
        "editions-0-price": "10",
        "editions-7-id": "",
        "editions-7-year": "2001",
        "editions-7-copies": "1",
        "editions-7-price": "5.50",
    }
    id_ = id_of(boss.post("/library/book", **sent(library, **lines)))
    rows = library.read("library.book", id_).relations["editions"]
    assert [row["year"] for row in rows] == [1999, 2001]
    page = boss.get(f"/library/book/{id_}")
    assert '35.50<span class="cur">EUR</span>' in page


def test_errors_stand_at_their_fields_and_nothing_is_lost(boss, library):
    boss.get("/library/book/new")
    wrong = sent(
        library,
        title="",
        pages="lots",
        **{
            "editions-4-id": "",
            "editions-4-year": "soon",
            "editions-4-copies": "2",
            "blurb": "kept as typed",
        },
    )
    answer = boss.post("/library/book", **wrong)
    assert answer.status_code == 422
    page = answer.text
    assert 'id="f-pages-error"' in page
    assert 'value="lots"' in page
    assert 'value="soon"' in page
    assert 'name="editions-4-year"' in page
    assert "kept as typed" in page
    assert 'value="1,234.50"' in page
    right = {**wrong, "pages": "3", "editions-4-year": "2000"}
    answer = boss.post("/library/book", **right)
    assert answer.status_code == 422
    assert "Title is required." in answer.text
    assert 'id="f-title-error"' in answer.text


def test_a_broken_rule_is_told_at_its_field(boss, library):
    boss.get("/library/book/new")
    answer = boss.post("/library/book", **sent(library, pages="600"))
    assert answer.status_code == 422
    assert "No poem has 600 pages." in answer.text


def test_a_warning_asks_once(boss, library):
    boss.get("/library/book/new")
    values = sent(library, price="0")
    page = boss.post("/library/book", **values).text
    assert "A book for nothing?" in page
    assert 'name="_accept"' in page
    assert id_of(boss.post("/library/book", **values, _accept="1"))


def test_a_newer_version_is_settled_field_by_field(boss, library):
    id_ = library.make("library.book", title="Old", price="5", pages=10)
    page = boss.get(f"/library/book/{id_}/edit")
    version = re.search(r'name="_version" value="(\d+)"', page)[1]
    with library.application.transaction(Actor.system()) as tx:
        tx.update("library.book", id_, {"pages": 20})
    values = sent(library, title="Mine", pages="10", kind="novel", price="5")
    answer = boss.post(f"/library/book/{id_}/edit", **values, _version=version)
    assert answer.status_code == 409
    assert "Somebody else saved first" in answer.text
    assert 'data-take="title"' in answer.text
    assert 'data-take="pages"' in answer.text
    # Pages came back as they had been opened: the stored ones are proposed.
    assert 'value="theirs" checked data-take="pages"' in answer.text
    assert 'value="mine" checked data-take="title"' in answer.text
    again = re.search(r'name="_version" value="(\d+)"', answer.text)[1]
    assert again != version
    done = boss.post(f"/library/book/{id_}/edit", title="Mine", _version=again)
    assert done.status_code == 302
    record = library.read("library.book", id_)
    assert (record["title"], record["pages"]) == ("Mine", 20)


def test_a_draft_is_worked_out_without_writing(boss, library):
    boss.get("/library/book/new")
    answer = boss.post(
        "/library/book/evaluate",
        **sent(
            library,
            title="wave",
            **{"editions-3-id": "", "editions-3-price": "4", "editions-3-copies": "2"},
        ),
        _changed="title",
    ).json
    assert answer["values"]["shout"]["title"] == "WAVE"
    assert answer["values"]["editions-3-value"]["title"] == "8.00 EUR"
    assert answer["values"]["worth"]["title"] == "8.00 EUR"
    assert answer["visible"]["borrower"] is False
    assert answer["readonly"]["state"] is True
    assert answer["required"]["title"] is True
    with library.application.database.reading() as connection:
        table = library.application.compiled.tables["library.book"]
        assert connection.execute(table.select()).first() is None


def test_pickers_offer_what_fits(boss, library):
    ada = library.make("library.author", name="Ada Quill")
    library.make("library.author", name="Ben Quill")
    found = boss.client.get("/library/author/lookup/mentor?q=quill&name=Ben+Quill").json
    assert [one["title"] for one in found["items"]] == ["Ada Quill"]
    about = boss.client.get("/library/book/lookup/about?q=ada").json["items"]
    assert about[0]["id"] == f"library.author:{ada}"
    assert boss.client.get("/library/book/lookup/title").status_code == 404


def test_references_tags_and_links_are_kept(boss, library):
    ada = library.make("library.author", name="Ada")
    other = library.make("library.book", title="Other", price="5")
    boss.get("/library/book/new")
    more = {
        "about": f"library.author:{ada}",
        "tags": ["", "sea", "salt"],
        "similar": ["", str(other)],
    }
    id_ = id_of(boss.post("/library/book", **sent(library, **more)))
    record = library.read("library.book", id_)
    assert record["about"] == ("library.author", ada)
    assert len(record["tags"]) == 2
    assert record["similar"] == (other,)
    page = boss.get(f"/library/book/{id_}/edit")
    assert f'value="library.author:{ada}"' in page
    for tag in record["tags"]:
        assert f'name="tags" value="{tag}"' in page
    assert f'name="similar" value="{other}"' in page
    boss.post(f"/library/book/{id_}/edit", tags=[""], _version=record["version"])
    assert library.read("library.book", id_)["tags"] == ()


def test_a_form_without_the_right_is_closed(library):
    id_ = library.make("library.book", title="B", price="5", owner=None)
    reader = library.person("otto")
    reader.get("/library/book/new", 403)
    assert reader.client.get(f"/library/book/{id_}/edit").status_code == 302
    reader.get(f"/library/book/{id_}")
    assert reader.post(f"/library/book/{id_}/edit", title="X").status_code == 403
    assert reader.post("/library/book", title="X").status_code == 403


def test_sensitive_fields_stay_hidden(clerk, boss, library):
    id_ = library.make("library.book", title="B", price="5", secret="hush", owner=None)
    assert "hush" not in clerk.get(f"/library/book/{id_}")
    assert "hush" not in clerk.get(f"/library/book/{id_}/edit")
    assert "hush" in boss.get(f"/library/book/{id_}")


def test_a_german_reader_writes_german_numbers(library):
    set_locale(
        library.application.database, library.people["vera"], "de", "Europe/Berlin"
    )
    try:
        vera = library.person("vera")
        page = vera.get("/library/book/new")
        assert "Speichern" in page
        values = sent(library, price="1.234,50")
        id_ = id_of(vera.post("/library/book", **values))
        record = library.read("library.book", id_)
        assert str(record["price"]) == "1234.5000"
        assert record["seen"].isoformat() == "2024-05-17T08:30:00+00:00"
        assert "Title fehlt." in vera.post("/library/book", title="").text
    finally:
        set_locale(library.application.database, library.people["vera"], "en", "UTC")
