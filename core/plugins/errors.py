"""The one error that a failing hook becomes.

Raised by core.plugins.manager; names the module, so that an administrator knows which
one to switch off.
"""


class PluginError(Exception):
    """A hook of a module failed; the cause is kept as `__cause__`."""

    def __init__(self, module: str, hook: str, cause: BaseException) -> None:
        super().__init__(
            f"The module '{module}' failed in '{hook}': {cause or type(cause).__name__}"
        )
        self.module = module
        self.hook = hook
