"""The import wizard and the export of what a list shows."""

from __future__ import annotations

import io
import json
import re
import time

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


def test_ids_of_another_system_are_called_so_and_doubling_is_warned_of(boss, library):
    answer = upload(boss, "BookID,Title\n7,Tides\n")
    page = boss.get(answer.location)
    assert choices(page) == {"column-0": "@book_id", "column-1": "title"}
    assert page.count("Id in the other system (book_id)") == 3
    trial = boss.post(answer.location, _do="try", key="", **{"column-1": "title"})
    assert "taking this file again doubles them" in trial.text


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


def test_an_import_is_listed_and_undone(boss, clerk, library):
    answer = upload(boss, "Title,Price\nTides,5\nStorm,6\n")
    boss.post(answer.location, _do="import", **choices(boss.get(answer.location)))
    number = re.findall(r'href="/imports/(\d+)">books.csv', boss.get("/imports"))[0]
    assert "books.csv" not in clerk.get("/imports")
    clerk.get(f"/imports/{number}", 404)
    assert clerk.post(f"/imports/{number}/undo").status_code == 404
    assert "Undo" in boss.get(f"/imports/{number}")
    assert boss.post(f"/imports/{number}/undo").status_code == 302
    page = boss.get(f"/imports/{number}")
    assert "2 deleted, 0 restored" in page
    assert "Tides" not in boss.get("/library/book?tab=all")


def test_a_big_file_runs_beside_the_page(boss, library, monkeypatch):
    from core.web.pages import import_page

    monkeypatch.setattr(import_page, "BIG", 10)
    answer = upload(boss, CSV)
    mapping = choices(boss.get(answer.location))
    started = boss.post(answer.location, _do="import", **mapping)
    assert started.location == f"{answer.location}/progress"
    for _ in range(300):
        shown = boss.client.get(started.location)
        if "Refresh" not in shown.headers:
            break
        time.sleep(0.05)
    assert "Some rows were rejected" in shown.text
    assert "Line 3" in shown.text
    assert "Tides" in boss.get("/library/book?tab=all")


def test_a_lost_import_can_go_on(boss, library, monkeypatch):
    from core.web.pages import import_files, import_page

    monkeypatch.setattr(import_page, "BIG", 10)
    answer = upload(boss, CSV)
    mapping = choices(boss.get(answer.location))
    boss.post(answer.location, _do="import", **mapping)
    home = library.application.config.home
    for _ in range(300):
        name = answer.location.rpartition("/")[2]
        (path,) = home.glob(f"imports/*{name}.state")
        if json.loads(path.read_text())["state"] == "done":
            break
        time.sleep(0.05)
    state = json.loads(path.read_text()) | {"state": "running", "rows": 1, "share": 0}
    path.write_text(json.dumps(state))
    monkeypatch.setattr(import_files, "_SILENT", -1)
    page = boss.get(f"{answer.location}/progress")
    assert "going on doubles nothing" in page


def test_workbooks_have_sheets_and_exports_formats(boss, library):
    from openpyxl import Workbook, load_workbook

    made = Workbook()
    made.active.append(["Nothing"])
    second = made.create_sheet("Books")
    second.append(["Title", "Price"])
    second.append(["Tides", 5.25])
    file = io.BytesIO()
    made.save(file)
    boss.get("/import")
    answer = boss.client.post(
        "/import",
        data={
            "csrf_token": boss.token,
            "entity": "library.book",
            "file": (io.BytesIO(file.getvalue()), "books.xlsx"),
        },
        content_type="multipart/form-data",
    )
    assert "?sheet=Books" in boss.get(answer.location)
    mapping = choices(boss.get(f"{answer.location}?sheet=Books"))
    done = boss.post(f"{answer.location}?sheet=Books", _do="import", **mapping)
    assert done.status_code == 302
    out = boss.client.get("/library/book/export?tab=all&format=xlsx")
    sheet = load_workbook(io.BytesIO(out.get_data())).active
    assert "Tides" in {cell.value for row in sheet for cell in row}
    assert boss.client.get("/library/book/export?format=exe").status_code == 400
