"""Whatever comes in, a type answers with a canonical value or a BadValue."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.fieldtypes import BadValue, Locale, builtin_catalog
from tests.unit.fieldtypes.fields import read_field
from tests.unit.fieldtypes.samples import FIELDS

CATALOG = builtin_catalog()
LOCALES = (Locale("en_US", region="US"), Locale("de_DE", "Europe/Berlin"), Locale("ar"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=30)
    | st.datetimes()
    | st.binary(max_size=5)
)
KEYS = st.sampled_from(["id", "entity", "latitude", "longitude", "name", "sha256"])
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
# Letters that texts of these types are made of, so that some get far.
CODED = st.text("0123456789+-.,:;/@%=TZPHMSFREQWKLYBADUNCOIVx() \n", max_size=30)
QUIET = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check(name, read, raw, *rest):
    """The value is left alone when it comes in again."""
    type_, field = CATALOG[name], read_field(FIELDS[name])
    try:
        value = read(raw, field, *rest)
    except BadValue:
        return
    assert type_.coerce(value, field) == value
    type_.to_json(value, field)
    for locale in LOCALES:
        type_.to_text(value, field, locale)


@pytest.mark.parametrize("name", FIELDS)
@QUIET
@example(raw="\u0663")
@example(raw={"id": None})
@example(raw=[[]])
@example(raw=Decimal("sNaN"))
@given(raw=JUNK | CODED)
def test_any_input(name, raw):
    check(name, CATALOG[name].coerce, raw)


@pytest.mark.parametrize("name", FIELDS)
@QUIET
@given(text=st.text(max_size=30) | CODED, locale=st.sampled_from(LOCALES))
def test_any_cell(name, text, locale):
    check(name, CATALOG[name].from_text, text, locale)
