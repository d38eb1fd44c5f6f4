"""Python of modules: hooks, their marks and the manager that calls them.

Used by core.app (loading, register_*) and by the services (saves and events).
"""

from core.plugins.errors import PluginError
from core.plugins.hookspecs import HookSpecs
from core.plugins.loading import load_plugin
from core.plugins.manager import PluginManager
from core.plugins.markers import hookimpl, hookspec

__all__ = [
    "HookSpecs",
    "PluginError",
    "PluginManager",
    "hookimpl",
    "hookspec",
    "load_plugin",
]
