"""One module installed with what it needs, in an empty database, with its whole site.

Made by the contract suite once per module and kind of database; hands on people of any
roles and a caller that asks pages and API as one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.app import Application, DefinitionErrors, build_application
from core.config import AppConfig
from core.migrations import make_plan
from core.services import Actor
from core.web.accounts import Account, create_user, ensure_admin, load_account
from core.web.auth import actor_of, scoped
from core.web.people import mirror_people
from core.web.setup import apply_with_data
from core.web.site import create_site
from core.web.tokens import TokenIssuer

#: Folders of modules and a module's name -> its installation, made once a session.
InstallModule = Callable[[Sequence[Path], str], "Installation"]
PASSWORD = "seven green bottles"
SECRET = "0123456789abcdef0123456789abcdef"


@dataclass
class Installation:
    """A running site with one module and its depends; `accounts` by their roles."""

    module: str
    config: AppConfig
    application: Application
    site: Any
    accounts: dict[tuple[str, ...], Account] = field(default_factory=dict)
    tokens: dict[int, str] = field(default_factory=dict)

    @property
    def entities(self) -> list[str]:
        """The entities of the module, and those that it extends."""
        registry = self.application.registry
        own = [id_ for id_ in registry.entities if id_.startswith(f"{self.module}.")]
        folder = registry.modules[self.module].folder / "extensions"
        extended = [path.stem for path in sorted(folder.glob("*.yml"))]
        return own + [id_ for id_ in extended if id_ in registry.entities]

    def account(self, *roles: str) -> Account:
        """Somebody with these roles; no role at all is the administrator."""
        if roles not in self.accounts:
            database = self.application.database
            if roles:
                name = f"u{len(self.accounts)}"
                made = create_user(database, name, PASSWORD, name, roles=roles)
            else:
                made = ensure_admin(database, PASSWORD)
            mirror_people(self.application)
            found = load_account(database, made.id)
            assert found is not None
            self.accounts[roles] = found
        return self.accounts[roles]

    def actor(self, *roles: str) -> Actor:
        """The same somebody for the services."""
        return scoped(actor_of(self.account(*roles)), self.application)

    def ask(
        self, method: str, path: str, *roles: str, body: Any = None, **more: Any
    ) -> Any:
        """Send a request as somebody with these roles; `body` goes as JSON."""
        account = self.account(*roles)
        if account.id not in self.tokens:
            issuer = TokenIssuer(SECRET)
            self.tokens[account.id] = issuer.issue(account)
        headers = {"Authorization": f"Bearer {self.tokens[account.id]}"}
        if body is not None:
            more["data"] = json.dumps(body)
            headers["Content-Type"] = "application/json"
        client = self.site.test_client()
        return client.open(path, method=method, headers=headers, **more)

    def switch(self, enabled: Iterable[str]) -> None:
        """Turn exactly these modules on, by plan and apply, as the page does."""
        app = self.application
        after = build_application(self.config, database=app.database, enabled=enabled)
        apply_with_data(after, make_plan(after.compiled, app.database))
        self.application = build_application(self.config, database=app.database)
        self.site = create_site(self.application)

    def close(self) -> None:
        """Close the connections of the database."""
        self.application.close()


def install(folders: Sequence[Path], module: str, url: str, home: Path) -> Installation:
    """Install a module with what it depends on into an empty database.

    AssertionError with every mistake if its definitions are broken.
    """
    return _opened(folders, module, url, home, fresh=True)


def reopen(folders: Sequence[Path], module: str, url: str, home: Path) -> Installation:
    """The same over a copy of a database into which it was installed before."""
    return _opened(folders, module, url, home, fresh=False)


def _opened(
    folders: Sequence[Path], module: str, url: str, home: Path, *, fresh: bool
) -> Installation:
    config = AppConfig(
        home=home, database_url=url, secret_key=SECRET, modules_paths=tuple(folders)
    )
    try:
        application = build_application(config, enabled=[module])
    except DefinitionErrors as errors:
        raise AssertionError(f"The module cannot be used:\n{errors.text()}") from errors
    if fresh:
        plan = make_plan(application.compiled, application.database)
        apply_with_data(application, plan)
    made = Installation(module, config, application, create_site(application))
    made.account()
    return made
