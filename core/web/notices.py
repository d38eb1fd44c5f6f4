"""Messages that the next page shows as toasts.

Page code calls `notify`; the base template calls `take_notices` once per page.
"""

from typing import Any

from flask import flash, get_flashed_messages

_CATEGORY = "notice"


def notify(
    text: str, tone: str = "ok", sub: str | None = None, undo_url: str | None = None
) -> None:
    """Show a toast on the next page; `undo_url` takes a POST that takes it back."""
    flash({"text": text, "tone": tone, "sub": sub, "undo_url": undo_url}, _CATEGORY)  # type: ignore[arg-type]


def take_notices() -> list[Any]:
    """The waiting messages, which are gone afterwards."""
    return list(get_flashed_messages(category_filter=[_CATEGORY]))
