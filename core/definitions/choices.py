"""`choices:` a list of values shared by several fields."""

from __future__ import annotations

from core.fieldtypes.spec import ChoiceDef
from core.frozen import frozen
from core.source import Bool, Described, RefMap, Text


@frozen(kw_only=True)
class ChoicesDef(Described):
    """Key -> label, or key -> label, colour and rank, in the order written."""

    values: RefMap[Text | ChoiceDef]
    ordered: Bool = False
