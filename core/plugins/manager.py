"""Asks the modules that have Python: one manager per application, never a shared one.

Made by core.app with the plugin objects of the modules that are on; used by the build
(register_*) and by the services (before_save, after_save, on_event).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pluggy

from core.expressions.function import Function
from core.fieldtypes.base import FieldType
from core.plugins.errors import PluginError
from core.plugins.hookspecs import HookSpecs
from core.plugins.markers import PROJECT


class PluginManager:
    """Calls hooks of all modules; what fails is a PluginError naming module and hook.

    Errors of users (any class in `passed`) go through unchanged, since a module may
    refuse what a user does.
    """

    def __init__(
        self,
        plugins: Mapping[str, object] | None = None,
        passed: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._passed = passed
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(HookSpecs)
        for module, plugin in (plugins or {}).items():
            try:
                self._manager.register(plugin, name=module)
                self._manager.check_pending()
            except pluggy.PluginValidationError as error:
                raise PluginError(module, "registration", error) from error

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that have Python."""
        return tuple(name for name, _ in self._manager.list_name_plugin())

    def field_types(self) -> tuple[FieldType, ...]:
        """The field types that modules add."""
        return tuple(self._collected("register_field_types"))

    def functions(self) -> tuple[Function, ...]:
        """The functions of expressions that modules add."""
        return tuple(self._collected("register_functions"))

    def before_save(self, tx: Any, entity: str, change: Any) -> list[Any]:
        """The problems that modules have with one record about to be saved."""
        return list(self._collected("before_save", tx=tx, entity=entity, change=change))

    def after_save(self, tx: Any, entity: str, changes: Sequence[Any]) -> None:
        """Let modules write more in the same transaction."""
        self._called("after_save", tx=tx, entity=entity, changes=changes)

    def on_event(self, tx: Any, event: str, payload: Mapping[str, Any]) -> None:
        """Let modules react to a committed event, in a transaction of its own."""
        self._called("on_event", tx=tx, event=event, payload=payload)

    def _collected(self, hook: str, **facts: Any) -> Iterable[Any]:
        for found in self._called(hook, **facts):
            yield from found

    def _called(self, hook: str, **facts: Any) -> list[Any]:
        """Call one module after the other, so that a failure can be attributed."""
        caller = getattr(self._manager.hook, hook)
        results = []
        for implementation in caller.get_hookimpls():
            arguments = [facts[name] for name in implementation.argnames]
            try:
                result = implementation.function(*arguments)
                if result is not None:
                    # Generators run here, where their failure is still named.
                    results.append(list(result))
            except self._passed:
                raise
            except Exception as error:
                name = implementation.plugin_name
                raise PluginError(name, hook, error) from error
        return results
