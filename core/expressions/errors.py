"""What can go wrong while an expression runs.

Raised by the Python back end and by the exact functions of the databases; the services
turn it into an error of the save that names the field or rule.
"""

from __future__ import annotations


class EvaluationError(ArithmeticError):
    """The value cannot be computed exactly: too many digits, a date out of range."""


class CannotTranslate(ValueError):
    """The expression has no SQL form; the type checker reports it as E415 before."""
