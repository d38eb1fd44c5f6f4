"""The JSON Schemas accept what the modules write and refuse what is wrong."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from core.definitions import KINDS, schemas
from core.diagnostics import Diagnostics
from core.source import document_head, load_file, plain_data

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "modules").rglob("*.yml"))


def shown(value):
    """Plain data as JSON has it: exact numbers become floats."""
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    return float(value)


@pytest.fixture(scope="module")
def validators():
    return {name: Draft202012Validator(found) for name, found in schemas().items()}


def test_every_kind_has_a_valid_schema():
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)
    assert set(schemas()) == set(KINDS)


def test_documents_of_the_modules_fit(validators):
    problems = []
    for path in FILES:
        for node in load_file(path, Diagnostics()):
            head = document_head(node, KINDS, Diagnostics())
            if head is None or head.mode != "define":
                continue
            for error in validators[head.kind].iter_errors(shown(plain_data(node))):
                problems.append(f"{path.name}: {error.json_path}: {error.message}")
    assert problems == []


@pytest.mark.parametrize(
    "document",
    [
        {"entity": "shop.thing"},
        {"entity": "shop.thing", "fields": {"name": {}}},
        {"entity": "shop.thing", "fields": {"name": {"type": "text", "lable": "x"}}},
        {"entity": "shop.thing", "fields": {}, "company": "perhaps"},
    ],
)
def test_mistakes_do_not_fit(validators, document):
    assert not validators["entity"].is_valid(document)
