"""What is wrong with a file or a mapping as a whole, in sentences for people.

Raised by reading, mapping, import and export; CLI and pages show it as it is. Mistakes
in single rows are no exceptions: they are reported in the ImportReport.
"""

from __future__ import annotations

from typing import Any

from core.services.errors import AppError


class ExchangeError(AppError):
    """A file that cannot be read, or a mapping that fits nothing."""

    code = "bad_file"

    def __init__(self, message: str, code: str = "bad_file", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.code = code


class BadMapping(ExchangeError):
    """A mapping that names what is not there or cannot be filled."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, "bad_mapping", **facts)
