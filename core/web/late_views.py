"""Views that are imported when somebody first asks for them, so that a start is short.

Route tables name a view as "file.function"; `LateView` stands in for it in the Flask
app, and `load_views` imports all of them once the process has begun to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Flask


class LateView:
    """A function of a package, by its file and name; calling it imports the file."""

    def __init__(self, package: str, place: str) -> None:
        file, _, self.__name__ = place.partition(".")
        self._module = f"{package}.{file}"

    def load(self) -> Callable[..., Any]:
        """The function itself; ImportError or AttributeError for a wrong place."""
        view: Callable[..., Any] = getattr(import_module(self._module), self.__name__)
        return view

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Call the function as if it had been imported from the start."""
        return self.load()(*positional, **named)


def load_views(app: Flask) -> None:
    """Import every view that waits, so that no reader waits for it."""
    for view in list(app.view_functions.values()):
        if isinstance(view, LateView):
            view.load()
