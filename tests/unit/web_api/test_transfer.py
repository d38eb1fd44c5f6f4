"""Files in and out by the API."""

import io
import json

CSV = b"Title,Pages\nTides,90\nStorm,many\n"


def send(api, body: bytes, kind: str = "text/csv", **query):
    return api(
        "POST",
        "library/book/import",
        body,
        headers={"Content-Type": kind},
        query_string=query,
    )


def titles(api):
    return [row["title"] for row in api.get("library/book")["items"]]


def test_a_file_goes_in(boss):
    tried = send(boss, CSV, dry_run="1")
    assert tried.status_code == 200, tried.text
    assert tried.json["import"] is None
    assert titles(boss) == []
    done = send(boss, CSV).json
    assert (done["rows"], done["created"], done["rejected"]) == (2, 1, 1)
    assert (done["errors"][0]["line"], done["errors"][0]["column"]) == (3, "Pages")
    assert titles(boss) == ["Tides"]
    (run,) = boss.get("imports")["items"]
    assert run["id"] == done["import"]
    assert boss.get(f"imports/{run['id']}")["errors"][0]["line"] == 3
    undone = boss("POST", f"imports/{run['id']}/undo")
    assert (undone.status_code, undone.json["deleted"]) == (200, 1)
    assert boss("POST", f"imports/{run['id']}/undo").status_code == 422
    assert titles(boss) == []


def test_formats(boss):
    body = json.dumps([{"title": "One", "pages": 3}]).encode()
    assert send(boss, body, "application/json").json["created"] == 1
    assert send(boss, b'{"title": "Two"}', "text/plain", format="jsonl").json["created"]
    assert send(boss, b"x", "text/plain").status_code == 415
    assert send(boss, b"x", format="exe").status_code == 400
    assert send(boss, b"broken", "application/json").status_code == 422
    assert send(boss, CSV, unknown="1").status_code == 400
    out = boss("GET", "library/book/export", query_string={"format": "json"})
    assert [row["title"] for row in json.loads(out.data)] == ["One", "Two"]
    assert "library-book.json" in out.headers["Content-Disposition"]
    query = {"format": "xlsx", "fields": "title", "filter": "pages == 3"}
    from openpyxl import load_workbook

    book = boss("GET", "library/book/export", query_string=query)
    cells = [
        cell.value
        for row in load_workbook(io.BytesIO(book.data)).active
        for cell in row
    ]
    assert cells == ["Title", "One"]


def test_rights(boss, clerk, library):
    assert send(clerk, CSV).status_code == 403
    assert clerk("GET", "library/book/export").status_code == 403
    number = send(boss, CSV).json["import"]
    assert clerk("GET", f"imports/{number}").status_code == 404
    key = library.with_key("vera", "read")
    assert send(key, CSV).status_code == 403
    assert key("POST", f"imports/{number}/undo").status_code == 403


def test_personal_data_is_handed_out_with_rights(boss, clerk):
    book = boss.make("library/book", title="Tides", secret="under the floor")
    found = boss.get(f"library/book/{book['id']}/personal-data")
    assert found["title"] == "Tides"
    assert found["history"][0]["action"] == "created"
    assert clerk("GET", f"library/book/{book['id']}/personal-data").status_code == 403
    erased = boss("POST", f"library/book/{book['id']}/erase")
    assert (erased.status_code, erased.json["code"]) == (422, "no_retention")
