"""Signing in through a provider that speaks OpenID Connect (Core 1.0, with Discovery).

The sign-in page starts with `begin` and ends with `finish`: the authorization code flow
with state, nonce and PKCE (RFC 7636, S256). The provider's word is taken only for what
its signed ID token says, and only for accounts that the settings allow.
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from core.config import ProviderConfig
from core.frozen import frozen
from core.storage.engine import Database
from core.web.account_tables import provider_accounts
from core.web.accounts import (
    Account,
    AccountRefused,
    create_provider_user,
    find_account,
    load_account,
)

#: Seconds to wait for the provider, and for clocks that differ.
PATIENCE = 10
_LEEWAY = 60
_LONGEST_ANSWER = 1_000_000
#: Signatures with a public key; a shared secret signs nothing here.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS512", "ES384", "ES512")


class ProviderRefused(Exception):
    """Nobody comes in this way; `reason` is one of the journal's."""

    def __init__(self, text: str, reason: str = "provider") -> None:
        super().__init__(text)
        self.reason = reason


@frozen
class Begun:
    """Where the browser goes, and what must be kept until it is back."""

    address: str
    state: str
    nonce: str
    verifier: str


@frozen
class Person:
    """Who somebody is, as the provider says."""

    subject: str
    email: str
    confirmed: bool
    username: str
    first_name: str
    last_name: str


def begin(provider: ProviderConfig, back: str) -> Begun:
    """Begin a sign-in that the provider answers at the address `back`."""
    import secrets

    found = _description(provider)
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    with _client(provider, back) as client:
        address, state = client.create_authorization_url(
            found["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
    return Begun(address, state, nonce, verifier)


def finish(provider: ProviderConfig, back: str, begun: Begun, asked: str) -> Person:
    """Who came back with the address `asked`; ProviderRefused if anything is wrong."""
    from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
    from requests import RequestException

    found = _description(provider)
    try:
        with _client(provider, back) as client:
            token = client.fetch_token(
                found["token_endpoint"],
                authorization_response=asked,
                state=begun.state,
                code_verifier=begun.verifier,
                timeout=PATIENCE,
                allow_redirects=False,
            )
    except (AuthlibBaseError, RequestException, ValueError) as error:
        raise ProviderRefused(f"no token: {error}") from error
    claims = _claims(provider, found, token.get("id_token"), begun.nonce)
    return _person(claims)


def account_for(
    database: Database, provider: ProviderConfig, person: Person
) -> Account:
    """The account of a person: linked before, found by address, or made; or refused."""
    linked = _linked(database, provider, person)
    if linked is None and provider.link_by_email and person.confirmed:
        linked = find_by_email(database, person.email)
    if linked is None and provider.create:
        linked = _make(database, provider, person)
    if linked is None:
        raise ProviderRefused("nobody here is this person", "not_linked")
    if not linked.active:
        raise ProviderRefused("the user is turned off", "inactive")
    return linked


def link(
    database: Database, provider: ProviderConfig, person: Person, account: Account
) -> bool:
    """Keep that the provider's account is this user's; False if it was kept before."""
    if _linked(database, provider, person) is not None:
        return False
    values = {
        "provider": provider.id,
        "subject": person.subject,
        "user": account.id,
        "linked_at": int(time.time()),
    }
    with database.writing() as connection:
        # A user who was deleted outside leaves a link that leads nowhere.
        connection.execute(sa.delete(provider_accounts).where(_is(provider, person)))
        connection.execute(sa.insert(provider_accounts).values(values))
    return True


def find_by_email(database: Database, email: str) -> Account | None:
    """The user with this very address; a user name of the same text does not count."""
    account = find_account(database, email) if "@" in email else None
    if account is None or account.email.lower() != email.lower():
        return None
    return account


def _linked(
    database: Database, provider: ProviderConfig, person: Person
) -> Account | None:
    statement = sa.select(provider_accounts.c.user).where(_is(provider, person))
    with database.reading() as connection:
        user = connection.execute(statement).scalar()
    return load_account(database, user) if user is not None else None


def _is(provider: ProviderConfig, person: Person) -> sa.ColumnElement[bool]:
    return sa.and_(
        provider_accounts.c.provider == provider.id,
        provider_accounts.c.subject == person.subject,
    )


def _make(database: Database, provider: ProviderConfig, person: Person) -> Account:
    """A new user without a password; an address that is taken is nobody's to take."""
    if not person.confirmed:
        raise ProviderRefused("the address is not confirmed", "not_linked")
    name = person.username or person.email.partition("@")[0]
    if find_account(database, name) is not None:
        name = person.email
    try:
        return create_provider_user(
            database,
            name,
            person.first_name,
            person.last_name,
            person.email,
            provider.roles,
        )
    except (AccountRefused, LookupError) as refused:
        raise ProviderRefused(str(refused), "not_linked") from refused


def _client(provider: ProviderConfig, back: str) -> Any:
    from authlib.integrations.requests_client import (  # type: ignore[import-untyped]
        OAuth2Session,
    )

    way = "client_secret_basic" if provider.secret else "none"
    return OAuth2Session(
        provider.client_id,
        provider.secret or None,
        token_endpoint_auth_method=way,
        scope=" ".join(provider.scopes),
        redirect_uri=back,
        code_challenge_method="S256",
        default_timeout=PATIENCE,
    )


def _description(provider: ProviderConfig) -> Mapping[str, Any]:
    """What the provider says of itself; only for its own issuer."""
    found = _fetch(f"{provider.issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != provider.issuer:
        raise ProviderRefused("the description is of another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not _is_safe(found.get(name)):
            raise ProviderRefused(f"the description names no safe {name}")
    return found


def _is_safe(address: object) -> bool:
    parts = urlsplit(address if isinstance(address, str) else "")
    here = parts.hostname in ("localhost", "127.0.0.1")
    return parts.scheme == "https" or (parts.scheme == "http" and here)


def _fetch(address: str) -> Mapping[str, Any]:
    import requests

    try:
        answer = requests.get(address, timeout=PATIENCE, allow_redirects=False)
        answer.raise_for_status()
        if len(answer.content) > _LONGEST_ANSWER:
            raise ProviderRefused("the answer is too long")
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderRefused(f"the provider does not answer: {error}") from error
    if not isinstance(found, dict):
        raise ProviderRefused("the provider's answer is no JSON object")
    return found


def _claims(
    provider: ProviderConfig, found: Mapping[str, Any], text: object, nonce: str
) -> Mapping[str, Any]:
    """The claims of an ID token that is signed, ours, of now, and for this sign-in."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if not isinstance(text, str):
        raise ProviderRefused("the provider sent no ID token")
    rules = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY,
        iss={"essential": True, "value": str(found["issuer"])},
        aud={"essential": True, "value": provider.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        keys = KeySet.import_key_set({"keys": _fetch(found["jwks_uri"])["keys"]})
        token = jwt.decode(text, keys, algorithms=ALGORITHMS)
        rules.validate(token.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderRefused(f"the ID token is not in order: {error}") from error
    claims = token.claims
    audience = claims["aud"]
    shared = isinstance(audience, list) and len(audience) > 1
    if shared and claims.get("azp") != provider.client_id:
        raise ProviderRefused("the ID token is for another program")
    return claims


def _person(claims: Mapping[str, Any]) -> Person:
    def text(name: str, most: int) -> str:
        value = claims.get(name)
        return " ".join(value.split())[:most] if isinstance(value, str) else ""

    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ProviderRefused("the ID token names nobody")
    first, _, last = text("name", 128).partition(" ")
    return Person(
        subject=subject,
        email=text("email", 320),
        confirmed=claims.get("email_verified") is True and "@" in text("email", 320),
        username=text("preferred_username", 128).replace(" ", ""),
        first_name=text("given_name", 64) or first[:64],
        last_name=text("family_name", 64) or last[:64],
    )
