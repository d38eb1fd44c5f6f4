"""`numbering:` how document numbers are written and counted."""

from __future__ import annotations

from typing import Literal

from core.frozen import frozen
from core.source import Bool, Described, Expr, Filled, Int, Names, Path


@frozen(kw_only=True)
class NumberingDef(Described):
    """A format with `year month day seq:5` and expressions of the record."""

    format: Filled
    scope: Names = ()
    reset: Literal["never", "year", "month"] = "never"
    date: Path | None = None
    start: Int = 1
    gapless: Bool = False
    when: Expr | None = None
