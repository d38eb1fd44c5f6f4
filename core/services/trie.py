"""Paths as a tree of their steps, so that shared beginnings are loaded once."""

from __future__ import annotations

from collections.abc import Iterable

Path = tuple[str, ...]
Trie = dict[str, "Trie"]


def trie_of(paths: Iterable[Path]) -> Trie:
    """Paths that end in a value, as a tree of their steps."""
    root: Trie = {}
    for path in paths:
        add(root, path)
    return root


def add(trie: Trie, path: Path) -> None:
    """Add one path to a tree."""
    for step in path:
        trie = trie.setdefault(step, {})
