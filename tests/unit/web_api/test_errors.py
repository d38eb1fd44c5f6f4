"""Every error of the API: its status, its shape, and that it tells nothing else."""

import pytest

MEMBERS = {
    *("type", "title", "status", "detail", "instance", "code", "errors"),
    "correlation_id",
}


def check(answer, status, code):
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    problem = answer.json
    assert set(problem) >= MEMBERS
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"/problems/{code}"
    assert problem["detail"]
    assert problem["correlation_id"] == answer.headers.get(
        "X-Correlation-Id", problem["correlation_id"]
    )
    return problem


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "JSON object"),
        (b"{", "not JSON"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
        (b'"x"', "JSON object"),
        (b'{"title": NaN}', "NaN"),
        (b'{"price": Infinity}', "Infinity"),
        (b'{"price": -Infinity}', "Infinity"),
        (b'{"price": 1e400}', "1e400"),
        (b'{"price": 1e-400}', "1e-400"),
        (b'{"price": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"title": "a", "title": "b"}', "twice"),
        (b'{"facts": {"a": 1, "a": 2}}', "twice"),
        (b'{"facts": ' + b"[" * 100 + b"]" * 100 + b"}", "levels"),
        (b"[" * 100_000, "levels"),
        (b'{"title": "a\\u0000b"}', "cannot be kept"),
        (b'{"title": "\\ud800"}', "cannot be kept"),
        (b'{"title": "\xff"}', "UTF-8"),
        (b'{"title": "a\x00b"}', "not JSON"),
    ],
)
def test_malformed_json(boss, body, words):
    problem = check(boss("POST", "library/book", body), 400, "malformed_json")
    assert words in problem["detail"]


def test_media_type_and_size(boss):
    text = {"Content-Type": "text/plain"}
    answer = boss("POST", "library/book", b'{"title": "x"}', headers=text)
    check(answer, 415, "unsupported_media_type")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    check(
        boss("POST", "library/book", b"title=x", headers=form),
        415,
        "unsupported_media_type",
    )
    large = b'{"title": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    check(boss("POST", "library/book", large), 413, "too_large")


def test_addresses(boss):
    check(boss("GET", "library/bok"), 404, "not_found")
    assert "library.book" in boss("GET", "library/bok").json["detail"]
    check(boss("GET", "nothing"), 404, "not_found")
    check(boss("GET", "/api/v2/library/book"), 404, "not_found")
    check(boss("GET", "library/book/abc"), 404, "not_found")
    check(boss("GET", "library/book/-1"), 404, "not_found")
    problem = check(boss("PUT", "library/book/1", {}), 405, "method_not_allowed")
    assert problem["instance"] == "/api/v1/library/book/1"
    assert "PATCH" in boss("PUT", "library/book/1", {}).headers["Allow"]


def test_unknown_fields(boss):
    problem = check(
        boss("POST", "library/book", {"titel": "x"}), 422, "validation_failed"
    )
    told = {one["field"]: one for one in problem["errors"]}
    assert told["titel"]["code"] == "unknown_field"
    assert "title" in told["titel"]["message"]


WRONG = (
    ("shout", "X"),
    ("state", "lent"),
    ("id", 7),
    ("version", 3),
    ("created_at", "2026-01-01T00:00:00Z"),
    ("archived", True),
    ("kind", "nothing"),
    ("pages", 0),
    ("pages", 1.5),
    ("pages", 2**70),
    ("price", "-1"),
    ("price", "1e10"),
    ("price", True),
    ("price", {}),
    ("rating", "11"),
    ("title", "x" * 201),
    ("title", "a\nb"),
    ("title", {"a": 1}),
    ("published", "2026-02-30"),
    ("seen", "yesterday"),
    ("author", 999),
    ("author", "Jane"),
    ("author", -1),
    ("author", 2**80),
    ("about", {"entity": "base.tag", "id": 1}),
    ("about", {"entity": "library.author", "id": 99}),
    ("about", "x"),
    ("similar", [999]),
    ("similar", [[1]]),
    ("editions", {"year": 1}),
    ("editions", [1]),
    ("editions", [{"yaer": 1900}]),
    ("editions", [{"id": 77, "year": 1900}]),
    ("editions", [{"year": 1900, "value": 1}]),
    ("editions", [{"year": 1900}] * 21),
)


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_values_that_cannot_be_taken(boss, field, value):
    answer = boss("POST", "library/book", {"title": "Good", field: value})
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"]
    assert boss.get("library/book/count") == {"count": 0}


def test_a_taken_value(boss):
    boss.make("library/book", title="A", isbn="1")
    answer = boss("POST", "library/book", {"title": "B", "isbn": "1"})
    problem = check(answer, 422, answer.json["code"])
    assert problem["errors"][0]["field"] == "isbn"


