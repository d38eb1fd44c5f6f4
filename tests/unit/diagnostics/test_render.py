"""The text with its caret, in odd lines too, and the JSON for editors."""

import json

from core.diagnostics import (
    Diagnostic,
    Diagnostics,
    Related,
    Span,
    as_json,
    render,
    render_all,
    summary,
    whole_file,
)

LINES = "\n".join(["first: 1", *["x: 1"] * 12, "    type: strng"])


def shown(diagnostic: Diagnostic, text: str | None = LINES) -> str:
    return render(diagnostic, lambda file: text)


def test_the_shape_of_a_diagnostic():
    span = Span("lead.yml", 14, 11, 14, 16)
    found = Diagnostic(
        "E203",
        "unknown field type 'strng'",
        span,
        "not a field type",
        "did you mean 'text'?",
    )
    assert shown(found) == (
        "error[E203]: unknown field type 'strng'\n"
        "  --> lead.yml:14:11\n"
        "   |\n"
        "14 |     type: strng\n"
        "   |           ^^^^^ not a field type\n"
        "   = help: did you mean 'text'?"
    )


def test_without_the_text_only_the_place_is_shown():
    found = Diagnostic("E203", "unknown", Span("a.yml", 14, 11, 14, 16), "bad")
    assert shown(found, None) == ("error[E203]: unknown\n  --> a.yml:14:11\n   = bad")
    assert shown(Diagnostic("E106", "cannot read", whole_file("a.yml"))) == (
        "error[E106]: cannot read\n --> a.yml"
    )


def test_notes_and_a_second_place():
    related = Related(Span("a.yml", 1, 1, 1, 6), "first time")
    found = Diagnostic(
        "E102", "twice", Span("a.yml", 14, 5, 14, 9), notes=("a note",),
        related=(related,),
    )  # fmt: skip
    assert shown(found).splitlines()[5:] == [
        "  --> a.yml:1:1",
        "   |",
        " 1 | first: 1",
        "   | ^^^^^ first time",
        "   = note: a note",
    ]


def test_tabs_count_as_spaces_under_the_caret():
    text = shown(Diagnostic("E101", "tab", Span("a", 1, 4, 1, 6)), "a:\tbc")
    assert text.splitlines()[3:] == ["1 | a:    bc", "  |       ^^"]


def test_a_wide_line_is_cut_around_the_caret():
    line = "a" * 400 + "bad" + "c" * 400
    text = shown(Diagnostic("E101", "wide", Span("a", 1, 401, 1, 404)), line)
    code, caret = text.splitlines()[3:]
    assert len(code) < 120
    start = caret.index("^")
    assert code[start : start + 3] == "bad"
    assert caret.count("^") == 3


def test_a_range_over_lines_is_marked_to_the_end_of_the_first():
    text = shown(Diagnostic("E205", "list", Span("a", 1, 4, 3, 2)), "a: [b,\n c\n]")
    assert text.splitlines()[4] == "  |    ^^^"


def test_places_behind_the_end_do_no_harm():
    assert "^" in shown(Diagnostic("E101", "end", Span("a", 1, 90, 1, 91)), "a: b")
    assert "^" not in shown(Diagnostic("E101", "end", Span("a", 9, 1, 9, 2)), "a: b")


def test_control_characters_never_reach_the_terminal():
    text = shown(Diagnostic("E106", "bad", Span("a", 1, 1, 1, 2)), "a\x1b[31m\x07")
    assert "\x1b" not in text
    assert "\x07" not in text


def test_colour_only_when_asked():
    found = Diagnostic("E101", "wrong", Span("a", 1, 1, 1, 2))
    assert "\x1b" not in render(found, lambda file: "a: b")
    assert "\x1b[1;31merror[E101]" in render(found, lambda file: "a: b", color=True)


def test_all_with_a_summary():
    found = Diagnostics(per_file=1)
    found.error("E101", "one", Span("a", 1, 1, 1, 2))
    found.error("E102", "two", Span("a", 1, 1, 1, 2))
    found.warn("W420", "three", Span("b", 1, 1, 1, 2))
    text = render_all(found, lambda file: "a: b")
    assert "... and 1 more in a" in text
    assert text.endswith("2 errors, 1 warning\n")
    assert render_all(Diagnostics(), lambda file: "") == ""
    assert summary(Diagnostics()) == "no problems"


def test_json_for_editors():
    span = Span("a.yml", 3, 4, 3, 9)
    found = Diagnostic("E202", "unknown key", span, help="did you mean 'label'?")
    (entry,) = json.loads(json.dumps(as_json([found])))
    assert entry["code"] == "E202"
    assert entry["severity"] == "error"
    assert (entry["file"], entry["line"], entry["column"]) == ("a.yml", 3, 4)
    assert (entry["end_line"], entry["end_column"]) == (3, 9)
    assert entry["help"] == "did you mean 'label'?"
