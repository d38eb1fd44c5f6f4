"""The import wizard and the export of what a list shows."""

from __future__ import annotations

import io
import re

import pytest

CSV = "Title,ISBN,Kind,Price,Pages\nTides,11,poem,12.50,90\nStorm,12,novel,8,abc\n"


def upload(person, text: str, entity: str = "library.book"):
    person.get("/import")
    return person.client.post(
        "/import",
        data={
            "csrf_token": person.token,
            "entity": entity,
            "file": (io.BytesIO(text.encode()), "books.csv"),
        },
        content_type="multipart/form-data",
    )


def choices(page: str) -> dict[str, str]:
    """The mapping that the page shows: name of the select -> chosen place."""
    found = {}
    for name, options in re.findall(
        r'<select class="i-select" name="(column-\d+)"[^>]*>(.*?)</select>', page, re.S
    ):
        hit = re.search(r'<option value="([^"]*)" selected>', options)
        found[name] = hit[1] if hit else ""
    return found


def test_a_file_is_tried_out_and_taken_over(boss, library):
    answer = upload(boss, CSV)
    assert answer.status_code == 302, answer.text
    page = boss.get(answer.location)
    mapping = choices(page)
    assert list(mapping.values()) == ["title", "isbn", "kind", "price", "pages"]
    trial = boss.post(answer.location, _do="try", key="isbn", **mapping)
    assert trial.status_code == 200, trial.text
    assert "Nothing was written yet." in trial.text
    assert "Line 3" in trial.text
    assert "Tides" not in boss.get("/library/book?tab=all")
    done = boss.post(answer.location, _do="import", key="isbn", **mapping)
    assert done.status_code == 200
    assert "Some rows were rejected" in done.text
    assert "Tides" in boss.get("/library/book?tab=all")
    rejects = boss.client.get(f"{answer.location}/rejected")
    assert rejects.status_code == 200
    assert "Storm" in rejects.text
    assert "Tides" not in rejects.text
    rejects.close()
    again = boss.post(answer.location, _do="import", key="isbn", **mapping)
    assert "Unchanged" in again.text


def test_a_clean_file_leads_to_the_list(boss, library):
    answer = upload(boss, "Title,Price\nTides,5\n")
    mapping = choices(boss.get(answer.location))
    done = boss.post(answer.location, _do="import", **mapping)
    assert done.status_code == 302
    assert "1 created, 0 changed." in boss.get("/library/book?tab=all")


@pytest.mark.parametrize("text", ["", "\x00\x01\x02binary", "Title\n"])
def test_what_is_no_table_is_said(boss, library, text):
    answer = upload(boss, text)
    if answer.status_code == 302:
        answer = boss.client.get(answer.location)
    assert answer.status_code in (200, 422)


def test_files_of_others_and_names_that_lead_away_are_not_there(boss, library):
    answer = upload(boss, CSV)
    admin = library.person("admin")
    admin.get(answer.location, 404)
    boss.get("/import/library.book/..%2F..%2Fsecret.key", 404)
    boss.get("/import/library.book/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 404)
    boss.get("/import/library.nothing/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 404)
    assert upload(library.person("otto"), CSV).status_code == 422


def test_the_export_is_what_the_list_shows(boss, clerk, library):
    for title in ("=1+1", "Tides"):
        library.make("library.book", title=title, kind="poem", price="5", owner=None)
    library.make("library.book", title="Storm", kind="novel", price="5", owner=None)
    boss.get("/library/book?tab=all")
    boss.post("/library/book/columns", column=["title", "kind"])
    answer = boss.client.get("/library/book/export?tab=all&f=kind:is:poem")
    boss.post("/library/book/columns", reset="1")
    assert answer.mimetype == "text/csv"
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert lines[0] == "Title,Kind"
    assert sorted(lines[1:]) == ["'=1+1,Poem", "Tides,Poem"]
    assert clerk.client.get("/library/book/export").status_code == 403


def test_chosen_rows_are_exported(boss, library):
    ids = [library.make("library.book", title=f"B{n}", price="5") for n in range(3)]
    boss.get("/library/book?tab=all")
    answer = boss.post("/library/book/bulk?tab=all", action="export", ids=ids[1:])
    text = answer.get_data().decode("utf-8-sig")
    assert "B0" not in text
    assert "B2" in text
