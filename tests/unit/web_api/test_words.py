"""What is wrong is told in the language that a caller asks for."""

from __future__ import annotations

import pytest

GERMAN = {"Accept-Language": "de"}


@pytest.mark.parametrize(
    ("values", "field", "english", "german"),
    [
        ({}, "title", "Title is required.", "Title fehlt."),
        (
            {"title": "T", "price": "abc"},
            "price",
            "'abc' is not a number; write it like 1234.56",
            "„abc“ ist keine Zahl; schreiben Sie sie wie 1234.56",
        ),
        (
            {"title": "T", "price": "-1"},
            "price",
            "is outside the limits; at least",
            "liegt außerhalb der Grenzen; erlaubt ist mindestens",
        ),
        (
            {"title": "T", "kind": "poem", "pages": 600, "price": "5"},
            "pages",
            "No poem has 600 pages.",
            "Kein Gedicht hat 600 Seiten.",
        ),
    ],
)
def test_problems_are_told_in_the_language_of_the_caller(
    boss, values, field, english, german
):
    for headers, text in (({}, english), (GERMAN, german)):
        answer = boss("POST", "library/book", values, headers=headers)
        assert answer.status_code == 422
        told = {one["field"]: one["message"] for one in answer.json["errors"]}
        assert text in told[field]
    both = {one["code"] for one in answer.json["errors"]}
    assert both, "codes stay what they are"


def test_reports_of_imports_are_told_in_it_too(boss):
    table = b"title,price\nSea,abc\n"
    headers = {**GERMAN, "Content-Type": "text/csv"}
    answer = boss("POST", "library/book/import?dry_run=1", table, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "„abc“ ist keine Zahl" in answer.json["errors"][0]["reason"]
