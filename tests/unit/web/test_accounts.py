"""Users: created, checked, changed; the same on both databases."""

import dataclasses
import importlib.util

import pytest
import sqlalchemy as sa
from werkzeug.security import generate_password_hash

from core.web import accounts, passwords
from core.web.account_tables import roles, user_roles, users
from core.web.fab_models import framework_metadata
from core.web.roles import ADMIN, list_roles, mirror_roles
from tests.unit.web.conftest import PASSWORD, account_database


@pytest.fixture
def database(database_url):
    made = account_database(database_url)
    yield made
    made.dispose()


@pytest.fixture
def mara(database):
    return accounts.create_user(
        database, "mara", PASSWORD, "Mara", "Lindholt", "m@b.example", ["shop.user"]
    )


def test_a_user_is_found_by_name_and_by_address_in_any_case(database, mara):
    assert accounts.find_account(database, "MARA") == mara
    assert accounts.find_account(database, " M@B.example ") == mara
    assert accounts.verify_password(database, "Mara", PASSWORD) == mara
    assert mara.display_name == "Mara Lindholt"
    assert mara.roles == {"shop.user"}
    assert not mara.is_admin


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD + " ", "\0", "x" * 5000])
def test_a_wrong_password_is_refused(database, mara, password):
    assert accounts.verify_password(database, "mara", password) is None


def test_an_unknown_user_costs_one_hash_as_well(database, mara, monkeypatch):
    checked = []
    real = accounts.matches

    def counted(stored, password):
        checked.append(stored is None)
        return real(stored, password)

    monkeypatch.setattr(accounts, "matches", counted)
    assert accounts.verify_password(database, "nobody", PASSWORD) is None
    assert accounts.verify_password(database, "mara", "wrong") is None
    accounts.set_active(database, mara.id, False)
    assert accounts.verify_password(database, "mara", PASSWORD) is None
    assert checked == [True, False, True]


def test_a_user_name_wins_over_an_address_of_the_same_text(database, mara):
    other = accounts.create_user(
        database, "m@b.example", "nine purple lamps", email="other@b.example"
    )
    assert accounts.find_account(database, "m@b.example") == other


def test_an_older_hash_verifies_and_is_renewed(database, mara):
    old = generate_password_hash(PASSWORD, "pbkdf2:sha256:1000")
    with database.writing() as connection:
        connection.execute(sa.update(users).values(password=old))
    assert accounts.verify_password(database, "mara", "wrong") is None
    assert accounts.verify_password(database, "mara", PASSWORD)
    with database.reading() as connection:
        stored = connection.scalar(sa.select(users.c.password))
    assert stored.startswith("$argon2id$")
    assert accounts.verify_password(database, "mara", PASSWORD)


def test_outside_of_tests_a_hash_is_dear():
    spec = importlib.util.find_spec("core.web.passwords")
    real = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(real)
    stored = real.hash_password(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert real.matches(stored, PASSWORD)
    assert not real.needs_renewal(stored)
    assert real.needs_renewal(passwords.hash_password(PASSWORD))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("password", {"password": "short"}),
        ("password", {"password": "aaaaaaaaaaaaaa"}),
        ("password", {"password": "my mara password"}),
        ("username", {"username": "two words"}),
        ("username", {"username": "MARA"}),
        ("email", {"email": "no address"}),
        ("email", {"email": "M@b.example"}),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(database, mara, field, values):
    given = {"username": "mara2", "password": PASSWORD, "email": "x@b.example"}
    if "mara" in values.get("password", ""):
        given["username"] = "mara"
    with pytest.raises(accounts.AccountRefused) as refused:
        accounts.create_user(database, **(given | values))
    assert field in refused.value.problems
    assert len(accounts.list_accounts(database)) == 1


def test_a_new_password_or_turning_off_changes_the_stamp(database, mara):
    changed = accounts.set_password(database, mara.id, "nine purple lamps")
    assert accounts.verify_password(database, "mara", PASSWORD) is None
    assert accounts.verify_password(database, "mara", "nine purple lamps")
    off = accounts.set_active(database, mara.id, False)
    assert len({mara.stamp, changed.stamp, off.stamp}) == 3
    assert not off.active


def test_the_last_administrator_stays(database):
    admin = accounts.ensure_admin(database, PASSWORD)
    assert admin.is_admin
    with pytest.raises(accounts.AccountRefused, match="last administrator"):
        accounts.set_active(database, admin.id, False)
    with pytest.raises(accounts.AccountRefused, match="last administrator"):
        accounts.update_user(database, admin.id, "A", "", "", roles=["shop.user"])
    accounts.create_user(database, "second", "nine purple lamps", roles=[ADMIN])
    assert not accounts.set_active(database, admin.id, False).active


def test_ensuring_an_administrator_twice_keeps_the_password(database):
    first = accounts.ensure_admin(database, PASSWORD)
    again = accounts.ensure_admin(database, "another long password")
    assert again.id == first.id
    assert accounts.verify_password(database, "admin", PASSWORD)


def test_names_roles_and_locale_change(database, mara):
    accounts.update_user(database, mara.id, "M", "L", "new@b.example", ["shop.manager"])
    changed = accounts.set_locale(database, mara.id, "de", "Europe/Berlin")
    assert changed == dataclasses.replace(
        mara,
        first_name="M",
        last_name="L",
        email="new@b.example",
        roles=frozenset({"shop.manager"}),
        language="de",
        time_zone="Europe/Berlin",
        stamp=changed.stamp,
    )
    # Other roles end sessions and tokens; a language does not.
    assert changed.stamp != mara.stamp
    again = accounts.set_locale(database, mara.id, "en", "UTC")
    assert again.stamp == changed.stamp


def test_an_unknown_role_changes_nothing(database, mara):
    with pytest.raises(LookupError, match=r"shop\.owner"):
        accounts.update_user(database, mara.id, "X", "", "", ["shop.owner"])
    assert accounts.load_account(database, mara.id) == mara


def test_roles_are_mirrored_once_and_list_their_holders(database, mara):
    assert mirror_roles(database, ["shop.user", "shop.guest"]) == ("shop.guest",)
    assert mirror_roles(database, ["shop.user", "shop.guest"]) == ()
    listed = list_roles(database)
    assert listed["shop.user"] == ("Mara Lindholt",)
    assert listed["shop.guest"] == ()
    accounts.set_active(database, mara.id, False)
    assert list_roles(database)["shop.user"] == ()


@pytest.mark.parametrize("table", [users, roles, user_roles])
def test_our_view_of_the_framework_tables_fits_them(table):
    theirs = framework_metadata().tables[table.name]
    for column in table.columns:
        other = theirs.columns[column.name]
        assert type(other.type) is type(column.type), column.name
        assert getattr(other.type, "length", 0) == getattr(column.type, "length", 0)
    needed = {
        column.name
        for column in theirs.columns
        if not column.nullable and column.default is None
    }
    assert needed <= set(table.columns.keys())
