"""A write that is repeated with its key happens once."""

import threading
from datetime import UTC, datetime

from core.services.idempotency import KEPT_FOR
from core.storage import tables


def keyed(key):
    return {"Idempotency-Key": key}


def test_a_repeated_create(boss):
    first = boss("POST", "library/book", {"title": "A"}, headers=keyed("k1"))
    again = boss("POST", "library/book", {"title": "A"}, headers=keyed("k1"))
    assert first.status_code == again.status_code == 201
    assert again.data == first.data
    assert again.headers["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first.headers
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert boss.get("library/book/count") == {"count": 1}


def test_another_request_with_the_key(boss, library):
    boss("POST", "library/book", {"title": "A"}, headers=keyed("k1"))
    for method, path, body in (
        ("POST", "library/book", {"title": "B"}),
        ("POST", "library/author", {"title": "A"}),
        ("PATCH", "library/book/1", {"title": "A"}),
        ("DELETE", "library/book/1", None),
        ("POST", "library/book?accept_warnings=1", {"title": "A"}),
    ):
        answer = boss(method, path, body, headers=keyed("k1"))
        assert answer.status_code == 422, (method, path)
        assert answer.json["code"] == "idempotency_key_reused"
    # Keys of other users are others.
    other = library.as_user("mara")
    made = other("POST", "library/book", {"title": "B"}, headers=keyed("k1"))
    assert made.status_code == 201


def test_every_write_takes_a_key(boss):
    book = boss.make("library/book", title="A")
    author = boss.make("library/author", name="J")
    one = f"library/book/{book['id']}"
    for number, (method, path, body) in enumerate(
        (
            ("PATCH", one, {"pages": 7, "version": 1}),
            ("POST", f"{one}/actions/lend", {"ask": {"to": "x"}}),
            ("POST", "library/book/bulk", {"create": [{"title": "B"}]}),
            ("POST", f"library/author/{author['id']}/archive", None),
            ("POST", f"library/author/{author['id']}/restore", None),
            ("DELETE", one, None),
        )
    ):
        first = boss(method, path, body, headers=keyed(f"w{number}"))
        again = boss(method, path, body, headers=keyed(f"w{number}"))
        assert first.status_code < 300, first.text
        assert again.status_code == first.status_code, (method, path)
        assert again.data == first.data
        assert again.headers["Idempotent-Replay"] == "true"
    assert boss.get("library/book/count") == {"count": 1}


def test_a_refused_write_keeps_no_answer(boss):
    wrong = boss("POST", "library/book", {"pages": 5}, headers=keyed("k1"))
    assert wrong.status_code == 422
    right = boss("POST", "library/book", {"title": "A"}, headers=keyed("k1"))
    assert right.status_code == 201


def test_keys_that_are_refused(boss):
    for key in ("", " ", "x" * 256, "schlüssel"):
        answer = boss("POST", "library/book", {"title": "A"}, headers=keyed(key))
        assert answer.status_code == 400, key


def test_the_same_key_at_the_same_time(library):
    """Of many at once one writes; the others get its answer, or are told to wait."""
    answers = []
    start = threading.Barrier(6)
    callers = [library.as_user("vera") for _ in range(6)]

    def send(caller):
        start.wait()
        body = {"create": [{"title": f"B{n}"} for n in range(20)]}
        answers.append(
            caller("POST", "library/book/bulk", body, headers=keyed("together"))
        )

    threads = [threading.Thread(target=send, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [one for one in answers if one.status_code == 200]
    waiting = [one for one in answers if one.status_code == 409]
    assert len(done) + len(waiting) == 6
    assert len({one.data for one in done}) == 1
    assert all(one.json["code"] == "idempotency_key_in_use" for one in waiting)
    assert callers[0].get("library/book/count") == {"count": 20}


def test_a_key_at_work_elsewhere(library):
    """On PostgreSQL the second of two says 409; SQLite lets it wait its turn."""
    database = library.application.database
    if database.kind != "postgresql":
        return
    from core.services.idempotency import claim

    with database.writing() as connection:
        claim(connection, library.people["vera"], "k1", "hash")
        boss = library.as_user("vera")
        answer = boss("POST", "library/book", {"title": "A"}, headers=keyed("k1"))
        assert answer.status_code == 409
        assert answer.json["code"] == "idempotency_key_in_use"
        assert answer.headers["Retry-After"]


def test_old_answers_are_swept(library, boss):
    boss("POST", "library/book", {"title": "A"}, headers=keyed("old"))
    table = tables.idempotency
    with library.application.database.writing() as connection:
        long_ago = datetime.now(UTC) - KEPT_FOR * 2
        connection.execute(table.update().values(at=long_ago))
    boss("POST", "library/book", {"title": "B"}, headers=keyed("new"))
    with library.application.database.reading() as connection:
        keys = connection.scalars(table.select().with_only_columns(table.c.key)).all()
    assert keys == ["new"]
