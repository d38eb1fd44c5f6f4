"""Comparing a text with the one kept in a file beside the test.

Called through the fixture `golden`; hands on a failed assertion with the difference, or
writes the file when pytest runs with `--update-golden`.
"""

import difflib
from dataclasses import dataclass
from pathlib import Path

OPTION = "--update-golden"


@dataclass(frozen=True)
class Golden:
    """The kept texts of one test file."""

    folder: Path
    update: bool

    def __call__(self, name: str, text: str) -> None:
        """Assert that `text` is what the file `name` holds.

        name: path of the file relative to the folder of the test.
        """
        path = self.folder / name
        text = text.rstrip("\n") + "\n"
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            return
        assert path.exists(), f"{path} does not exist: run pytest with {OPTION}"
        kept = path.read_text("utf-8")
        difference = difflib.unified_diff(
            kept.splitlines(), text.splitlines(), "kept", "now", lineterm=""
        )
        assert kept == text, "\n".join(
            (f"{path} differs; {OPTION} keeps it", *difference)
        )
