"""What the guides show is accepted: definitions, commands, links."""

import re
import shlex
from pathlib import Path

import click
import pytest

from core.app import read_definitions
from core.cli.main import COMMANDS, group
from core.config import ROOT, AppConfig
from core.definitions import ScenarioDef
from core.diagnostics import summary
from core.jobs.simulator import Laboratory
from tests.docs.blocks import blocks, write_files

DOCS = ROOT / "docs"
GUIDES = sorted((DOCS / "guides").glob("*.md"))
PAGES = sorted(path for path in DOCS.rglob("*.md"))
CALL = re.compile(r"^(?:\.venv/bin/python )?cli\.py (.*?)(?:\s+#.*)?$", re.M)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_definitions_of_a_guide_are_right(page: Path, tmp_path: Path) -> None:
    if not write_files(page, tmp_path):
        assert "```yaml modules/" not in page.read_text("utf-8")
        return
    config = AppConfig(
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'guide.db'}",
        secret_key="g" * 48,
        modules_paths=(ROOT / "modules", tmp_path / "modules"),
    )
    read = read_definitions(config)
    assert not len(read.diagnostics), summary(read.diagnostics)
    own = [one for one in read.registry.scenarios.values() if _is_in(one, tmp_path)]
    with Laboratory(config) as laboratory:
        told = list(laboratory.run(own))
    assert [one.differences for one in told] == [()] * len(own)


def _is_in(scenario: ScenarioDef, folder: Path) -> bool:
    return Path(scenario.span.file).is_relative_to(folder)


def calls() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        if page.parent.name == "reference":
            continue
        for kind, _, text in blocks(page):
            if kind == "sh":
                found += [(page.name, call) for call in CALL.findall(text)]
    return sorted(set(found))


@pytest.mark.parametrize(("page", "call"), calls())
def test_commands_of_the_pages_exist(page: str, call: str) -> None:
    words = [word for word in shlex.split(call) if word not in (">", "&", "|")]
    command: click.Command = group
    context = click.Context(group)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"{page}: there is no command '{name}'"
        command, context = found, click.Context(found, parent=context)
    known = {option for item in command.params for option in item.opts}
    used = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert used <= known | {"--help"}, page
    assert COMMANDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