def test_rules_and_warnings(boss):
    body = {"title": "A", "kind": "poem", "pages": 600}
    problem = check(boss("POST", "library/book", body), 422, "rule_broken")
    assert problem["only_warnings"] is False
    assert problem["errors"][0] == {
        "field": "pages",
        "path": ["pages"],
        "code": "library.book/poem_short",
        "message": "No poem has 600 pages.",
        "because": ["Pages is 600"],
        "level": "error",
    }
    free = {"title": "A", "price": "0"}
    problem = check(boss("POST", "library/book", free), 422, "rule_broken")
    assert problem["only_warnings"] is True
    assert problem["errors"][0]["level"] == "warn"
    taken = boss("POST", "library/book", free, query_string={"accept_warnings": 1})
    assert taken.status_code == 201


def test_stale_records(boss):
    book = boss.make("library/book", title="A")
    address = f"library/book/{book['id']}"
    assert boss("PATCH", address, {"title": "B", "version": 1}).status_code == 200
    for headers, body in (
        ({}, {"pages": 5, "version": 1}),
        ({"If-Match": '"1"'}, {"pages": 5}),
        ({"If-Match": 'W/"1-abcdef"'}, {"pages": 5}),
    ):
        answer = boss("PATCH", address, body, headers=headers)
        problem = check(answer, 409, "stale_record")
        assert problem["version"] == 2
        assert "title" in problem["changed"]
    answer = boss("DELETE", address, headers={"If-Match": '"1"'})
    check(answer, 409, "stale_record")
    assert boss.get(address)["version"] == 2


def test_versions_that_are_not_understood(boss):
    book = boss.make("library/book", title="A")
    address = f"library/book/{book['id']}"
    for tag in ("1", '"a"', '"1', '"1", "2"', "W/1", '""', '"99999999999"'):
        answer = boss("PATCH", address, {"pages": 5}, headers={"If-Match": tag})
        check(answer, 400, "bad_request")
    answer = boss(
        "PATCH", address, {"pages": 5, "version": 2}, headers={"If-Match": '"1"'}
    )
    check(answer, 400, "bad_request")
    for version in ("1", 1.5, True, -1, 0, [], 2**40):
        answer = boss("PATCH", address, {"pages": 5, "version": version})
        check(answer, 422, "validation_failed")
    assert boss("PATCH", address, {"pages": 5, "id": 99}).status_code == 422
    anyway = boss("PATCH", address, {"pages": 5}, headers={"If-Match": "*"})
    assert anyway.status_code == 200
    same = boss("PATCH", address, {"pages": 6, "id": book["id"]})
    assert same.status_code == 200


def test_entity_tags(boss):
    author = boss.make("library/author", name="Jane")
    made = boss("POST", "library/book", {"title": "A", "author": author["id"]})
    address = made.headers["Location"]
    first = boss("GET", address)
    assert first.headers["ETag"] == made.headers["ETag"]
    assert first.headers["ETag"].startswith('"1-')
    known = {"If-None-Match": first.headers["ETag"]}
    same = boss("GET", address, headers=known)
    assert same.status_code == 304
    assert same.data == b""
    weak = {"If-None-Match": f'"x", W/{first.headers["ETag"]}'}
    assert boss("GET", address, headers=weak).status_code == 304
    changed = boss(
        "PATCH", address, {"pages": 5}, headers={"If-Match": first.headers["ETag"]}
    )
    assert changed.status_code == 200
    assert boss("GET", address, headers=known).status_code == 200
    # A new title of a linked record is a new answer of the same version.
    titled = boss("GET", address, query_string={"titles": 1})
    boss("PATCH", f"library/author/{author['id']}", {"name": "Joan"})
    again = boss(
        "GET",
        address,
        query_string={"titles": 1},
        headers={"If-None-Match": titled.headers["ETag"]},
    )
    assert again.status_code == 200
    assert again.json["author"]["title"] == "Joan"


def test_a_fault_of_ours_tells_only_its_number(boss, library, monkeypatch, caplog):
    from core.services import Reader

    def broken(*_args, **_more):
        raise RuntimeError("the combination is 1234")

    monkeypatch.setattr(Reader, "search", broken)
    problem = check(boss("GET", "library/book"), 500, "internal_error")
    assert "1234" not in str(problem)
    assert problem["correlation_id"] in caplog.text
    assert "1234" in caplog.text


def test_a_database_that_is_away(boss, monkeypatch):
    from core.services import Reader, Unavailable

    def away(*_args, **_more):
        raise Unavailable("The database is locked. Try again.", reason="locked")

    monkeypatch.setattr(Reader, "search", away)
    answer = boss("GET", "library/book")
    check(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_list_is_read_only_by_its_reader(boss):
    answer = boss("GET", "library/book")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer.headers["Vary"]
    assert boss("HEAD", "library/book").status_code == 200
    assert boss("OPTIONS", "library/book").status_code == 200
