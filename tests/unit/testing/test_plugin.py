"""What the pytest plugin does to a run, seen from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TESTS = """
def test_files(real_data):
    assert real_data.is_dir()

def test_database(database_url):
    assert database_url

def test_plain():
    assert True
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs pytest over TESTS with the plugin loaded."""
    (tmp_path / "test_inner.py").write_text(TESTS)

    def start(*options: str, **environment: str) -> str:
        inherited = {k: v for k, v in os.environ.items() if "INTARSIA" not in k}
        command = [sys.executable, "-m", "pytest", "-p", "core.testing.plugin"]
        command += ["-p", "no:cacheprovider", "-c", os.devnull, *options, str(tmp_path)]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**inherited, **environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return start


def test_without_real_files_it_says_what_is_left_out(run):
    output = run()
    assert "3 passed, 1 deselected" in output
    assert "INTARSIA_REAL_DATA names no folder" in output


def test_with_real_files_nothing_is_left_out(run, tmp_path):
    output = run(INTARSIA_REAL_DATA=str(tmp_path))
    assert "4 passed" in output
    assert "left out" not in output


def test_postgresql_can_be_selected(run):
    assert "1 passed" in run("-m", "postgresql")
