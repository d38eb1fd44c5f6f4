"""The Python of a module is found beside its manifest."""

import sys

import pytest

from core.plugins import PluginError, load_plugin


def write(folder, text):
    folder.mkdir(parents=True)
    (folder / "plugin.py").write_text(text, "utf-8")
    return folder


def test_each_application_gets_its_own_object(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", list(sys.path))
    folder = write(tmp_path / "loaded_shop", "class Plugin:\n    size = 1\n")
    first, second = load_plugin("shop", folder), load_plugin("shop", folder)
    assert first.size == 1
    assert first is not second


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("failing_shop", "1 / 0\n"),
        ("empty_shop", "x = 1\n"),
        ("wrong_shop", "class Plugin\n"),
    ],
)
def test_whatever_goes_wrong_names_the_module(tmp_path, monkeypatch, name, text):
    monkeypatch.setattr("sys.path", list(sys.path))
    with pytest.raises(PluginError, match=f"'{name}' failed in 'import'"):
        load_plugin(name, write(tmp_path / name, text))


def test_a_module_without_the_file(tmp_path):
    with pytest.raises(PluginError, match=r"no plugin\.py"):
        load_plugin("shop", tmp_path)
