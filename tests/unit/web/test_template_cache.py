"""Compiled templates are kept between starts, and never believed without the seal."""

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from core.web.template_cache import TemplateCache

TEXTS = {"one": "{{ 1 + 1 }}"}


def rendered(folder: Path, key: str = "key", texts: dict[str, str] = TEXTS) -> str:
    cache = TemplateCache(folder, key)
    return (
        Environment(loader=DictLoader(texts), bytecode_cache=cache)
        .get_template("one")
        .render()
    )


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that were compiled, in order."""
    seen: list[str] = []
    compile_ = Environment.compile

    def noted(self: Environment, source: str, *rest: object, **more: object) -> object:
        seen.append(source)
        return compile_(self, source, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Environment, "compile", noted)
    return seen


def test_the_second_start_compiles_nothing(tmp_path: Path, compiled: list[str]) -> None:
    folder = tmp_path / "cache" / "templates"
    assert rendered(folder) == rendered(folder) == "2"
    assert len(compiled) == 1


def test_a_changed_template_is_compiled(tmp_path: Path, compiled: list[str]) -> None:
    rendered(tmp_path)
    assert rendered(tmp_path, texts={"one": "new"}) == "new"
    assert len(compiled) == 2


def test_code_without_the_seal_is_not_run(tmp_path: Path, compiled: list[str]) -> None:
    rendered(tmp_path)
    (kept,) = tmp_path.iterdir()
    foreign = tmp_path / "foreign"
    rendered(foreign, "another key", {"one": "foreign"})
    kept.write_bytes((foreign / kept.name).read_bytes())
    assert rendered(tmp_path) == "2"
    assert len(compiled) == 3


@pytest.mark.parametrize("content", [b"", b"half", b"x" * 400])
def test_a_broken_file_is_made_again(tmp_path: Path, content: bytes) -> None:
    rendered(tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(content)
    assert rendered(tmp_path) == "2"
    assert kept.read_bytes() != content


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    assert rendered(file / "templates") == "2"
