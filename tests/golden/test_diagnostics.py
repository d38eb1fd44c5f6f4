"""Each mistake as authors see it: `diagnostics/<CODE>_<slug>.yml` and its `.txt`.

A case that needs another stage than reading has a folder and a test of its own stage.
"""

import re
from pathlib import Path

import pytest

from core.diagnostics import CODES, Diagnostics, render_all
from core.source import StructureReader, document_head, load_file
from core.testing.golden import Golden
from tests.golden.samples import SampleEntity

CASES = Path(__file__).parent / "diagnostics"
READING = sorted(CASES.glob("E[12]*.yml"))
CODE = re.compile(r"([EW]\d{3})_[a-z0-9_]+")
# What the reader of documents alone can find; other stages bring their own cases.
OF_READING = {
    "E101", "E102", "E103", "E104", "E105", "E106",
    "E201", "E202", "E204", "E205", "E206", "E207", "E208",
}  # fmt: skip


def read(file: Path) -> tuple[Diagnostics, str]:
    """Read a case as a module's file and return what was found, rendered."""
    found = Diagnostics()
    reader = StructureReader()
    for node in load_file(file, found, shown_as=file.name):
        head = document_head(node, ("entity",), found)
        if head is not None:
            reader.read(SampleEntity, node, head.address, found, id=head.id, head=True)
    text = file.read_bytes().decode("utf-8", "replace")
    return found, render_all(found, lambda name: text)


@pytest.mark.parametrize("case", READING, ids=lambda case: case.stem)
def test_reading(case: Path, golden: Golden):
    found, text = read(case)
    match = CODE.fullmatch(case.stem)
    assert match is not None, "name the case <CODE>_<slug>.yml"
    assert match[1] in {diagnostic.code for diagnostic in found}
    golden(f"diagnostics/{case.stem}.txt", text)


def test_each_code_of_reading_has_a_case():
    assert set(CODES) >= OF_READING
    assert {case.stem[:4] for case in READING} >= OF_READING


def test_no_expected_text_is_left_without_its_case():
    texts = {file.stem for file in CASES.glob("*.txt")}
    cases = {file.stem for file in CASES.iterdir() if file.suffix != ".txt"}
    assert texts == cases
