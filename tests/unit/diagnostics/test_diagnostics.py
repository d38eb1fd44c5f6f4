"""The collector: order, repetitions, cap, severity, broken addresses."""

import pytest

from core.diagnostics import Diagnostics, Span


def at(line: int, file: str = "a.yml") -> Span:
    return Span(file, line, 1, line, 2)


def test_problems_come_out_in_the_order_of_the_files():
    found = Diagnostics()
    found.error("E202", "second", at(9))
    found.error("E102", "third", at(1, "b.yml"))
    found.error("E204", "first", at(2))
    assert [d.message for d in found.sorted()] == ["first", "second", "third"]


def test_a_repetition_is_dropped():
    found = Diagnostics()
    for _ in range(3):
        found.error("E202", "unknown key 'x'", at(9))
    assert len(found) == 1
    assert found.count("error") == 1


def test_each_file_has_a_cap():
    found = Diagnostics(per_file=2)
    for line in range(1, 6):
        found.error("E202", "unknown", at(line))
        found.error("E202", "unknown", at(line, "b.yml"))
    assert len(found) == 4
    assert dict(found.suppressed) == {"a.yml": 3, "b.yml": 3}
    assert found.count("error") == 10


def test_warnings_are_no_errors_and_use_a_cap_of_their_own():
    found = Diagnostics(per_file=1)
    found.warn("W420", "deprecated", at(1))
    assert not found.has_errors
    found.error("E202", "unknown", at(2))
    assert found.has_errors
    assert len(found) == 2


def test_an_unknown_code_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        Diagnostics().error("E999", "no such code", at(1))


def test_what_lies_in_a_broken_thing_is_broken():
    found = Diagnostics()
    found.mark_broken("entity library.book/fields/title")
    assert found.is_broken("entity library.book/fields/title")
    assert found.is_broken("entity library.book/fields/title/label")
    assert not found.is_broken("entity library.book/fields/titles")
    assert not found.is_broken("entity library.book")
