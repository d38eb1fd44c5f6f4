"""A web app over an empty database, with an administrator and a user."""

import re
from dataclasses import dataclass

import pytest

from core.storage.engine import Database, create_database
from core.web.account_tables import create_account_tables
from core.web.accounts import Account, create_user, ensure_admin
from core.web.app import create_web_app
from core.web.roles import mirror_roles
from tests.unit.prepared import database_at, prepared

PASSWORD = "seven green bottles"


@dataclass(frozen=True)
class Config:
    secret_key: str = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Application:
    database: Database
    config: Config = Config()


class Browser:
    """A test client that reads the CSRF token of the page before it posts."""

    def __init__(self, app):
        self.client = app.test_client()

    def get(self, path, **more):
        return self.client.get(path, **more)

    def post(self, path, page="/login/", **fields):
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        token = {"csrf_token": found[1]} if found else {}
        return self.client.post(path, data=fields | token)

    def sign_in(self, username, password=PASSWORD, **more):
        return self.post("/login/", username=username, password=password, **more)


def account_database(url: str, *roles: str) -> Database:
    """A database with the tables of accounts, and roles to give to people."""
    named = roles or ("shop.user", "shop.manager")

    def make() -> None:
        made = create_database(url)
        create_account_tables(made.engine)
        mirror_roles(made, named)
        made.dispose()

    prepared(("accounts", named), url, make)
    return database_at(url)


@pytest.fixture
def database(fresh_database):
    made = account_database(fresh_database("sqlite"))
    yield made
    made.dispose()


@pytest.fixture
def application(database) -> Application:
    return Application(database)


@pytest.fixture
def admin(database) -> Account:
    return ensure_admin(database, PASSWORD)


@pytest.fixture
def mara(database) -> Account:
    return create_user(
        database,
        "mara",
        PASSWORD,
        "Mara",
        "Lindholt",
        "mara@brindlemoor.example",
        ["shop.user"],
    )


@pytest.fixture
def app(application, admin, mara):
    return create_web_app(application)


@pytest.fixture
def browser_of(app):
    """Return a function: user name -> a signed-in browser (a stranger for None)."""

    def open_browser(username=None):
        browser = Browser(app)
        if username:
            assert browser.sign_in(username).status_code == 302
        return browser

    return open_browser
