"""Codes, places, files, documents, secrets: checked when they come in."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.fieldtypes import BadValue, Locale, Sealed, SecretBox, builtin_catalog
from core.fieldtypes.secrets import SecretType
from core.fieldtypes.special import occurrences
from tests.unit.fieldtypes.fields import read_field

CATALOG = builtin_catalog()
ENGLISH = Locale("en_US")


def coerce(text, raw):
    field = read_field(text)
    return CATALOG[field.type].coerce(raw, field)


def refusal(text, raw):
    with pytest.raises(BadValue) as caught:
        coerce(text, raw)
    return caught.value


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        ("iban", "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("barcode", "4 006381 333931", "4006381333931"),
        ("barcode", "abc-123", "abc-123"),
        ("barcode", "12345", "12345"),
        ("color", "#FFF", "#ffffff"),
        ("color", "1A7F37", "#1a7f37"),
        ("tax_id", "de 136 695 976", "DE136695976"),
        ("tax_id", "CHE-100.155.212 MWST", "CHE100155212MWST"),
        ("tax_id", "12/345/67890", "12/345/67890"),
        ("tax_id", "FRNMRA80A01H501X", "FRNMRA80A01H501X"),
        ("geo", "52.520008, 13.404954", "52.520008,13.404954"),
        ("geo", {"latitude": "-33.9", "longitude": 18}, "-33.9,18"),
        ("geo", [0, 0], "0,0"),
        ("recurrence", "rrule:freq=weekly; byday=mo", "FREQ=WEEKLY;BYDAY=MO"),
        ("rating", "4", 4),
        ("number", " OF-1 ", "OF-1"),
        ("field_names", "title, party", ("title", "party")),
        ("json", '{"a": [1, 2.5]}', {"a": [1, 2.5]}),
        ("json", {"a": Decimal("2.5")}, {"a": 2.5}),
        ("properties", {"height": 180.5, "color": "red", "x": None}, None),
    ],
)
def test_what_is_right_gets_its_normal_form(type_, raw, value):
    extra = {"field_names": ", of: test.thing", "properties": ", defined_by: asked"}
    found = coerce(f"{{type: {type_}{extra.get(type_, '')}}}", raw)
    if type_ == "properties":
        value = {"height": "180.5", "color": "red"}
    assert found == value


@pytest.mark.parametrize(
    ("type_", "raw", "code"),
    [
        ("iban", "DE89370400440532013001", "not_an_iban"),
        ("iban", "DE8937040044", "not_an_iban"),
        ("iban", "hello", "not_an_iban"),
        ("barcode", "4006381333932", "wrong_check_digit"),
        ("barcode", "ünïcode", "not_a_barcode"),
        ("color", "red", "not_a_color"),
        ("color", "#12345", "not_a_color"),
        ("tax_id", "DE136695977", "not_a_tax_id"),
        ("tax_id", "none", "not_a_tax_id"),
        ("tax_id", "1;2", "not_a_tax_id"),
        ("geo", "91, 0", "not_a_place"),
        ("geo", "0, 181", "not_a_place"),
        ("geo", "somewhere", "not_a_place"),
        ("geo", {"latitude": 1}, "not_a_place"),
        ("recurrence", "every monday", "not_a_recurrence"),
        ("recurrence", "FREQ=WEEKLY;DTSTART=20260101", "not_a_recurrence"),
        ("recurrence", "FREQ=WEEKLY;BYDAY=XX", "not_a_recurrence"),
        ("rating", 6, "out_of_range"),
        ("rating", -1, "out_of_range"),
        ("json", "{", "not_json"),
        ("json", "NaN", "not_finite"),
        ("json", '{"a": 1e999}', "too_large"),
        ("json", "5", "wrong_type"),
        ("json", {"a": object()}, "not_json"),
        ("json", {5: 1}, "not_json"),
        ("json", {"a": "\x00"}, "control_character"),
        ("json", "[" * 100 + "]" * 100, "too_deep"),
        ("json", "[" * 100_000, "too_deep"),
        ("json", {"a": Decimal("0.1234567890123456789")}, "not_exact"),
    ],
)
def test_what_is_wrong_is_refused(type_, raw, code):
    assert refusal(f"{{type: {type_}}}", raw).code == code


def test_the_right_check_digit_is_named():
    assert refusal("{type: barcode}", "4006381333932").message.endswith("is 1")


def test_an_iban_is_shown_in_groups():
    field = read_field("{type: iban}")
    text = CATALOG["iban"].to_text("DE89370400440532013000", field, ENGLISH)
    assert text == "DE89 3704 0044 0532 0130 00"


def test_json_fits_its_schema():
    field = "{type: json, schema: {type: object, required: [a]}}"
    assert coerce(field, {"a": 1}) == {"a": 1}
    bad = refusal(field, {"b": 1})
    assert bad.code == "schema"
    assert "'a' is a required property" in bad.message


def test_occurrences_keep_the_wall_clock():
    start = datetime(2026, 3, 28, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    found = list(occurrences("FREQ=DAILY;COUNT=3", start))
    assert [moment.hour for moment in found] == [9, 9, 9]
    assert found[0].utcoffset() != found[2].utcoffset()
    later = occurrences("FREQ=DAILY", start, after=found[2], most=2)
    assert [moment.day for moment in later] == [31, 1]


def test_expressions_are_read_when_saved(schema):
    field = read_field("{type: expression, of: test.thing}")
    type_ = CATALOG["expression"]
    assert type_.coerce("= title == 'x'", field) == "title == 'x'"
    assert type_.coerce("", field) is None
    with pytest.raises(BadValue):
        type_.coerce("title ==", field)
    with pytest.raises(BadValue):
        type_.coerce("import os", field)
    assert type_.checked("title == 'x'", field, schema) == "title == 'x'"
    with pytest.raises(BadValue, match="title"):
        type_.checked("titel == 'x'", field, schema)
    with pytest.raises(BadValue):
        type_.checked("title", field, schema)


def test_field_names_are_those_of_the_entity(schema):
    field = read_field("{type: field_names, of: test.thing}")
    type_ = CATALOG["field_names"]
    assert type_.checked(("title",), field, schema) == ("title",)
    with pytest.raises(BadValue, match="did you mean 'title'"):
        type_.checked(("titel",), field, schema)
    assert refusal("{type: field_names, of: test.thing}", ["a b"]).code == "not_a_name"


HASH = "0" * 64
PDF = {"sha256": HASH, "name": "a.pdf", "size": 1000, "media_type": "application/pdf"}


def test_a_file_is_described_by_its_hash():
    found = coerce("{type: file}", {**PDF, "name": "../../etc/passwd"})
    assert (found.sha256, found.name, found.size) == (HASH, "passwd", 1000)
    assert coerce("{type: file}", [PDF]).name == "a.pdf"
    assert coerce("{type: file, multiple: true}", []) is None
    assert len(coerce("{type: file, multiple: true}", [PDF, PDF])) == 2


@pytest.mark.parametrize(
    ("field", "change", "code"),
    [
        ("{type: file}", {"sha256": "abc"}, "wrong_type"),
        ("{type: file}", {"size": -1}, "wrong_type"),
        ("{type: file}", {"media_type": "x"}, "wrong_type"),
        ("{type: file, size: 1 KB}", {"size": 1001}, "too_large"),
        ("{type: file, accept: image/*}", {}, "wrong_media_type"),
        ("{type: file, accept: .docx}", {}, "wrong_media_type"),
        ("{type: image}", {"media_type": "image/svg+xml"}, "wrong_media_type"),
    ],
)
def test_a_file_that_may_not_be_there_is_refused(field, change, code):
    assert refusal(field, {**PDF, **change}).code == code
    assert coerce("{type: file, accept: [.pdf, image/*]}", PDF).name == "a.pdf"


def test_a_secret_is_encrypted_and_never_shown():
    type_, field = (
        SecretType(SecretBox("the key of the tests")),
        read_field("{type: secret}"),
    )
    stored = type_.store("  pass word ", "f", field)
    assert "pass" not in str(stored)
    sealed = type_.load(stored, "f", field)
    assert isinstance(sealed, Sealed)
    assert "pass" not in repr(sealed) + str(sealed) + f"{sealed}"
    assert stored["f"] not in repr(sealed) + f"{sealed}"
    assert type_.to_json(sealed, field) is None
    assert type_.to_text(sealed, field, ENGLISH) == ""
    assert type_.reveal(sealed) == "  pass word "
    # Saving the record again keeps what is there.
    assert type_.store(type_.coerce(sealed, field), "f", field) == stored


def test_a_former_key_opens_and_a_foreign_one_does_not():
    field = read_field("{type: secret}")
    old = SecretType(SecretBox("the former long key"))
    sealed = old.load(old.store("x", "f", field), "f", field)
    both = SecretType(SecretBox("the present long key", "the former long key"))
    assert both.reveal(sealed) == "x"
    with pytest.raises(BadValue, match="another key"):
        SecretType(SecretBox("some other long key")).reveal(sealed)


def test_without_a_key_no_secret_is_kept():
    with pytest.raises(BadValue, match="no secret key"):
        CATALOG["secret"].store("x", "f", read_field("{type: secret}"))
    with pytest.raises(ValueError, match="16 characters"):
        SecretBox("short")
