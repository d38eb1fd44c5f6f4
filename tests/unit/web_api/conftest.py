"""The API over a small library, on both databases, with people of several roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.app import Application, build_application
from core.config import AppConfig
from core.migrations import apply_plan, make_plan
from core.services import Actor
from core.services.seed import apply_data
from core.storage.tables import create_system_tables, idempotency, metadata
from core.web.account_tables import create_account_tables, sign_in_failures
from core.web.accounts import create_user, ensure_admin
from core.web.api import register_api
from core.web.app import create_web_app
from core.web.roles import mirror_roles
from core.web.settings import WebSettings
from core.web.tokens import create_api_key

WORLD = Path(__file__).parent / "world"
PASSWORD = "seven green bottles"
PEOPLE = {
    "mara": ["library.clerk"],
    "nils": ["library.clerk"],
    "otto": ["library.reader"],
    "vera": ["library.boss"],
    "gus": ["library.guest"],
    "zoe": [],
}


@dataclass
class Api:
    """A caller of the API: sends JSON with a credential, reads JSON."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, method: str, path: str, body: Any = None, **more: Any
    ) -> TestResponse:
        headers = {**self.headers, **more.pop("headers", {})}
        if body is not None:
            more["data"] = body if isinstance(body, bytes) else json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        address = path if path.startswith("/") else f"/api/v1/{path}"
        return self.client.open(address, method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        response = self("GET", path, query_string=query)
        assert response.status_code == 200, response.text
        return response.json

    def make(self, path: str, **values: Any) -> dict[str, Any]:
        response = self("POST", path, values)
        assert response.status_code == 201, response.text
        return response.json


@dataclass
class Library:
    """The application, its Flask app and the ids of its people."""

    application: Application
    app: Flask
    people: dict[str, int]
    tokens: dict[str, str] = field(default_factory=dict)

    def as_user(self, name: str) -> Api:
        if name not in self.tokens:
            self.tokens[name] = self.sign_in(name)
        bearer = {"Authorization": f"Bearer {self.tokens[name]}"}
        return Api(self.app.test_client(), bearer)

    def sign_in(self, name: str) -> str:
        answer = self.app.test_client().post(
            "/api/v1/auth/login", json={"username": name, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        return answer.json["access_token"]

    def with_key(self, name: str, *scopes: str) -> Api:
        database = self.application.database
        _, text = create_api_key(database, self.people[name], "test", scopes)
        return Api(self.app.test_client(), {"X-API-Key": text})

    def stranger(self) -> Api:
        return Api(self.app.test_client())


def open_library(url: str, home: Path) -> Library:
    """Build the library in an empty database."""
    config = AppConfig(
        home=home,
        database_url=url,
        secret_key="0123456789abcdef0123456789abcdef",
        modules_paths=(WORLD,),
    )
    application = build_application(config, enabled=["library"])
    database = application.database
    with database.writing() as connection:
        create_system_tables(connection)
    plan = make_plan(application.compiled, database)
    apply_plan(plan, application.compiled, database, home)
    create_account_tables(database.engine)
    mirror_roles(database, application.registry.rights.roles)
    ids = {"admin": ensure_admin(database, PASSWORD).id}
    for name, roles in PEOPLE.items():
        made = create_user(database, name, PASSWORD, name.title(), roles=roles)
        ids[name] = made.id
    with application.transaction(Actor.system(), "seed") as tx:
        apply_data(tx)
        people = [
            (id_, {"login": name, "name": name.title()}, None)
            for name, id_ in ids.items()
        ]
        tx.create_with_ids("base.user", people)
    settings = replace(WebSettings.of(config), languages=("en", "de"))
    app = create_web_app(application, settings, [register_api])
    return Library(application, app, ids)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    """The library on each database, built once."""
    home = tmp_path_factory.mktemp("library")
    if request.param == "sqlite":
        made = open_library(f"sqlite:///{home / 'library.db'}", home)
        yield made
        made.application.close()
        return
    server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        made = open_library(url, home)
        yield made
        made.application.close()


def emptied(application: Application) -> None:
    """Take away what tests have made, but for companies, people and currencies."""
    tables = application.compiled.metadata.sorted_tables
    # New records get the numbers of those that go: nothing may be left about them.
    about = [t for t in metadata.sorted_tables if {"entity", "record"} <= {*t.c.keys()}]
    kept = ("base_currency", "base_company", "base_user")
    with application.database.writing() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in (*reversed(tables), *about, idempotency, sign_in_failures):
            if table.name not in kept:
                connection.execute(table.delete())


@pytest.fixture
def library(opened: Library) -> Iterator[Library]:
    """The library without books, authors, tags and answers of other tests."""
    yield opened
    emptied(opened.application)


@pytest.fixture
def boss(library: Library) -> Api:
    return library.as_user("vera")


@pytest.fixture
def clerk(library: Library) -> Api:
    return library.as_user("mara")
