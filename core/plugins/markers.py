"""The marks of hooks: `hookspec` for the platform's side, `hookimpl` for a module's.

A module's `plugin.py` decorates the methods of its class `Plugin` with `hookimpl`.
"""

import pluggy

PROJECT = "intarsia"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
