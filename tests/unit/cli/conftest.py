"""A home folder per test and a way to call the command line in it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import run


@dataclass(frozen=True)
class Said:
    """What a call said and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Said]
Start = Callable[..., None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("INTARSIA_HOME", str(place))
    monkeypatch.setenv("INTARSIA_ADMIN_PASSWORD", "open-sesame-42")
    for name in ("DATABASE_URL", "INTARSIA_MODULES_PATH", "PORT"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def call(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    def calling(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return calling


@pytest.fixture
def start(call: Call, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """`cli.py init` with some options; what it makes is made once and copied."""

    def starting(*options: str) -> None:
        kept = tmp_path_factory.getbasetemp() / "".join(("initialised", *options))
        if kept.exists():
            shutil.copytree(kept, home)
            return
        assert call("init", *options).code == 0
        shutil.copytree(home, kept)

    return starting
