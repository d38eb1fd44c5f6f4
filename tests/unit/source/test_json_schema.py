"""The JSON Schema accepts what the reader accepts and is itself valid."""

import pytest
from jsonschema import Draft202012Validator

from core.source import json_schema
from tests.golden.samples import SampleEntity

SCHEMA = json_schema(SampleEntity, head="entity")
GOOD = {
    "entity": "library.book",
    "label": "Book",
    "fields": {"title": {"type": "text", "required": True, "choices": {"a": "A"}}},
    "rules": {"short": {"check": "pages < 10", "level": "warn"}},
    "uses": "library.address",
    "timers": {"late": {"in": "open", "after": "3 days"}},
}


def test_the_schema_is_valid_and_speaks():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["required"] == ["entity", "fields"]
    assert SCHEMA["description"] == "A kind of record."
    field = SCHEMA["$defs"]["SampleField"]
    assert field["required"] == ["type"]
    assert field["properties"]["label"]["description"]


def test_a_good_document_passes():
    assert list(Draft202012Validator(SCHEMA).iter_errors(GOOD)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"lable": "x"},
        {"fields": {"title": {}}},
        {"fields": {"Title": {"type": "text"}}},
        {"rules": {"short": {"check": "a", "level": "eror"}}},
        {"uses": "address"},
        {"hidden": "maybe"},
    ],
)
def test_a_bad_document_fails(change):
    assert list(Draft202012Validator(SCHEMA).iter_errors({**GOOD, **change}))
