"""A value stays what it is: in JSON, in a text of any locale, in both databases."""

from types import MappingProxyType

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.expressions.storage_types import DECIMAL_COLLATION
from core.fieldtypes import Locale, SecretBox, builtin_catalog, flat_members
from core.fieldtypes.secrets import Sealed
from tests.unit.fieldtypes.fields import read_field
from tests.unit.fieldtypes.samples import FIELDS, NOT_IN_ONE_CELL, VALUES

LOCALES = tuple(
    Locale(code, zone)
    for code, zone in (
        ("en_US", "America/New_York"),
        ("de_DE", "Europe/Berlin"),
        ("fr_FR", "Europe/Paris"),
        ("ar", "Africa/Cairo"),
        ("de_CH", "Europe/Zurich"),
        ("hi_IN", "Asia/Kolkata"),
        ("sv_SE", "Europe/Stockholm"),
        ("ja", "Asia/Tokyo"),
    )
)
CATALOG = builtin_catalog(SecretBox("a key for the tests"))
ADDRESS = MappingProxyType(
    {"street": read_field("{type: text}"), "since": read_field("{type: date}")}
)
SLOW = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def resolved(context):
    """A function: name of a type -> the type and its sample field, resolved."""

    def find(name):
        ctx = context(trait=lambda id: ADDRESS if id == "test.address" else None)
        type_ = CATALOG[name]
        return type_, type_.resolve(read_field(FIELDS[name]), ctx)

    return find


def test_each_type_has_a_sample():
    assert set(FIELDS) == set(VALUES) == set(CATALOG.names())


@pytest.mark.parametrize("name", FIELDS)
@SLOW
@given(data=st.data())
def test_coerce_leaves_canonical_values_alone(name, resolved, data):
    type_, field = resolved(name)
    value = data.draw(VALUES[name])
    assert type_.coerce(value, field) == value
    assert type_.coercer(field)(value) == value


@pytest.mark.parametrize("name", sorted(set(FIELDS) - {"secret"}))
@SLOW
@given(data=st.data())
def test_json_gives_the_value_back(name, resolved, data):
    type_, field = resolved(name)
    value = data.draw(VALUES[name])
    assert type_.coerce(type_.to_json(value, field), field) == value


@pytest.mark.parametrize("name", sorted(set(FIELDS) - NOT_IN_ONE_CELL))
@SLOW
@given(data=st.data(), locale=st.sampled_from(LOCALES))
def test_text_gives_the_value_back(name, resolved, data, locale):
    type_, field = resolved(name)
    value = data.draw(VALUES[name])
    text = type_.to_text(value, field, locale)
    assert type_.from_text(text, field, locale) == value, text


@pytest.mark.parametrize("name", FIELDS)
def test_null_is_null_everywhere(name, resolved):
    type_, field = resolved(name)
    nothing = type_.coerce(None, field)
    assert nothing in (None, ())
    assert type_.coerce("", field) == nothing
    assert type_.to_json(None, field) is None
    assert type_.to_text(None, field, LOCALES[0]) == ""
    assert type_.from_text("  ", field, LOCALES[1]) == nothing


def _give_collation(connection, _record):
    connection.create_collation(DECIMAL_COLLATION, lambda a, b: (a > b) - (a < b))


@pytest.fixture
def database(database_url):
    engine = sa.create_engine(database_url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _give_collation)
    yield engine
    engine.dispose()


def tables(resolved):
    """One table with a column set for every sample field, and those it links to."""
    metadata = sa.MetaData()
    sa.Table("test_thing", metadata, sa.Column("id", sa.BigInteger, primary_key=True))
    columns = []
    for name in FIELDS:
        if name != "link":
            type_, field = resolved(name)
            columns.extend(type_.columns(f"f_{name}", field))
    key = sa.Column("id", sa.Integer, primary_key=True)
    return metadata, sa.Table("sample", metadata, key, *columns)


def test_the_database_gives_the_value_back(database, resolved):
    metadata, table = tables(resolved)
    metadata.create_all(database)
    stored = [
        n for n in FIELDS if n != "link" and resolved(n)[0].columns("x", resolved(n)[1])
    ]

    @settings(max_examples=40)
    @given(st.fixed_dictionaries({name: st.none() | VALUES[name] for name in stored}))
    def keep(values):
        row = {}
        for name, value in values.items():
            type_, field = resolved(name)
            row |= type_.store(value, f"f_{name}", field)
        with database.begin() as connection:
            connection.execute(table.delete())
            connection.execute(table.insert().values(row))
            found = connection.execute(sa.select(table)).mappings().one()
        for name, value in values.items():
            type_, field = resolved(name)
            back = type_.load(found, f"f_{name}", field)
            if isinstance(back, Sealed):
                back = type_.reveal(back)
            assert back == value, name

    keep()


def test_a_link_is_a_foreign_key(resolved):
    type_, field = resolved("link")
    (column,) = type_.columns("thing", field)
    (key,) = column.foreign_keys
    assert (key.target_fullname, key.ondelete) == ("test_thing.id", "RESTRICT")


def test_a_group_has_the_columns_of_its_members(resolved):
    type_, field = resolved("group")
    names = [name for name, _ in flat_members("billing", field)]
    assert names == [c.name for c in type_.columns("billing", field)]
    assert names == ["billing_street", "billing_since"]
