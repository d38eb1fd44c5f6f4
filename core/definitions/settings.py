"""`settings:` what an administrator or a user may choose.

Read in expressions as `settings.<module>.<field>`; edited on a generated page.
"""

from __future__ import annotations

from typing import Literal

from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.source import Described, Map


@frozen(kw_only=True)
class SettingsDef(Described):
    """Fields of the settings page of a module."""

    scope: Literal["system", "company", "user"] = "system"
    fields: Map[FieldDef]
