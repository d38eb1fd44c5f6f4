"""Imports the Python of a module: the class `Plugin` in its `plugin.py`.

Called by core.app for modules whose manifest says `python: true`, after all manifests
are read. Each application gets an object of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

from core.plugins.errors import PluginError

FILE = "plugin.py"
CLASS = "Plugin"


def load_plugin(module: str, folder: Path) -> object:
    """Return a fresh plugin object of the module in `folder`.

    Any failure, from a missing file to an error while importing, is a PluginError.
    """
    try:
        python = importlib.import_module(_python_name(module, folder))
        return getattr(python, CLASS)()
    except Exception as error:
        raise PluginError(module, "import", error) from error


def _python_name(module: str, folder: Path) -> str:
    """Make `<folder>.plugin` importable and return the name to import it by.

    A folder called like its module lies in a package of modules or on a path of its
    own; the folder above is then where Python has to look.
    """
    if not (folder / FILE).is_file():
        raise FileNotFoundError(f"there is no {FILE} in {folder}")
    above = folder.parent.resolve()
    packaged = f"{above.name}.{folder.name}.plugin"
    spec = None
    if above.name.isidentifier():
        try:
            spec = importlib.util.find_spec(packaged)
        except ImportError:
            spec = None
    origin = None if spec is None else spec.origin
    if origin is not None and Path(origin).resolve() == (folder / FILE).resolve():
        return packaged
    if str(above) not in sys.path:
        sys.path.append(str(above))
    return f"{folder.name}.plugin"
