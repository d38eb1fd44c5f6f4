"""docs/reference is what the code says, completely."""

from pathlib import Path

import pytest

from core.cli.references import REFERENCES
from core.definitions import KINDS
from core.diagnostics import CODES
from core.fieldtypes.catalog import builtin_catalog

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", list(REFERENCES))
def test_a_page_is_up_to_date(name: str) -> None:
    written = (FOLDER / f"{name}.md").read_text("utf-8")
    assert written == REFERENCES[name](), "run: make docs"


def test_every_code_kind_and_type_has_its_place() -> None:
    errors, yaml, types = (REFERENCES[n]() for n in ("errors", "yaml", "field-types"))
    assert all(f"## {code} " in errors for code in CODES)
    assert all(f"\n## {kind}\n" in yaml for kind in KINDS)
    assert all(f"\n## {name}\n" in types for name in builtin_catalog().names())
