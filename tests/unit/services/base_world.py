"""Worlds of the shipped base module and a module written in the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.compiler import Compiled, compile_application
from core.diagnostics import Diagnostics, render_all
from core.fieldtypes import builtin_catalog
from core.migrations import apply_plan, make_plan
from core.registry import build_registry, discover, order
from core.services import Actor, Runtime, transaction
from core.services.seed import apply_data
from core.storage.tables import create_system_tables
from tests.unit.prepared import database_at, prepared
from tests.unit.registry.making import write_modules

MODULES = Path(__file__).parents[3] / "modules"


@contextmanager
def base_world(folder: Path, url: str, text: str, name: str) -> Iterator[Runtime]:
    """The runtime of base and one module, its data applied, in an empty database."""
    compiled = prepared(
        ("base and", text, name), url, lambda: _install(folder, url, text, name)
    )
    database = database_at(url)
    try:
        yield Runtime(compiled, database)
    finally:
        database.dispose()


def _install(folder: Path, url: str, text: str, name: str) -> Compiled:
    write_modules(folder, text)
    found = Diagnostics()
    modules = order(
        discover([MODULES, folder], found, entry_points=False), [name], found
    )
    registry = build_registry(modules, builtin_catalog(), found)
    assert not found.has_errors, render_all(found, lambda file: None)
    database = database_at(url)
    try:
        compiled = compile_application(registry, builtin_catalog(), database.kind)
        with database.writing() as connection:
            create_system_tables(connection)
        home = folder / "home"
        apply_plan(make_plan(compiled, database), compiled, database, home)
        with transaction(Runtime(compiled, database), Actor.system(), "seed") as tx:
            apply_data(tx)
    finally:
        database.dispose()
    return compiled
