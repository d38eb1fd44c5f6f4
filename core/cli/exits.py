"""Exit codes of the command line, and which error leads to which.

Shown by `--help`, so that scripts can rely on them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

DONE = 0
WRONG = 1
USAGE = 2
UNAVAILABLE = 3
REFUSED = 4
PARTLY = 5

EXITS: Mapping[int, str] = MappingProxyType(
    {
        DONE: "done",
        WRONG: "definitions, input or kept files are wrong; the output says where",
        USAGE: "the call itself is wrong",
        UNAVAILABLE: "the database, a file or the port cannot be used",
        REFUSED: "refused, since data would be lost or a right is missing",
        PARTLY: "done in part; the rows left out are reported",
    }
)


def exit_code(error: BaseException) -> int | None:
    """The exit code of an error that is a user's to mend; None for a defect of ours."""
    # Imported when something went wrong: help and usage need none of it.
    from core.app import DefinitionErrors
    from core.config import ConfigError
    from core.migrations import PlanRefused
    from core.services import AppError, Unavailable
    from core.storage import StorageError

    if isinstance(error, DefinitionErrors):
        return WRONG
    if isinstance(error, PlanRefused):
        return REFUSED
    if isinstance(error, Unavailable | StorageError):
        return UNAVAILABLE
    if isinstance(error, ConfigError):
        return USAGE
    if isinstance(error, AppError):
        return WRONG
    return UNAVAILABLE if isinstance(error, OSError) else None


def sentence(error: BaseException) -> str:
    """The error in one line or a few, for people."""
    from core.app import DefinitionErrors

    if isinstance(error, DefinitionErrors):
        return error.text(color=os.isatty(2))
    if isinstance(error, OSError):
        name = f" '{error.filename}'" if error.filename else ""
        return f"The file or address{name} cannot be used: {error.strerror}."
    return str(error)
