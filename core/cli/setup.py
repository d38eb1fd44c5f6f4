"""Applying a plan with all that follows, for the commands.

Called by `init`, `apply` and `module enable`; the work itself is the web layer's, which
applies plans from its page of the modules in the same way.
"""

from core.web.setup import Progress, apply_with_data

__all__ = ["Progress", "apply_with_data"]
