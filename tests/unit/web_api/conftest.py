"""The API over a small library, on both databases, with people of several roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.app import Application, build_application
from core.config import AppConfig
from core.services import Actor
from core.services.seed import apply_data
from core.storage.tables import create_system_tables
from core.web.account_tables import create_account_tables
from core.web.accounts import create_user, ensure_admin
from core.web.api import register_api
from core.web.app import create_web_app
from core.web.roles import mirror_roles
from core.web.tokens import create_api_key

WORLD = Path(__file__).parent / "world"
PASSWORD = "seven green bottles"
PEOPLE = {
    "mara": ["library.clerk"],
    "nils": ["library.clerk"],
    "otto": ["library.reader"],
    "vera": ["library.boss"],
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

    def as_user(self, name: str) -> Api:
        answer = self.app.test_client().post(
            "/api/v1/auth/login", json={"username": name, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        token = answer.json["access_token"]
        return Api(self.app.test_client(), {"Authorization": f"Bearer {token}"})

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
        application.compiled.metadata.create_all(connection)
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
    app = create_web_app(application, register=[register_api])
    return Library(application, app, ids)


@pytest.fixture
def library(database_url: str, tmp_path: Path) -> Iterator[Library]:
    made = open_library(database_url, tmp_path)
    yield made
    made.application.close()


@pytest.fixture
def boss(library: Library) -> Api:
    return library.as_user("vera")


@pytest.fixture
def clerk(library: Library) -> Api:
    return library.as_user("mara")
