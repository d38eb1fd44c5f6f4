"""The pytest plugin of Intarsia.

pytest loads it through `tests/conftest.py` or `-p core.testing.plugin`; it hands on
fixtures to tests of the core and of modules: databases and browser pages.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from playwright.sync_api import Browser, Page

from core.testing import browser as chromium
from core.testing import golden as kept
from core.testing import postgres, thrift

if TYPE_CHECKING:
    from core.testing.installation import Installation, InstallModule

DATABASES = ("sqlite", "postgresql")
# Set by the process that the user started, inherited by the workers of pytest-xdist.
FOLDER = "INTARSIA_TEST_POSTGRES"
OWNER = "INTARSIA_TEST_OWNER"
REAL_DATA = "INTARSIA_REAL_DATA"

FreshDatabase = Callable[[str], str]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--update-golden`."""
    parser.addoption(
        kept.OPTION, action="store_true", help="keep the texts of this run as golden"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of this run's PostgreSQL; no server is started yet."""
    # A deadline would make a test depend on how busy the machine is.
    hypothesis.settings.register_profile("intarsia", deadline=None)
    hypothesis.settings.load_profile("intarsia")
    if not _is_worker(config):
        os.environ[FOLDER] = str(postgres.new_folder())
        os.environ[OWNER] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop this run's PostgreSQL, if a test asked for it."""
    if not _is_worker(config) and FOLDER in os.environ:
        postgres.stop_server(Path(os.environ.pop(FOLDER)))


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Mark tests by the fixtures they use; leave out those whose data is not there."""
    without_data = []
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "browser" in names:
            item.add_marker(pytest.mark.browser)
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "postgres_server" in names or "postgresql" in parameters.values():
            item.add_marker(pytest.mark.postgresql)
        if "real_data" in names and not os.environ.get(REAL_DATA):
            without_data.append(item)
    if without_data:
        items[:] = [item for item in items if item not in without_data]
        config.hook.pytest_deselected(items=without_data)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so when tests on large real files were left out."""
    if not os.environ.get(REAL_DATA):
        terminalreporter.write_line(
            f"Tests on real files are left out: {REAL_DATA} names no folder."
        )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real files; without one, tests that ask are left out."""
    return Path(os.environ[REAL_DATA])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """Return the PostgreSQL of this test run, shared by all workers."""
    folder, owner = Path(os.environ[FOLDER]), int(os.environ[OWNER])
    server = postgres.shared_server(folder, owner, brief=True)
    yield server
    server.close()


@pytest.fixture
def fresh_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[FreshDatabase]:
    """Return a function: kind of database -> URL of a new, empty one.

    kind: `sqlite` or `postgresql`. All of them are removed after the test.
    """
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{uuid.uuid4().hex}.db"
        server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
        made.append(server.create_database())
        return made[-1]

    yield make
    for url in made:
        server = request.getfixturevalue("postgres_server")
        server.drop_database(url)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, fresh_database: FreshDatabase) -> str:
    """Return the URL of an empty database; the test runs once on each kind."""
    return fresh_database(request.param)


@pytest.fixture(scope="session")
def install_module(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[InstallModule]:
    """Return a function: folders and a module -> its installation on SQLite.

    Each module is installed once in a session; the site is closed at its end.
    """
    made: dict[tuple[tuple[Path, ...], str], Installation] = {}

    def make(folders: Sequence[Path], module: str) -> Installation:
        key = tuple(folders), module
        if key not in made:
            from core.testing.installation import install

            home = tmp_path_factory.mktemp(module)
            url = f"sqlite:///{home / 'module.db'}"
            made[key] = install(folders, module, url, home)
        return made[key]

    yield make
    for one in made.values():
        one.close()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> kept.Golden:
    """Return a function: file name and text -> fails unless the file holds the text."""
    update = bool(request.config.getoption(kept.OPTION))
    return kept.Golden(request.path.parent, update)


@pytest.fixture(scope="session", autouse=True)
def thrifty() -> Iterator[None]:
    """Spare all tests what costs much and is the same every time."""
    with thrift.quick_passwords(), thrift.known_templates():
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the Chromium of this worker."""
    with chromium.launch() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return an empty page of desktop size; script errors fail the test."""
    with chromium.open_page(browser, chromium.DESKTOP) as opened:
        yield opened


@pytest.fixture
def phone_page(browser: Browser) -> Iterator[Page]:
    """Return an empty page 390 pixels wide; script errors fail the test."""
    with chromium.open_page(browser, chromium.PHONE) as opened:
        yield opened


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
