"""Messages of the services in another language, found again by their sentences."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from core.web.retelling import refilled, retold
from core.web.wording import catalogue

CORE = Path(__file__).parents[3] / "core"
_GAP = re.compile(r"\{[^{}]*\}")


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Name is required.", "Name fehlt."),
        (
            "'31.02.26' is not a date: month 2 of 2026 has no day 31; write it like X",
            "„31.02.26“ ist kein Datum: der Monat 2 in 2026 hat keinen Tag 31; "
            "schreiben Sie es wie X",
        ),
        (
            "Kind: 'x' is not one of the choices; did you mean 'y'?.",
            "Kind: „x“ ist keine der Möglichkeiten; meinten Sie „y“?.",
        ),
        ("'{a}' is not a number", "„{a}“ ist keine Zahl"),
        ("Nobody has translated this.", "Nobody has translated this."),
        ("Label: nobody has translated this.", "Label: nobody has translated this."),
    ],
)
def test_a_sentence_is_found_again(english: str, german: str) -> None:
    assert retold(english, "de") == german
    assert retold(english, "en") == english
    assert retold(english, "fr") == english


def test_a_long_or_nested_text_costs_nothing() -> None:
    text = "'" * 1_900
    assert retold(text, "de") == text
    assert retold(text * 1_000, "de") == text * 1_000


def test_sentences_of_authors_keep_their_gaps() -> None:
    english, german = "No poem has {pages} pages.", "Kein Gedicht hat {pages} Seiten."
    message = "No poem has 600 pages."
    assert refilled(message, english, german) == "Kein Gedicht hat 600 Seiten."
    assert refilled("Something else.", english, german) == "Something else."
    assert refilled(message, english, "Zu lang.") == "Zu lang."


def test_every_translated_sentence_is_one_that_is_said() -> None:
    said = {
        _GAP.sub("{}", text)
        for folder in ("fieldtypes", "services", "exchange")
        for path in (CORE / folder).rglob("*.py")
        for text in sentences(path)
    }
    # These are put together out of two words.
    made = {"{} is outside the limits; {} {} is allowed"}
    assert made <= said
    for word in ("at least", "at most"):
        said.add(f"{{}} is outside the limits; {word} {{}} is allowed")
    texts = catalogue("de.services")
    assert len(texts) > 30
    assert sorted(text for text in texts if _GAP.sub("{}", text) not in said) == []


def test_gaps_are_the_same_in_both_languages() -> None:
    for english, german in catalogue("de.services").items():
        assert sorted(_GAP.findall(english)) == sorted(_GAP.findall(german))


def sentences(path: Path) -> set[str]:
    """The texts of a file, with gaps where values are filled in."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = (
                str(one.value) if isinstance(one, ast.Constant) else "{}"
                for one in node.values
            )
            found.add("".join(parts))
    return found
