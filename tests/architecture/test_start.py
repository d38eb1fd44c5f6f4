"""What a start must not load: it would be paid by every process, before any answer."""

import subprocess
import sys

import pytest

from tests.architecture.test_modules_alone import ROOT

CASES = {
    "core.cli.main": ("sqlalchemy", "flask", "yaml"),
    "core.app": ("flask", "psycopg", "phonenumbers", "jsonschema", "babel.dates"),
    "core.web.site": ("flask_appbuilder", "psycopg", "phonenumbers", "jsonschema"),
}


@pytest.mark.parametrize("module", list(CASES))
def test_heavy_parts_wait_until_they_are_needed(module: str) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert not loaded & set(CASES[module])
