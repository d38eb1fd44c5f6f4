"""Files over the API: uploaded, set, opened by who may read record and field."""

import io
import json

import pytest
from PIL import Image

PDF = b"%PDF-1.4\n%%EOF\n"


def png(size=(30, 20)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (1, 2, 3)).save(target, "PNG")
    return target.getvalue()


def body(record, parts) -> bytes:
    """A multipart body, written by hand so that no temporary file is needed."""
    found = []
    if record is not None:
        found.append(('name="record"', json.dumps(record).encode()))
    for name, files in parts.items():
        for called, content in files:
            found.append((f'name="{name}"; filename="{called}"', content))
    head = "--edge\r\nContent-Disposition: form-data; {}\r\n\r\n"
    lines = [head.format(told).encode() + text + b"\r\n" for told, text in found]
    return b"".join(lines) + b"--edge--\r\n"


def send(api, path, method="POST", record=None, **parts):
    return api.client.open(
        f"/api/v1/{path}",
        method=method,
        data=body(record, parts),
        content_type="multipart/form-data; boundary=edge",
        headers=api.headers,
    )


def upload(api, name, content, **query) -> dict:
    response = send(api, "files", file=[(name, content)])
    assert response.status_code == 201, response.text
    return response.json


@pytest.fixture
def poster(clerk):
    made = upload(clerk, "cat.png", png())
    return clerk.make("library/poster", name="Cat", photo={"id": made["id"]})


def test_an_upload_is_set_by_its_id_and_opened(clerk, poster):
    photo = clerk.get(f"library/poster/{poster['id']}")["photo"]
    assert photo["name"] == "cat.png"
    assert photo["media_type"] == "image/png"
    response = clerk("GET", f"library/poster/{poster['id']}/files/photo")
    assert response.data == png()
    headers = response.headers
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"].startswith('attachment; filename="cat.png"')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-cache" in headers["Cache-Control"]
    again = clerk(
        "GET",
        f"library/poster/{poster['id']}/files/photo",
        headers={"If-None-Match": headers["ETag"]},
    )
    assert (again.status_code, again.data) == (304, b"")
    small = clerk("GET", f"library/poster/{poster['id']}/files/photo?small=1")
    assert small.content_type == "image/webp"
    assert small.data[8:12] == b"WEBP"


def test_neither_id_nor_hash_opens_a_file_of_others(library, clerk, poster):
    sha256 = poster["photo"]["sha256"]
    nils = library.as_user("nils")
    for tail in ("photo", f"photo/{sha256}"):
        answer = nils("GET", f"library/poster/{poster['id']}/files/{tail}")
        assert answer.status_code == 404
    mine = nils.make("library/poster", name="Mine")
    answer = nils("GET", f"library/poster/{mine['id']}/files/photo/{sha256}")
    assert answer.status_code == 404
    made = upload(clerk, "dog.png", png((9, 9)))
    for raw in (made["id"], {"id": made["id"]}, poster["photo"]):
        answer = nils("PATCH", f"library/poster/{mine['id']}", {"photo": raw})
        assert answer.status_code == 422
        assert answer.json["errors"][0]["code"] == "unknown_file"
    stranger = library.stranger()
    answer = stranger("GET", f"library/poster/{poster['id']}/files/photo")
    assert answer.status_code == 401
    assert send(stranger, "files", file=[("a.txt", b"x")]).status_code == 401


def test_the_right_to_the_field_holds(library, clerk, boss, poster):
    made = upload(boss, "contract.pdf", PDF)
    path = f"library/poster/{poster['id']}"
    assert boss("PATCH", path, {"contract": {"id": made["id"]}}).status_code == 200
    assert boss("GET", f"{path}/files/contract").data == PDF
    assert clerk("GET", f"{path}/files/contract").status_code == 404
    assert "contract" not in clerk.get(path)


