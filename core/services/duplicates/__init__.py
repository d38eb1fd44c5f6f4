"""Records that may stand for the same thing: found while typing, and all at once.

Public: `similar` for a draft, `similar_to` for a record, `suspected_pairs` for all.
"""

from core.services.duplicates.finding import similar, similar_to
from core.services.duplicates.pairs import Pair, PairsFound, suspected_pairs

__all__ = ["Pair", "PairsFound", "similar", "similar_to", "suspected_pairs"]
