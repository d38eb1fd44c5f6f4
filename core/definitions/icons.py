"""The names that `icon:` may have: those of the pictures that the pages bring along."""

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def icon_names() -> frozenset[str]:
    """Every name of `icons.txt`; there is a picture for each."""
    path = Path(__file__).with_name("icons.txt")
    return frozenset(path.read_text("utf-8").split())
