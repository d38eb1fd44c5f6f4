"""Mappings through the API: run, preview, and whom they are refused."""


def book(api, **values):
    values = {"title": "Ode", "kind": "poem", "pages": 10, **values}
    editions = [{"year": 1999, "copies": 3, "price": "2.00"}, {"year": 2001}]
    return api.make("library/book", editions=editions, **values)


def run(api, *records, **body):
    return api("POST", "mappings/library.reprint", {"records": list(records), **body})


def test_a_record_becomes_another(boss):
    made = book(boss)
    answer = run(boss, made["id"], ask={"year": 2026})
    assert answer.status_code == 201, answer.text
    found = answer.json["items"][0]
    assert (found["sources"], found["entity"]) == ([made["id"]], "library.book")
    copy = boss.get(f"library/book/{found['id']}")
    assert copy["title"] == "Ode again"
    assert [(row["year"], row["copies"]) for row in copy["editions"]] == [
        (2026, 3),
        (2026, 1),
    ]


def test_less_is_taken_and_shown_before(boss):
    made = book(boss)
    row = boss.get(f"library/book/{made['id']}")["editions"][0]["id"]
    body = {"ask": {"year": 2026}, "take": {"editions": {str(row): 2}}}
    answer = run(boss, made["id"], **body, preview=True)
    assert answer.status_code == 200, answer.text
    shown = answer.json["items"][0]
    assert shown["values"]["title"] == "Ode again"
    assert [line["values"]["copies"] for line in shown["lines"]] == [2]
    assert boss.get("library/book/count") == {"count": 1}
    body["take"]["editions"][str(row)] = 4
    assert run(boss, made["id"], **body).status_code == 422


def test_what_is_missing_or_not_possible_is_said(boss):
    made = book(boss)
    answer = run(boss, made["id"])
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "year"
    manual = book(boss, kind="manual", title="How")
    answer = run(boss, manual["id"], ask={"year": 1})
    assert (answer.status_code, answer.json["code"]) == (409, "transition_refused")
    assert boss("POST", "mappings/library.reprunt", {"records": [1]}).status_code == 404
    assert run(boss).status_code == 422
    assert run(boss, made["id"] + 99, ask={"year": 1}).status_code == 404


def test_nobody_maps_what_he_may_not_see(library, boss):
    made = book(boss)
    assert run(library.stranger(), made["id"], ask={"year": 1}).status_code == 401
    for name, status in (("otto", 403), ("mara", 404)):
        answer = run(library.as_user(name), made["id"], ask={"year": 1})
        assert answer.status_code == status, answer.text
    reading = library.with_key("vera", "read")
    assert run(reading, made["id"], ask={"year": 1}).status_code == 403
    assert boss.get("library/book/count") == {"count": 1}


def test_a_repeated_key_maps_once(boss):
    made = book(boss)
    headers = {"Idempotency-Key": "once"}
    body = {"records": [made["id"]], "ask": {"year": 2026}}
    answers = [
        boss("POST", "mappings/library.reprint", body, headers=headers)
        for _ in range(2)
    ]
    assert answers[0].json == answers[1].json
    assert boss.get("library/book/count") == {"count": 2}


def test_a_button_shows_what_is_open_and_takes_less(boss):
    made = book(boss)
    at = f"library/book/{made['id']}/actions"
    row = boss.get(f"library/book/{made['id']}")["editions"][0]["id"]
    button = next(b for b in boss.get(at)["items"] if b["id"] == "reprint")
    assert [(one["lines"], one["row"], one["open"]) for one in button["open"]] == [
        ("editions", row, "3"),
        ("editions", row + 1, "1"),
    ]
    take = {"library.reprint": {"editions": {str(row): 2}}}
    body = {"ask": {"year": 2026}, "take": take}
    assert boss("POST", f"{at}/reprint", body).status_code == 200
    query = {"filter": "title == 'Ode again'", "fields": "id"}
    again = boss.get("library/book", **query)["items"][0]["id"]
    found = boss.get(f"library/book/{again}")
    assert [row["copies"] for row in found["editions"]] == [2]
    take["library.reprint"]["editions"][str(row)] = 4
    assert boss("POST", f"{at}/reprint", body).status_code == 422
    body["take"] = {"library.reprunt": {}}
    assert boss("POST", f"{at}/reprint", body).status_code == 422
