"""The composition root: from folders of YAML to a running application, stage by stage.

Called by the command line, the web factory, workers and tests; hands on a frozen
`Application`. The only place that wires the stages.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa

from core.compiler import AccessCompiler, Compiled, compile_application
from core.config import AppConfig
from core.diagnostics import Diagnostics, summary
from core.expressions import builtin_catalogue
from core.fieldtypes import FieldTypeCatalog
from core.fieldtypes.catalog import builtin_catalog
from core.fieldtypes.secrets import SecretBox
from core.plugins import PluginManager, load_plugin
from core.registry import ModuleSource, Registry, build_registry, discover, order
from core.services import (
    Actor,
    AppError,
    Reader,
    Runtime,
    Transaction,
    reading,
    transaction,
)
from core.storage import Database, create_database
from core.storage.tables import module as module_table


class DefinitionErrors(Exception):
    """The definitions cannot be used; `diagnostics` says where and why."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        super().__init__(summary(diagnostics))
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
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
    def access(self) -> AccessCompiler:
        """The rights of sets of roles."""
        return self.compiled.access

    def transaction(
        self, actor: Actor, via: str = "python"
    ) -> AbstractContextManager[Transaction]:
        """Open a block of work: committed at its end, rolled back on any error.

        via: ui, api, import, cli or python; noted in the audit.
        """
        return transaction(self.runtime, actor, via)

    def reader(self, actor: Actor) -> AbstractContextManager[Reader]:
        """Open a block that only reads."""
        return reading(self.runtime, actor)

    def close(self) -> None:
        """Close the connections of the database."""
        self.database.dispose()


def build_application(
    config: AppConfig,
    *,
    database: Database | None = None,
    enabled: Iterable[str] | None = None,
) -> Application:
    """Go through all stages; DefinitionErrors if the YAML is broken.

    database: one that is open already. enabled: the modules to turn on, with what they
    depend on; by default those the database names, all where it names none.
    """
    found = Diagnostics()
    store = create_database(config.database_url) if database is None else database
    wanted = enabled_modules(store) if enabled is None else enabled
    available = discover(config.modules_paths, found)
    modules = order(available, wanted, found)
    plugins = _plugins(modules)
    secrets = SecretBox(config.secret_key)
    catalog = builtin_catalog(secrets).with_types(plugins.field_types())
    functions = builtin_catalogue().with_functions(*plugins.functions())
    registry = build_registry(
        modules, catalog, found, overlays=config.overlays, functions=functions
    )
    if found.has_errors:
        raise DefinitionErrors(found)
    compiled = compile_application(registry, catalog, store.kind)
    return Application(
        config=config,
        available=available,
        registry=registry,
        catalog=catalog,
        compiled=compiled,
        database=store,
        plugins=plugins,
        diagnostics=found,
        runtime=Runtime(compiled, store, plugins),
    )


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
