"""Who may import whom."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.architecture.sources import ROOT, Source, imports, python_files, report

HTTP = ("flask", "werkzeug", "wtforms")


def test_imports_in_core_lead_downward():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def http_outside_web(source: Source) -> list[str]:
    """Flask and its company anywhere but in core.web."""
    if source.path.startswith("core/web/"):
        return []
    return [
        f"{source.path}:{line}: {name} belongs into core.web"
        for line, name in imports(source.tree)
        if name.split(".")[0].split("_")[0] in HTTP
    ]


def outside_sdk(source: Source, depends: frozenset[str]) -> list[str]:
    """What a module imports beside the SDK, itself and the API of its depends."""
    own = source.path.split("/")[1]
    in_tests = "/tests/" in source.path
    found = []
    for line, name in imports(source.tree):
        parts = name.split(".")
        if parts[0] == "core" and parts[:2] != ["core", "sdk"]:
            allowed = in_tests and parts[:2] == ["core", "testing"]
        elif parts[0] == "modules" and parts[1:2] != [own]:
            allowed = parts[1] in depends and parts[2:3] == ["api"]
        else:
            allowed = True
        if not allowed:
            found.append(f"{source.path}:{line}: a module may not import {name}")
    return found


def depends_of(module: str) -> frozenset[str]:
    manifest = ROOT / "modules" / module / "module.yml"
    written = yaml.safe_load(manifest.read_text("utf-8")) if manifest.exists() else {}
    named = written.get("depends") or []
    return frozenset([named] if isinstance(named, str) else named)


def test_only_the_web_package_knows_about_http():
    found = [line for file in python_files("core") for line in http_outside_web(file)]
    assert not found, report(found)


def test_modules_reach_the_core_through_the_sdk_only():
    found = [
        line
        for file in python_files("modules")
        if file.path.count("/") > 1
        for line in outside_sdk(file, depends_of(file.path.split("/")[1]))
    ]
    assert not found, report(found)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("core/services/a.py", "import flask"),
        ("core/cli/a.py", "from flask_babel import gettext"),
        ("core/a.py", "def f():\n    from werkzeug.security import x"),
    ],
)
def test_http_is_noticed(path, line):
    assert http_outside_web(Source(path, line))
    assert not http_outside_web(Source("core/web/a.py", line))


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("from core.sdk import hookimpl", True),
        ("from core import sdk", True),
        ("from core.services import write", False),
        ("import core", False),
        ("from modules.this.services import pricing", True),
        ("from modules.base.api import parties", True),
        ("from modules.base import api", True),
        ("from modules.base.services import parties", False),
        ("from modules.other.api import things", False),
        ("import decimal", True),
    ],
)
def test_what_a_module_may_import(line, allowed):
    source = Source("modules/this/plugin.py", line)
    assert (not outside_sdk(source, frozenset({"base"}))) is allowed
