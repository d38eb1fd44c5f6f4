"""The catalog is whole, and every type has every facet."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import marshmallow as ma
import pytest
from jsonschema import Draft202012Validator

import core.fieldtypes
from core.expressions.types import Type
from core.fieldtypes import FieldDef, FieldType, builtin_catalog
from core.fieldtypes.base import GENERAL_KEYS
from core.fieldtypes.texts import TextType
from tests.unit.fieldtypes.fields import read_field
from tests.unit.fieldtypes.samples import FIELDS

CATALOG = builtin_catalog()
NAMES = CATALOG.names()
OPERATORS = frozenset(
    {"is", "is_not", "contains", "starts", "lt", "gt", "between", "empty", "in"}
)
WIDGETS = frozenset(
    {"text", "textarea", "richtext", "number", "percent", "money", "quantity"}
    | {"checkbox", "date", "datetime", "time", "duration", "select", "multiselect"}
    | {"link", "reference", "links", "tags", "lines", "group", "file", "image"}
    | {"email", "phone", "url", "color", "barcode", "iban", "tax_id", "geo", "rating"}
    | {"recurrence", "json", "secret", "expression", "field_names", "properties"}
)


class PlateType(TextType):
    """A type that a module adds."""

    name: ClassVar[str] = "plate"


def test_a_module_adds_a_type():
    wider = CATALOG.with_types([PlateType()])
    assert wider.get("plate") is not None
    assert CATALOG.get("plate") is None
    with pytest.raises(ValueError, match="twice"):
        CATALOG.with_types([TextType()])


def test_an_unknown_type_gets_the_nearest():
    assert CATALOG.get("strng") is None
    assert CATALOG.suggestion("txt") == "did you mean 'text'?"


@pytest.mark.parametrize("name", NAMES)
def test_a_type_has_every_facet(name, context):
    type_ = CATALOG[name]
    field = read_field(FIELDS[name])
    ctx = context()
    assert isinstance(type_, FieldType)
    assert type_.__doc__
    assert set(type_.operators) <= OPERATORS
    assert type_.widget(field).kind in WIDGETS
    assert isinstance(type_.expression_type(field, ctx), Type)
    Draft202012Validator.check_schema(type_.json_schema(field))
    assert isinstance(type_.schema_field(field), ma.fields.Field)
    assert not type_.keys & GENERAL_KEYS
    assert set(type_.required_keys) <= type_.keys


@pytest.mark.parametrize("name", NAMES)
def test_the_keys_of_a_type_are_keys_of_a_field(name):
    known = set(FieldDef.__dataclass_fields__)
    assert CATALOG[name].keys <= known
    assert CATALOG[name].refused_keys <= GENERAL_KEYS


def test_every_key_of_a_field_belongs_to_some_type():
    own = frozenset().union(*(CATALOG[name].keys for name in NAMES))
    place = {"id", "address", "span", "spans", "values_was"}
    assert set(FieldDef.__dataclass_fields__) - GENERAL_KEYS - own - place == set()


def test_a_schema_loads_dumps_and_reports():
    fields = {
        "amount": CATALOG["decimal"].schema_field(read_field("{type: decimal}")),
        "day": CATALOG["date"].schema_field(read_field("{type: date}")),
    }
    schema = ma.Schema.from_dict(fields)()
    loaded = schema.load({"amount": "1.50", "day": None})
    assert str(loaded["amount"]) == "1.50"
    assert loaded["day"] is None
    assert schema.dump(loaded) == {"amount": "1.5", "day": None}
    with pytest.raises(ma.ValidationError) as caught:
        schema.load({"amount": "1e5"})
    assert caught.value.messages == {
        "amount": ["'1e5' has an exponent; write the number out"]
    }


HEAVY = ("phonenumbers", "stdnum", "nh3", "email_validator", "babel", "cryptography")


def test_heavy_libraries_wait_until_they_are_needed():
    code = (
        "import sys; from core.fieldtypes import builtin_catalog; builtin_catalog();"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_no_type_asks_for_the_name_of_another_outside_of_conversions():
    for path in Path(core.fieldtypes.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name not in {
                "conversion_from",
                "_resized",
            }:
                compared = [
                    c
                    for c in ast.walk(node)
                    if isinstance(c, ast.Compare)
                    and isinstance(c.left, ast.Attribute)
                    and c.left.attr == "type"
                ]
                assert not compared, f"{path.name}: {node.name}"
