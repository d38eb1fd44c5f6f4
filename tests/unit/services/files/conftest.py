"""A shelf of things with files, on both databases, and files made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.diagnostics import Diagnostics
from core.fieldtypes import builtin_catalog
from core.registry import build_registry, discover, order
from core.storage.files import LocalFiles

OWN = Path(__file__).parent / "world"
SHARED = Path(__file__).parent.parent / "world"


@pytest.fixture(scope="session")
def registry():
    found = Diagnostics()
    modules = order(discover((SHARED, OWN), found, entry_points=False), None, found)
    made = build_registry(modules, builtin_catalog(), found)
    assert not found.has_errors
    return made


@pytest.fixture
def world(make, database_url, tmp_path):
    made = make(database_url)
    files = LocalFiles(tmp_path / "files")
    made = replace(made, runtime=replace(made.runtime, files=files))
    keeper = frozenset({"shelf.keeper"})
    looker = frozenset({"shelf.looker"})
    made = made.acting("boss", roles=keeper)
    return made.acting("ann", roles=looker).acting("bob", roles=looker)


@pytest.fixture
def upload(world) -> Callable[..., Any]:
    """Take bytes in as one of the people: `upload("ann", "a.png", png())`."""
    from core.services.files import receive

    def take(actor: str, name: str, content: bytes, field: str | None = None):
        with world.tx(actor) as tx:
            fields = tx.runtime.compiled.entity("shelf.thing").fields
            shown = None if field is None else fields[field]
            return receive(tx.scene, io.BytesIO(content), name, shown)

    return take


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(target, kind, **options)
    return target.getvalue()


def archive(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name.replace("__", "/"), content)
    return target.getvalue()


@pytest.fixture
def draw():
    return picture


@pytest.fixture
def pack():
    return archive
