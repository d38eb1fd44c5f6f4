"""Texts are cleaned, never bent: what cannot be kept is refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fieldtypes import BadValue, Locale, builtin_catalog
from tests.unit.fieldtypes.fields import read_field

CATALOG = builtin_catalog()
GERMAN = Locale("de_DE", "Europe/Berlin")


def coerce(text, raw, locale=GERMAN):
    field = read_field(text)
    return CATALOG[field.type].coerce(raw, field, locale)


def refusal(text, raw):
    with pytest.raises(BadValue) as caught:
        coerce(text, raw)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("  Müller\t", "Müller"),
        ("Mu\u0308ller", "Müller"),
        ("\ufeffName", "Name"),
        ("\u00a0Name\u00a0", "Name"),
        ("   ", None),
        (42, "42"),
        ("a  b", "a  b"),
    ],
)
def test_a_line_is_trimmed_and_in_normal_form(raw, value):
    assert coerce("{type: text}", raw) == value


@pytest.mark.parametrize("raw", ["a\x00b", "a\x1bb", "a\u0085b", "a\ud800b"])
def test_control_characters_are_refused(raw):
    for type_ in ("text", "longtext", "richtext"):
        assert refusal(f"{{type: {type_}}}", raw).code == "control_character"


def test_a_line_has_no_line_break_and_a_long_text_keeps_it():
    bad = refusal("{type: text}", "a\nb")
    assert bad.code == "line_break"
    assert "put a space there" in bad.message
    assert coerce("{type: longtext}", " a\r\nb\rc\n") == "a\nb\nc"


@pytest.mark.parametrize("raw", [True, 1.5, [], {}, b"x"])
def test_what_is_no_text_is_refused(raw):
    assert refusal("{type: text}", raw).code == "wrong_type"


def test_the_length_is_counted_in_characters():
    assert coerce("{type: text, length: 3}", "äöü") == "äöü"
    assert refusal("{type: text, length: 3}", "abcde").message == (
        "the text has 5 characters, at most 3 are allowed; shorten it by 2"
    )
    assert refusal("{type: text}", "x" * 256).facts["allowed"] == 255


def test_a_pattern_covers_the_whole_text():
    field = r"{type: text, pattern: '[A-Z]{2}\d+', help: two letters and digits}"
    assert coerce(field, "AB12") == "AB12"
    bad = refusal(field, "AB12x")
    assert bad.code == "pattern"
    assert "two letters and digits" in bad.message


def test_a_pattern_takes_linear_time():
    assert refusal("{type: text, pattern: '(a|a)*b'}", "a" * 255).code == "pattern"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("<p>Hi<script>alert(1)</script></p>", "<p>Hi</p>"),
        ('<a href="javascript:alert(1)">x</a>', None),
        ('<img src=x onerror="alert(1)">', None),
        ("<iframe src=//x></iframe>", None),
        ("<b onclick=x>bold</b>", "<b>bold</b>"),
    ],
)
def test_formatted_text_is_cleaned(raw, value):
    found = coerce("{type: richtext}", raw)
    for word in ("script", "onerror", "iframe", "onclick"):
        assert word not in (found or "")
    assert value is None or found == value


def test_formatted_text_is_shown_plain_and_read_from_plain():
    field, type_ = read_field("{type: richtext}"), CATALOG["richtext"]
    html = type_.from_text("a < b\nc\n\nd", field, GERMAN)
    assert html == "<p>a &lt; b<br>c</p><p>d</p>"
    assert type_.to_text(html, field, GERMAN) == "a < b\nc\nd"


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text):
    for type_ in ("text", "longtext", "richtext"):
        try:
            once = coerce(f"{{type: {type_}}}", text)
        except BadValue:
            continue
        assert coerce(f"{{type: {type_}}}", once) == once


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("A.B@EXAMPLE.com", "A.B@example.com"),
        (" jürgen@müller.de ", "jürgen@müller.de"),
    ],
)
def test_an_email_is_normalised(raw, value):
    assert coerce("{type: email}", raw) == value


@pytest.mark.parametrize("raw", ["a", "a@", "a@b", "a b@c.de", "<a@b.de>", "a@b..de"])
def test_what_is_no_email_is_refused(raw):
    assert refusal("{type: email}", raw).code == "not_an_email"


@pytest.mark.parametrize(
    ("raw", "value", "shown"),
    [
        ("030 123456", "+4930123456", "+49 30 123456"),
        ("0049 30 123456", "+4930123456", "+49 30 123456"),
        ("+49 (0)30 / 123456", "+4930123456", "+49 30 123456"),
        ("+1 202-456-1111 ext. 5", "+12024561111 ext. 5", "+1 202-456-1111 ext. 5"),
        ("030 123456 (Büro)", "030 123456 (Büro)", "030 123456 (Büro)"),
        ("110  ", "110", "110"),
        ("1-800-FLOWERS", "1-800-FLOWERS", "1-800-FLOWERS"),
    ],
)
def test_a_phone_number_is_normalised_or_kept_as_typed(raw, value, shown):
    field, type_ = read_field("{type: phone}"), CATALOG["phone"]
    assert type_.coerce(raw, field, GERMAN) == value
    assert type_.coerce(value, field, GERMAN) == value
    assert type_.to_text(value, field, GERMAN) == shown
    assert type_.from_text(shown, field, GERMAN) == value


def test_a_national_number_stays_as_typed_where_no_country_is_known():
    assert coerce("{type: phone}", "030  123456", Locale("en")) == "030 123456"
    swiss = Locale("en", region="CH")
    assert coerce("{type: phone}", "044 668 18 00", swiss) == "+41446681800"


def test_a_phone_number_without_digits_is_refused():
    assert refusal("{type: phone}", "call me").code == "not_a_phone"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("example.com", "https://example.com"),
        ("HTTP://Example.COM/Path?Q=1", "http://example.com/Path?Q=1"),
        ("localhost:8080/x", "https://localhost:8080/x"),
        ("www.müller.de", "https://www.müller.de"),
    ],
)
def test_a_web_address_is_normalised(raw, value):
    assert coerce("{type: url}", raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        *("javascript:alert(1)", "data:text/html,x", "http://", "https://a b.de", "x"),
        *("https://user:pw@example.com", "http://[::1", "mailto:a@b.de", "//"),
        "http://example.com:99999/",
    ],
)
def test_what_is_no_web_address_is_refused(raw):
    assert refusal("{type: url}", raw).code == "not_a_url"
