"""Diagnostics: the mistakes of authors, collected through all stages.

Used by every stage that reads definitions; shown by the command line, the studio and
editors.
"""

from core.diagnostics.codes import CODES, Code, Severity, code_named
from core.diagnostics.diagnostic import Diagnostic, Diagnostics, Related
from core.diagnostics.render import (
    SourceText,
    as_json,
    render,
    render_all,
    summary,
)
from core.diagnostics.span import Span, nowhere, whole_file
from core.diagnostics.suggest import closest, did_you_mean, suggestion

__all__ = [
    "CODES",
    "Code",
    "Diagnostic",
    "Diagnostics",
    "Related",
    "Severity",
    "SourceText",
    "Span",
    "as_json",
    "closest",
    "code_named",
    "did_you_mean",
    "nowhere",
    "render",
    "render_all",
    "suggestion",
    "summary",
    "whole_file",
]
