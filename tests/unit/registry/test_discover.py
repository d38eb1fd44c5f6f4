"""Modules are found by their manifests alone."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

from core.diagnostics import Diagnostics
from core.registry import discover
from tests.unit.registry.making import write_modules

TWO = """== shop/module.yml
module: shop
title: Shop
version: 1.0.0
python: true
== shop/plugin.py
raise RuntimeError("must not be imported")
== store/module.yml
module: store
title: Store
version: 2.0.0
== notes/readme.txt
no module
"""


def test_a_folder_of_modules_and_a_module_itself(tmp_path: Path) -> None:
    write_modules(tmp_path / "all", TWO)
    (tmp_path / "all" / "notes" / "module.yml").unlink()
    found = Diagnostics()
    paths = [tmp_path / "all", tmp_path / "all" / "shop", tmp_path / "missing"]
    modules = discover(paths, found, entry_points=False)
    assert [module.name for module in modules] == ["shop", "store"]
    assert modules[1].definition.version == "2.0.0"
    assert len(found) == 0
    assert "plugin" not in sys.modules


def test_one_name_in_two_places_is_reported(tmp_path: Path) -> None:
    write_modules(tmp_path / "one", "== shop/readme.txt\n")
    write_modules(tmp_path / "two", "== shop/readme.txt\n")
    found = Diagnostics()
    modules = discover([tmp_path / "one", tmp_path / "two"], found, entry_points=False)
    assert [item.code for item in found] == ["E302"]
    assert [module.folder for module in modules] == [tmp_path / "one" / "shop"]


def test_a_broken_manifest_leaves_the_module_out(tmp_path: Path) -> None:
    write_modules(tmp_path, "== shop/module.yml\nmodule: shop\ntitle: Shop\n")
    found = Diagnostics()
    assert discover([tmp_path], found, entry_points=False) == ()
    assert [item.code for item in found] == ["E204"]
    assert found.is_broken("module shop")


def test_a_file_that_is_no_manifest(tmp_path: Path) -> None:
    write_modules(tmp_path, "== shop/module.yml\nentity: shop.thing\nfields: {}\n")
    found = Diagnostics()
    assert discover([tmp_path], found, entry_points=False) == ()
    assert [item.code for item in found] == ["E201"]


def test_an_installed_package_is_found_without_running_it(
    tmp_path: Path, monkeypatch
) -> None:
    text = TWO.replace("== shop/", "== packed_shop/").replace("== store", "== other")
    write_modules(tmp_path, text)
    package = tmp_path / "packed_shop" / "__init__.py"
    package.write_text("raise RuntimeError('must not be imported')", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("shop", "packed_shop", "intarsia.modules")
    monkeypatch.setattr(
        sys.modules["core.registry.discover"],
        "installed_entry_points",
        lambda group: [point],
    )
    found = Diagnostics()
    modules = discover([], found)
    assert [module.name for module in modules] == ["shop"]
    assert len(found) == 0
