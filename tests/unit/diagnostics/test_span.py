"""Spans: order, ranges, parts of a line."""

from core.diagnostics import Span, nowhere, whole_file


def test_spans_order_by_file_and_place():
    later = Span("a.yml", 10, 1, 10, 4)
    earlier = Span("a.yml", 9, 7, 9, 8)
    assert sorted([Span("b.yml", 1, 1, 1, 2), later, earlier])[:2] == [earlier, later]


def test_until_joins_two_places():
    assert Span("a", 1, 2, 1, 4).until(Span("a", 3, 1, 3, 9)) == Span("a", 1, 2, 3, 9)


def test_shifted_marks_a_part_of_the_line():
    assert Span("a", 5, 10, 5, 30).shifted(3, 4) == Span("a", 5, 13, 5, 17)
    assert Span("a", 5, 10, 5, 30).shifted(3, 0) == Span("a", 5, 13, 5, 14)


def test_text_of_a_span():
    assert str(Span("a.yml", 3, 4, 3, 5)) == "a.yml:3:4"
    assert str(whole_file("a.yml")) == "a.yml"
    assert str(nowhere()) == "<nowhere>"
    assert not nowhere().is_known
    assert not whole_file("a.yml").is_known
