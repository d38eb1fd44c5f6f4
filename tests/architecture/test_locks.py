"""The lock files: complete, hashed, and free of any address."""

import itertools
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.sources import ROOT

PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<marker> ;[^\\]*)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def lock(name: str) -> list[str]:
    return (ROOT / "locks" / f"{name}.txt").read_text("utf-8").splitlines()


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for match in filter(None, map(PIN.match, lock(name))):
        versions = found.setdefault(canonicalize_name(match["name"]), set())
        versions.add(match["version"])
    return found


def wanted(name: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = list(project["dependencies"])
    if name == "dev":
        lines += project["optional-dependencies"]["dev"]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_a_lock_holds_pins_with_hashes_and_nothing_else(name):
    lines = lock(name)
    strange = [row for row in lines if not PIN.match(row) and not HASH.match(row)]
    assert not strange
    for pin, below in itertools.pairwise(lines):
        assert not PIN.match(pin) or HASH.match(below), f"{pin} has no hash"


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_a_lock_fits_pyproject(name):
    pinned = pins(name)
    for requirement in wanted(name):
        versions = pinned.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not locked: run `make lock`"
        for version in versions:
            assert requirement.specifier.contains(version), f"{requirement}: {version}"


def test_development_runs_on_what_is_shipped():
    development = pins("dev")
    for name, versions in pins("runtime").items():
        assert development.get(name) == versions, name
