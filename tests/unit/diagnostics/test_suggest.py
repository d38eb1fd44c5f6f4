"""The nearest name: misspelt, swapped, and nothing when nothing is near."""

import pytest

from core.diagnostics import closest, did_you_mean

NAMES = ("text", "longtext", "integer", "decimal", "state", "stage", "party", "parties")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("strng", None),
        ("txet", "text"),
        ("interger", "integer"),
        ("stat", "state"),
        ("satge", "stage"),
        ("Party", "party"),
        ("xyz", None),
        ("", None),
    ],
)
def test_closest(wrong, right):
    assert closest(wrong, NAMES) == ((right,) if right else ())


def test_several_come_nearest_first():
    assert closest("parti", NAMES, 3) == ("party", "parties")


def test_a_name_is_not_its_own_suggestion():
    assert closest("state", NAMES) == ("stage",)


def test_the_help_text():
    assert did_you_mean("txt", NAMES) == "did you mean 'text'?"
    assert did_you_mean("zzzz", NAMES) is None


def test_among_many_candidates():
    names = [f"field_{number}_name" for number in range(10_000)]
    assert closest("field_4711_nmae", names)[0] == "field_4711_name"
