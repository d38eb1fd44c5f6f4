"""Makes one record of several: everything that led to the others leads to it.

Public: `merge` does it, `preview` says what would move, `survivor_of` leads from the
address of a record that was merged to the one that stands for it.
"""

from core.services.merging.merge import MOST, check_mergeable, merge
from core.services.merging.pointers import survivor_of
from core.services.merging.preview import Moving, preview, takeable

__all__ = [
    "MOST",
    "Moving",
    "check_mergeable",
    "merge",
    "preview",
    "survivor_of",
    "takeable",
]
