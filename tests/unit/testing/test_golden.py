"""Kept texts: equal passes, different and missing fail, updating writes."""

import pytest

from core.testing.golden import Golden


def test_an_equal_text_passes_whatever_its_last_line_break(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    Golden(tmp_path, update=False)("a.txt", "one\ntwo")


def test_a_difference_is_shown(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    with pytest.raises(AssertionError, match=r"(?s)-two.*\+three"):
        Golden(tmp_path, update=False)("a.txt", "one\nthree\n")


def test_a_missing_file_fails_and_says_how_to_make_it(tmp_path):
    with pytest.raises(AssertionError, match="--update-golden"):
        Golden(tmp_path, update=False)("a.txt", "one")
    assert not (tmp_path / "a.txt").exists()


def test_updating_writes_the_file(tmp_path):
    Golden(tmp_path, update=True)("deep/a.txt", "one\n\n")
    assert (tmp_path / "deep/a.txt").read_text() == "one\n"


def test_the_fixture_looks_beside_the_test(golden):
    assert golden.folder.name == "testing"