def test_a_record_in_parts(clerk):
    made = send(
        clerk,
        "library/poster",
        record={"name": "Cat"},
        photo=[("cat.png", png())],
        papers=[("one.pdf", PDF), ("two.txt", b"hello")],
    )
    assert made.status_code == 201, made.text
    assert [one["name"] for one in made.json["papers"]] == ["one.pdf", "two.txt"]
    path = f"library/poster/{made.json['id']}"
    second = made.json["papers"][1]["sha256"]
    assert clerk("GET", f"{path}/files/papers/{second}").data == b"hello"
    kept = made.json["papers"][:1]
    changed = send(
        clerk,
        path,
        "PATCH",
        record={"papers": kept},
        papers=[("three.txt", b"three")],
    )
    assert [one["name"] for one in changed.json["papers"]] == ["one.pdf", "three.txt"]
    emptied = clerk("PATCH", path, {"papers": [], "photo": None})
    assert (emptied.json["papers"], emptied.json["photo"]) == (None, None)


def test_a_refused_record_leaves_no_upload(library, clerk):
    from core.storage import file

    before = len(all_rows(library, file))
    refused = send(clerk, "library/poster", record={}, photo=[("cat.png", png())])
    assert refused.status_code == 422
    assert len(all_rows(library, file)) == before


def all_rows(library, table):
    with library.application.database.reading() as connection:
        return connection.execute(table.select()).all()


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ({"photo": [("cat.png", b"<html><script>")]}, 422, "mismatched_type"),
        ({"photo": [("cat.png", b"")]}, 422, "empty_file"),
        ({"photo": [("a.txt", b"hello")]}, 422, "wrong_media_type"),
        ({"photo": [("a.png", png()), ("b.png", png())]}, 400, "bad_request"),
        ({"name": [("a.png", png())]}, 400, "bad_request"),
        ({"contract": [("a.pdf", PDF)]}, 400, "bad_request"),
        ({"nothing": [("a.pdf", PDF)]}, 400, "bad_request"),
        ({"papers": [("a.bin", b"\x00\x01")]}, 422, "wrong_media_type"),
    ],
)
def test_parts_that_are_refused(clerk, parts, status, code):
    answer = send(clerk, "library/poster", record={"name": "Cat"}, **parts)
    assert answer.status_code == status, answer.text
    told = answer.json["errors"][0] if status == 422 else answer.json
    assert told["code"] == code


def test_limits_are_told_at_once(clerk):
    large = png() + b"\x00" * 1_000_001
    answer = send(clerk, "files?for=library.poster.photo", file=[("a.png", large)])
    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == "too_large"
    assert "1 MB" in answer.json["detail"]
    assert send(clerk, "files", file=[("a.png", large)]).status_code == 201
    answer = send(clerk, "files", file=[("a.txt", b"x" * 25_000_001)])
    assert answer.status_code == 422
    assert "25 MB" in answer.json["detail"]
    for named, status in (
        ("library.poster.contract", 403),
        ("library.poster.name", 400),
        ("nothing.at.all", 400),
    ):
        answer = send(clerk, f"files?for={named}", file=[("a.txt", b"x")])
        assert answer.status_code == status
    assert send(clerk, "files", other=[("a.txt", b"x")]).status_code == 400


def test_scopes_and_readers(library):
    reading = library.with_key("mara", "read")
    assert send(reading, "files", file=[("a.txt", b"x")]).status_code == 403
    posters = library.with_key("mara", "library.poster:write")
    assert send(posters, "files", file=[("a.txt", b"x")]).status_code == 201
    guest = library.as_user("gus")
    assert send(guest, "files", file=[("a.txt", b"x")]).status_code == 403


def test_the_same_upload_twice_with_one_key(clerk):
    clerk.headers["Idempotency-Key"] = "poster-1"
    first, second = (
        send(clerk, "library/poster", record={"name": "Cat"}, photo=[("a.png", png())])
        for _ in range(2)
    )
    assert first.status_code == second.status_code == 201
    assert second.headers["Idempotent-Replay"] == "true"
    assert first.json["id"] == second.json["id"]
    other = send(
        clerk, "library/poster", record={"name": "Dog"}, photo=[("b.png", png())]
    )
    assert other.status_code == 422


def test_an_export_gives_the_names(library, clerk, poster):
    from core.exchange import export_records
    from core.services import Actor, Query

    target = io.BytesIO()
    query = Query(fields=("name", "photo"))
    export_records(library.application, Actor.system(), "library.poster", query, target)
    assert target.getvalue().decode("utf-8-sig").splitlines()[1] == "Cat,cat.png"
