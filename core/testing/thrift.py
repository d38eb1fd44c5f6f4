"""What tests need not pay for again and again: dear hashes, templates compiled anew.

The pytest plugin keeps both for a whole run; nothing that a test can see depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Hash passwords with argon2's smallest setting for the length of a block."""
    from argon2 import PasswordHasher

    from core.web import passwords

    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", quick)
        yield


@contextmanager
def known_templates() -> Iterator[None]:
    """Compile each template once for the length of a block, whatever site it is for."""
    from jinja2 import Environment

    compiled: dict[tuple[object, ...], Any] = {}
    compile_ = Environment.compile

    def once(
        self: Environment, source: Any, name: str | None = None, *rest: Any, **more: Any
    ) -> Any:
        if not isinstance(source, str):
            return compile_(self, source, name, *rest, **more)
        escapes = self.autoescape
        manner = (
            type(self),
            self.trim_blocks,
            self.lstrip_blocks,
            escapes(name) if callable(escapes) else escapes,
            *self.extensions,
        )
        key = (*manner, source, name, rest, *sorted(more.items()))
        if key not in compiled:
            compiled[key] = compile_(self, source, name, *rest, **more)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", once)
        yield
