"""Why an upload is refused: a code for programs, a sentence for people.

Raised by the checks of this package; `uploads` turns it into a problem of the field.
"""

from __future__ import annotations

from typing import Any


class UploadRefused(Exception):
    """A file that is not kept; `code` is a word, `message` says why and what to do."""

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts
