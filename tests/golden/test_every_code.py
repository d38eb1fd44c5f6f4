"""Each code of the catalogue is kept as an author reads it."""

from pathlib import Path

from core.diagnostics import CODES

HERE = Path(__file__).parent
KEPT = (HERE / "diagnostics", HERE / "definitions" / "kept")


def test_every_code_has_a_golden_text() -> None:
    texts = [
        file.read_text("utf-8") for folder in KEPT for file in folder.rglob("*.txt")
    ]
    shown = "\n".join(texts)
    assert [code for code in CODES if f"[{code}]" not in shown] == []
