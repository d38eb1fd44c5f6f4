"""The catalogue of all diagnostic codes, one immutable `Code` each.

Stages report by id (`diagnostics.error("E202", ...)`); the reference page prints
reason and examples from here.

Public: `Code`, `Severity`, `CODES` (id -> Code), `code_named(id)`. The entries
themselves stand in `core/diagnostics/catalogue/`, one file per stage.
"""

from collections.abc import Mapping
from types import MappingProxyType

from core.diagnostics.catalogue import (
    behaviour,
    composition,
    expressions,
    shape,
    text,
    values,
    warnings,
    workflows,
)
from core.diagnostics.catalogue.code import Code, Severity

__all__ = ["CODES", "Code", "Severity", "code_named"]

CODES: Mapping[str, Code] = MappingProxyType(
    {
        code.id: code
        for group in (
            text.CODES,
            shape.CODES,
            values.CODES,
            composition.CODES,
            expressions.CODES,
            workflows.CODES,
            behaviour.CODES,
            warnings.CODES,
        )
        for code in group
    }
)


def code_named(id: str) -> Code:
    """Return the code's entry; KeyError for an id that the catalogue does not hold."""
    return CODES[id]
