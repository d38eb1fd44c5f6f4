"""The shape of one catalogue entry.

Used by the files of this folder, which list the codes, and by `core.diagnostics.codes`,
which joins them.
"""

from typing import Literal

from core.frozen import frozen

Severity = Literal["error", "warning"]


@frozen
class Code:
    """A kind of author's mistake: what it is called, why it is one, how to do it right.

    `bad` and `good` are short texts of YAML, or of an expression where `language` says
    so; they are printed in the reference.
    """

    id: str
    title: str
    reason: str
    bad: str
    good: str
    language: Literal["yaml", "expr", "text"] = "yaml"

    @property
    def severity(self) -> Severity:
        """`warning` for W codes, else `error`."""
        return "warning" if self.id.startswith("W") else "error"
