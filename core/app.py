"""The composition root: from folders of YAML to a running application, stage by stage.

Called by the command line, the web factory, workers and tests; hands on a frozen
`Application`. The only place that wires the stages.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import AccessCompiler, Compiled, compile_application
from core.config import AppConfig, mail_domain
from core.diagnostics import Diagnostics, render_all, summary
from core.fieldtypes import FieldTypeCatalog
from core.fieldtypes.catalog import builtin_catalog
from core.fieldtypes.functions import language_catalogue
from core.fieldtypes.secrets import SecretBox
from core.frozen import frozen
from core.plugins import PluginManager, load_plugin
from core.registry import ModuleSource, Registry, build_registry, discover, order
from core.services import AppError, Runtime
from core.storage import Database, create_database
from core.storage.files import open_files
from core.storage.tables import module as module_table

if TYPE_CHECKING:
    from core.services import Actor, Reader, Transaction


class DefinitionErrors(Exception):
    """The definitions cannot be used; `diagnostics` says where and why."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        super().__init__(summary(diagnostics))
        self.diagnostics = diagnostics

    def text(self, color: bool = False) -> str:
        """All mistakes with their places, as `check` prints them."""
        shown = render_all(self.diagnostics, source_text, color=color)
        return f"{shown}\n{summary(self.diagnostics)}"


def source_text(file: str) -> str | None:
    """The text of a definition file, for the lines above the carets."""
    try:
        return Path(file).read_text("utf-8", errors="replace")
    except OSError:
        return None


@frozen(kw_only=True)
class Application:
    """One generation: everything that was read and compiled, never changed.

    `available` are all modules that were found, on or off; `diagnostics` holds the
    warnings of the build.
    """

    config: AppConfig
    available: tuple[ModuleSource, ...]
    registry: Registry
    catalog: FieldTypeCatalog
    compiled: Compiled
    database: Database
    plugins: PluginManager
    diagnostics: Diagnostics
    runtime: Runtime

    @property
    def secret_box(self) -> SecretBox:
        """What encrypts and opens the secrets that the platform keeps."""
        return SecretBox(self.config.secret_key)

    @property
    def access(self) -> AccessCompiler:
        """The rights of sets of roles."""
        return self.compiled.access

    def transaction(
        self, actor: Actor, via: str = "python"
    ) -> AbstractContextManager[Transaction]:
        """Open a block of work: committed at its end, rolled back on any error.

        via: ui, api, import, cli or python; noted in the audit.
        """
        from core.services.transactions import transaction

        return transaction(self.runtime, actor, via)

    def reader(self, actor: Actor) -> AbstractContextManager[Reader]:
        """Open a block that only reads."""
        from core.services.reader import reading

        return reading(self.runtime, actor)

    def close(self) -> None:
        """Close the connections of the database."""
        self.database.dispose()


@frozen(kw_only=True)
class Definitions:
    """What the folders say, read and checked; `diagnostics` holds every mistake."""

    available: tuple[ModuleSource, ...]
    registry: Registry
    catalog: FieldTypeCatalog
    plugins: PluginManager
    diagnostics: Diagnostics


def read_definitions(
    config: AppConfig,
    enabled: Iterable[str] | None = None,
    also: Sequence[Path] = (),
    rows: bool = True,
) -> Definitions:
    """Discover, order, read, compose and check; nothing is raised for broken YAML.

    enabled: the modules to turn on, with what they depend on; all if None. also: more
    folders with modules, as the command `check` names them. rows: check shipped data
    and samples too, which is needed to load them.
    """
    found = Diagnostics()
    available = discover((*config.modules_paths, *also), found)
    modules = order(available, enabled, found)
    plugins = _plugins(modules)
    catalog = builtin_catalog(SecretBox(config.secret_key))
    catalog = catalog.with_types(plugins.field_types())
    functions = language_catalogue().with_functions(*plugins.functions())
    registry = build_registry(
        modules,
        catalog,
        found,
        overlays=config.overlays,
        functions=functions,
        rows=rows,
    )
    return Definitions(
        available=available,
        registry=registry,
        catalog=catalog,
        plugins=plugins,
        diagnostics=found,
    )


def build_application(
    config: AppConfig,
    *,
    database: Database | None = None,
    enabled: Iterable[str] | None = None,
    rows: bool = True,
) -> Application:
    """Go through all stages; DefinitionErrors if the YAML is broken.

    database: one that is open already. enabled: the modules to turn on, with what they
    depend on; by default those the database names, all where it names none. rows: as in
    `read_definitions`.
    """
    store = create_database(config.database_url) if database is None else database
    wanted = enabled_modules(store) if enabled is None else enabled
    read = read_definitions(config, wanted, rows=rows)
    if read.diagnostics.has_errors:
        raise DefinitionErrors(read.diagnostics)
    compiled = compile_application(read.registry, read.catalog, store.kind)
    return Application(
        config=config,
        available=read.available,
        registry=read.registry,
        catalog=read.catalog,
        compiled=compiled,
        database=store,
        plugins=read.plugins,
        diagnostics=read.diagnostics,
        runtime=Runtime(
            compiled,
            store,
            read.plugins,
            files=open_files(config.files_config),
            max_upload=config.files_config.max_upload,
            query_seconds=config.query_seconds,
            webhook_networks=config.webhook_networks,
            signing_key=config.secret_key,
            **_of_mails(config, read.registry),
        ),
    )


def _of_mails(config: AppConfig, registry: Registry) -> dict[str, Any]:
    """Where mails to each mailbox come to; the installation knows better."""
    found = {
        id_: box.address_ for id_, box in registry.mailboxes.items() if box.address_
    }
    found |= {one.id: one.address for one in config.mailboxes if one.address}
    return {
        "mail_domain": mail_domain(config.mail),
        "public_url": config.public_url,
        "mail_addresses": MappingProxyType(found),
        "served_mailboxes": tuple(one.id for one in config.mailboxes),
    }


def enabled_modules(database: Database) -> tuple[str, ...] | None:
    """The modules that were on when a plan was last applied; None before the first."""
    table = module_table
    with database.reading() as connection:
        if not sa.inspect(connection).has_table(table.name):
            return None
        rows = connection.execute(sa.select(table.c.name, table.c.state)).all()
    return tuple(row.name for row in rows if row.state == "enabled") if rows else None


def _plugins(modules: Sequence[ModuleSource]) -> PluginManager:
    """A fresh object of each module with Python; none is shared by two generations."""
    found = {
        module.name: load_plugin(module.name, module.folder)
        for module in modules
        if module.definition.python
    }
    return PluginManager(found, passed=(AppError,))


class ApplicationHolder:
    """The application in use; work that has begun keeps the one it began with."""

    def __init__(self, application: Application) -> None:
        self._current = application
        self._lock = threading.Lock()

    @property
    def current(self) -> Application:
        """The generation that new work begins with."""
        return self._current

    def reload(self) -> Application:
        """Build the next generation beside the current one, then swap it in.

        DefinitionErrors leaves the current one in use.
        """
        with self._lock:
            now = self._current
            self._current = build_application(now.config, database=now.database)
            return self._current
