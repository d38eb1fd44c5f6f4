"""A change of type says what it does to the values, and does no more than it says."""

from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fieldtypes import Method, Safety, builtin_catalog
from tests.unit.fieldtypes.fields import read_field
from tests.unit.fieldtypes.samples import FIELDS, VALUES

CATALOG = builtin_catalog()
SAMPLES = MappingProxyType({name: read_field(text) for name, text in FIELDS.items()})


def conversion(old, new):
    before, after = read_field(old), read_field(new)
    return CATALOG[after.type].conversion_from(before, after)


@pytest.mark.parametrize(
    ("old", "new", "safety", "how"),
    [
        ("text, length: 10", "text, length: 20", "safe", "alter"),
        ("text, length: 20", "text, length: 10", "lossy", "recode"),
        ("text", "text, label: Name", "safe", "keep"),
        ("text", "longtext", "safe", "recode"),
        ("longtext", "text", "lossy", "recode"),
        ("integer", "decimal, digits: 25", "safe", "recode"),
        ("integer", "decimal", "lossy", "recode"),
        ("decimal", "integer", "lossy", "recode"),
        ("decimal", "decimal, places: 6, digits: 20", "safe", "alter"),
        ("decimal", "decimal, places: 6", "lossy", "recode"),
        ("decimal, places: 4", "decimal, places: 2", "lossy", "recode"),
        ("text", "date", "lossy", "recode"),
        ("date", "datetime", "safe", "recode"),
        ("boolean", "boolean, three_state: true", "safe", "alter"),
        ("boolean, three_state: true", "boolean", "lossy", "recode"),
        ("link, to: base.party", "link, to: base.unit", "refused", "none"),
        ("link, to: base.party", "links, to: base.party", "safe", "recode"),
        ("link, to: base.party", "reference, to: base.party", "safe", "recode"),
        ("date", "money, currency: currency", "refused", "none"),
        ("choice, choices: {a: A}", "choice, choices: {a: B, c: C}", "safe", "keep"),
        ("choice, choices: {a: A, b: B}", "choice, choices: {a: A}", "lossy", "recode"),
        (
            "choice, choices: {a: A}",
            "choice, choices: {b: B}, values_was: {a: b}",
            "safe",
            "recode",
        ),
        ("choice, choices: {a: A}", "text", "safe", "recode"),
        ("file", "file, multiple: true", "safe", "recode"),
        ("file, multiple: true", "file", "lossy", "recode"),
        ("rating", "rating, max: 3", "lossy", "recode"),
        ("secret", "text", "refused", "none"),
    ],
)
def test_a_change_is_judged(old, new, safety, how):
    found = conversion(f"{{type: {old}}}", f"{{type: {new}}}")
    assert (found.safety, found.how) == (Safety(safety), Method(how)), found.note
    assert found.note or found.safety is Safety.SAFE


def safe_pairs():
    for new, after in SAMPLES.items():
        for old, before in SAMPLES.items():
            found = CATALOG[new].conversion_from(before, after)
            if found.safety is Safety.SAFE and found.how is Method.RECODE:
                yield old, new


@pytest.mark.parametrize(("old", "new"), tuple(safe_pairs()))
@settings(max_examples=20)
@given(data=st.data())
def test_a_safe_change_loses_no_value(old, new, data):
    value = data.draw(VALUES[old])
    before, after = SAMPLES[old], SAMPLES[new]
    found = CATALOG[new].recode(value, CATALOG[old], before, after)
    assert found is not None
    assert CATALOG[new].coerce(found, after) == found


def test_renamed_keys_are_kept():
    old = read_field("{type: choice, choices: {a: A, b: B}}")
    new = read_field("{type: choice, choices: {c: C, b: B}, values_was: {a: c}}")
    type_ = CATALOG["choice"]
    assert type_.recode("a", type_, old, new) == "c"
    assert type_.recode("b", type_, old, new) == "b"
    several = read_field(
        "{type: multichoice, choices: {c: C, b: B}, values_was: {a: c}}"
    )
    assert CATALOG["multichoice"].recode("a", type_, old, several) == ("c",)
    assert CATALOG["multichoice"].conversion_from(old, several).safety is Safety.SAFE


def test_a_text_with_markup_is_no_markup():
    found = CATALOG["richtext"].recode(
        "1 < 2", CATALOG["text"], SAMPLES["text"], SAMPLES["richtext"]
    )
    assert found == "<p>1 &lt; 2</p>"


def test_there_are_safe_changes():
    assert ("integer", "text") in set(safe_pairs())
    assert ("date", "datetime") in set(safe_pairs())
