"""The pages over the small library of the API's tests, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.app import Application
from core.services import Actor
from core.web.app import create_web_app
from core.web.pages import install_pages
from core.web.settings import WebSettings
from tests.unit.web_api.conftest import PASSWORD, emptied, open_library

_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass
class Person:
    """Somebody at a browser without scripts."""

    client: FlaskClient
    token: str = ""

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        assert response.status_code == status, response.text
        found = _TOKEN.search(response.text)
        self.token = found[1] if found else self.token
        return response.text

    def post(self, path: str, **values: Any) -> TestResponse:
        data = {"csrf_token": self.token, **values}
        return self.client.post(path, data=data)


@dataclass
class Library:
    """The application and its site."""

    application: Application
    app: Flask
    people: dict[str, int]
    signed_in: dict[str, Person] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        if name not in self.signed_in:
            made = Person(self.app.test_client())
            made.get("/login/")
            answer = made.post("/login/", username=name, password=PASSWORD)
            assert answer.status_code == 302
            made.get("/")
            self.signed_in[name] = made
        return self.signed_in[name]

    def make(self, entity: str, **values: Any) -> int:
        with self.application.transaction(Actor.system()) as tx:
            made = tx.create(entity, values, accept_warnings=True)
        assert made.id is not None
        return made.id

    def read(self, entity: str, id_: int) -> Any:
        with self.application.reader(Actor.system()) as reader:
            return reader.get(entity, id_)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    home = tmp_path_factory.mktemp("pages")
    if request.param == "sqlite":
        url = f"sqlite:///{home / 'library.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create_database()
    made = open_library(url, home)
    settings = replace(WebSettings.of(made.application.config), languages=("en", "de"))
    app = create_web_app(made.application, settings, (install_pages,))
    yield Library(made.application, app, made.people)
    made.application.close()
    if request.param == "postgresql":
        server.drop_database(url)


@pytest.fixture
def library(opened: Library) -> Iterator[Library]:
    yield opened
    emptied(opened.application)


@pytest.fixture
def boss(library: Library) -> Person:
    return library.person("vera")


@pytest.fixture
def clerk(library: Library) -> Person:
    return library.person("mara")
