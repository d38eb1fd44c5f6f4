"""The page of personal data: shown, handed out, erased only by who may and types it."""

import json

import pytest

from core.services import Actor

FIELDS = {"name": "Jane Doe", "born": "1901-02-03"}


@pytest.fixture
def jane(library):
    return library.make("library.author", **FIELDS)


@pytest.fixture
def admin(library):
    return library.person("admin")


def test_what_is_held_is_shown_and_handed_out(admin, jane):
    at = f"/library/author/{jane}"
    assert f"{at}/personal-data" in admin.get(at)
    page = admin.get(f"{at}/personal-data")
    for one in ("What is held", "Erase for good", "Born", "Comments"):
        assert one in page
    answer = admin.client.get(f"{at}/personal-data/file")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(answer.text)["record"]["born"] == "1901-02-03"


def test_erasing_needs_the_name(admin, library, jane):
    at = f"/library/author/{jane}"
    admin.get(f"{at}/personal-data")
    wrong = admin.post(f"{at}/personal-data/erase", confirm="Jane")
    assert wrong.status_code == 422
    assert "exactly as it is written" in wrong.text
    assert library.read("library.author", jane)["name"] == "Jane Doe"
    done = admin.post(f"{at}/personal-data/erase", confirm="Jane Doe")
    assert done.status_code == 302
    assert library.read("library.author", jane)["born"] is None
    page = admin.get(at)
    assert "erased the personal data" in page
    assert "Jane" not in page
    with library.application.reader(Actor.system()) as reader:
        assert (
            reader.history("library.author", jane)[0].actor == library.people["admin"]
        )


def test_it_is_not_for_everybody_and_not_for_everything(admin, library, jane):
    book = library.make("library.book", title="Dune", kind="novel")
    assert "personal-data" not in admin.get(f"/library/book/{book}")
    admin.get(f"/library/book/{book}/personal-data", 404)
    reader = library.person("otto")
    assert reader.client.get(f"/library/author/{jane}/personal-data").status_code in (
        403,
        404,
    )
    refused = reader.post(
        f"/library/author/{jane}/personal-data/erase", confirm="Jane Doe"
    )
    assert refused.status_code in (403, 404)
    assert library.read("library.author", jane)["name"] == "Jane Doe"
