"""Many writes in one request: all or nothing, or each on its own."""


def test_all_parts(boss):
    one, two, three = (
        boss.make("library/author", name=name)["id"] for name in ("A", "B", "C")
    )
    boss("POST", f"library/author/{three}/archive")
    answer = boss(
        "POST",
        "library/author/bulk",
        {
            "create": [{"name": "D"}, {"name": "E", "born": "1900-01-01"}],
            "update": [{"id": one, "version": 1, "name": "AA"}, {"id": one + 10**6}],
            "archive": [two],
            "restore": [three],
            "partial": True,
        },
    )
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert (told["written"], told["refused"]) == (5, 1)
    assert [row["status"] for row in told["create"]] == [201, 201]
    assert all(isinstance(row["id"], int) for row in told["create"])
    assert [row["status"] for row in told["update"]] == [200, 422]
    assert told["update"][1]["errors"][0]["code"] == "not_found"
    names = [row["name"] for row in boss.get("library/author")["items"]]
    assert names == ["AA", "C", "D", "E"]


def test_nothing_is_written_when_one_is_wrong(boss):
    book = boss.make("library/book", title="A")["id"]
    answer = boss(
        "POST",
        "library/book/bulk",
        {
            "create": [{"title": "B"}, {"pages": 3}, {"title": "C", "pages": 0}],
            "update": [{"id": book, "version": 7, "title": "X"}],
            "delete": [999],
        },
    )
    assert answer.status_code == 422
    paths = [error["path"][:2] for error in answer.json["errors"]]
    assert paths == [["create", 1], ["create", 2], ["update", 0], ["delete", 0]]
    assert answer.json["errors"][0]["path"] == ["create", 1, "title"]
    assert boss.get("library/book", fields="title")["items"][0]["title"] == "A"
    assert boss.get("library/book/count") == {"count": 1}


def test_the_good_rows_are_written_on_request(boss):
    answer = boss(
        "POST",
        "library/book/bulk",
        {
            "create": [{"title": "B"}, {"pages": 3}, {"title": "C"}],
            "delete": [5],
            "partial": True,
        },
    )
    assert answer.status_code == 200, answer.text
    assert [row["action"] for row in answer.json["create"]] == [
        "created",
        "refused",
        "created",
    ]
    assert boss.get("library/book/count") == {"count": 2}


def test_a_restricted_delete_undoes_only_itself(boss):
    jane, mary = (
        boss.make("library/author", name=name)["id"] for name in ("Jane", "Mary")
    )
    boss.make("library/book", title="Emma", author=jane)
    body = {"delete": [jane, mary], "partial": True}
    told = boss("POST", "library/author/bulk", body).json
    assert [row["status"] for row in told["delete"]] == [422, 200]
    left = boss.get("library/author", archived="yes")["items"]
    assert [row["name"] for row in left] == ["Jane"]


def test_the_same_row_twice(boss):
    book = boss.make("library/book", title="A")["id"]
    rows = [{"id": book, "title": "B"}, {"id": book, "title": "C"}]
    answer = boss("POST", "library/book/bulk", {"update": rows, "partial": True})
    assert [row["status"] for row in answer.json["update"]] == [200, 422]


def test_bodies_that_are_refused(boss):
    for body in (
        {"creat": []},
        {"create": {}},
        {"create": [1]},
        {"update": [{"title": "x"}]},
        {"update": [{"id": "7"}]},
        {"update": [{"id": True}]},
        {"delete": ["x"]},
        {"delete": [0]},
        {"delete": [2**70]},
        {"partial": "perhaps"},
        {"create": [{}] * 10_001},
    ):
        answer = boss("POST", "library/book/bulk", body)
        assert answer.status_code == 422, str(body)[:100]
        assert answer.json["errors"]
    empty = boss("POST", "library/book/bulk", {})
    assert empty.json == {"written": 0, "refused": 0}
