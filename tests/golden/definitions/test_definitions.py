"""What authors read when a definition is wrong: one case per sort of mistake.

Each file of cases/ holds the files of some modules (`== path`); kept/ holds what is
reported for them. The name of a case begins with the code it is about.
"""

from pathlib import Path

import pytest

from core.diagnostics import CODES, Diagnostics, render_all
from tests.unit.registry.making import build, write_modules

HERE = Path(__file__).parent
CASES = sorted(path.stem for path in (HERE / "cases").glob("*.txt"))


def reported(name: str, folder: Path) -> Diagnostics:
    """Write the files of a case, build them, return what was reported."""
    write_modules(folder, (HERE / "cases" / f"{name}.txt").read_text("utf-8"))
    return build(folder).diagnostics


@pytest.mark.parametrize("name", CASES)
def test_what_is_reported(name, golden, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = reported(name, tmp_path)

    def source(file: str) -> str | None:
        path = tmp_path / file
        return path.read_text("utf-8") if path.is_file() else None

    golden(f"kept/{name}.txt", render_all(found, source))
    code = name.partition("-")[0]
    if code in CODES:
        assert {item.code for item in found} >= {code}


def test_every_code_of_shape_and_composition_has_a_case():
    covered = {name.partition("-")[0] for name in CASES}
    wanted = {code for code in CODES if code[:2] in ("E2", "E3", "E4", "W4")}
    assert wanted - covered == set()
