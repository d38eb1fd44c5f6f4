"""The contract that every shipped module keeps, each installed alone."""

from pathlib import Path

from core.testing.module_contract import contract_of

ROOT = Path(__file__).parents[2]

test_contract = contract_of(ROOT / "modules")
test_example_contract = contract_of(ROOT / "docs" / "examples", also=[ROOT / "modules"])
