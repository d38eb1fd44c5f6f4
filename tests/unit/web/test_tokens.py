"""Access tokens and API keys: whom they let in, and until when."""

import time

import jwt
import pytest
import sqlalchemy as sa

from core.web import tokens
from core.web.account_tables import api_keys
from core.web.accounts import set_active, set_password
from core.web.settings import derive_key

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def issuer():
    return tokens.TokenIssuer(SECRET, minutes=5)


def test_a_token_stands_for_its_account(database, mara, issuer):
    credential = issuer.verify(database, issuer.issue(mara))
    assert credential == tokens.Credential(mara, tokens.SCOPES, "token")


def test_two_tokens_differ(mara, issuer):
    assert issuer.issue(mara) != issuer.issue(mara)


def test_a_token_of_another_key_is_refused(database, mara, issuer):
    other = tokens.TokenIssuer("f" * 32)
    assert issuer.verify(database, other.issue(mara)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"exp": int(time.time()) - 1},
        {"sub": "9999"},
        {"sub": "x"},
        {"iss": "somebody"},
        {"stamp": ""},
        {"jti": None},
        {"exp": None},
    ],
)
def test_a_changed_claim_is_refused(database, mara, issuer, change):
    key = derive_key(SECRET, "token")
    claims = jwt.decode(
        issuer.issue(mara), key, algorithms=["HS256"], issuer="intarsia"
    )
    changed = {k: v for k, v in (claims | change).items() if v is not None}
    text = jwt.encode(changed, key, algorithm="HS256")
    assert issuer.verify(database, text) is None


def test_an_unsigned_token_is_refused(database, mara, issuer):
    claims = jwt.decode(issuer.issue(mara), options={"verify_signature": False})
    assert issuer.verify(database, jwt.encode(claims, "", algorithm="none")) is None


def test_rubbish_is_refused(database, issuer):
    for text in ("", "a.b.c", "\u00e4"):
        assert issuer.verify(database, text) is None


def test_a_new_password_ends_tokens(database, mara, issuer):
    text = issuer.issue(mara)
    set_password(database, mara.id, "nine purple lamps")
    assert issuer.verify(database, text) is None


def test_turning_off_ends_tokens_and_keys(database, admin, mara, issuer):
    token = issuer.issue(mara)
    _, key = tokens.create_api_key(database, mara.id, "bridge")
    set_active(database, mara.id, False)
    assert issuer.verify(database, token) is None
    assert tokens.verify_api_key(database, key) is None


def test_a_key_stands_for_its_user_within_its_scopes(database, mara):
    made, text = tokens.create_api_key(database, mara.id, " bridge ", ["read"])
    assert text.startswith(f"int_{made.prefix}_")
    credential = tokens.verify_api_key(database, text)
    assert credential == tokens.Credential(mara, frozenset({"read"}), "key")
    (listed,) = tokens.list_api_keys(database, mara.id)
    assert listed.name == "bridge"
    assert listed.last_used_at


def test_only_a_hash_is_kept(database, mara):
    _, text = tokens.create_api_key(database, mara.id, "bridge")
    with database.reading() as connection:
        row = connection.execute(sa.select(api_keys)).one()
    secret = text.split("_")[2]
    assert not any(secret in str(value) for value in row)


def test_a_revoked_key_is_refused(database, mara, admin):
    made, text = tokens.create_api_key(database, mara.id, "bridge")
    assert not tokens.revoke_api_key(database, admin.id, made.id)
    assert tokens.verify_api_key(database, text)
    assert tokens.revoke_api_key(database, mara.id, made.id)
    assert not tokens.revoke_api_key(database, mara.id, made.id)
    assert tokens.verify_api_key(database, text) is None


def test_a_key_ends_on_its_day(database, mara, monkeypatch):
    _, text = tokens.create_api_key(database, mara.id, "bridge", days=1)
    now = time.time()
    monkeypatch.setattr(tokens.time, "time", lambda: now + 86_399)
    assert tokens.verify_api_key(database, text)
    monkeypatch.setattr(tokens.time, "time", lambda: now + 86_401)
    assert tokens.verify_api_key(database, text) is None


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "a", str.upper])
def test_a_key_fits_as_a_whole_or_not_at_all(database, mara, change):
    _, text = tokens.create_api_key(database, mara.id, "bridge")
    assert tokens.verify_api_key(database, change(text)) is None


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["read"]), ("x", []), ("x", ["all"]), ("x" * 129, "read")]
)
def test_a_key_without_name_or_known_scope_is_not_made(database, mara, name, scopes):
    with pytest.raises(ValueError, match="scope"):
        tokens.create_api_key(database, mara.id, name, scopes)
    assert tokens.list_api_keys(database, mara.id) == []


@pytest.mark.parametrize(
    ("scopes", "entity", "kind", "reaches"),
    [
        (["read"], "shop.item", "read", True),
        (["read"], "shop.item", "write", False),
        (["shop.item:read"], "shop.item", "read", True),
        (["shop.item:read"], "shop.items", "read", False),
        (["shop.item:read"], "shop.item", "write", False),
        (["shop.*:write"], "shop.item", "write", True),
        (["shop.*:write"], "shopping.item", "write", False),
        (["shop.*:write"], "shop.item", "read", False),
    ],
)
def test_scopes_reach_what_they_name_and_no_more(scopes, entity, kind, reaches):
    assert tokens.covers(frozenset(scopes), entity, kind) is reaches


@pytest.mark.parametrize(
    "scope", ["*", "*:read", "*.*:read", "shop:read", "shop.*", "shop.*:delete", "a b"]
)
def test_a_scope_that_is_none_makes_no_key(database, mara, scope):
    with pytest.raises(ValueError, match="unknown scopes"):
        tokens.create_api_key(database, mara.id, "bridge", [scope])


def test_kinds_are_bounded_by_entities():
    assert tokens.scopes_for(["read"], []) == {"read"}
    assert tokens.scopes_for(["read"], ["shop.*", ""]) == {"shop.*:read"}


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_key_lasts_a_day_to_ten_years(database, mara, days):
    with pytest.raises(ValueError, match="days"):
        tokens.create_api_key(database, mara.id, "bridge", days=days)
