"""Walking and rewriting checked trees.

Used by the type checker to put one expression into another (titles), and by all who
need the parts of a node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from core.expressions.tree import Bind, Node, Select, Variable

_PLAIN = frozenset(
    {"type", "extent", "member", "function", "name", "names", "order", "value"}
)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below."""
    for name in _node_fields(node):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from _inside(value)


def _inside(values: tuple[object, ...]) -> Iterator[Node]:
    for value in values:
        if isinstance(value, Node):
            yield value
        elif isinstance(value, Bind):
            yield value.source
        elif isinstance(value, tuple):
            yield from _inside(value)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below, outer ones first."""
    yield node
    for child in children(node):
        yield from walk(child)


def _node_fields(node: Node) -> Iterator[str]:
    # Every field of a node is positional, so this names them all, and at no cost.
    for name in type(node).__match_args__:
        if name not in _PLAIN:
            yield name


def rewrite(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The tree with nodes replaced where `change` gives one, from the top down."""
    changed = change(node)
    if changed is not None:
        return changed
    updates: dict[str, object] = {}
    for name in _node_fields(node):
        value = getattr(node, name)
        if isinstance(value, Node):
            updates[name] = rewrite(value, change)
        elif isinstance(value, tuple) and value:
            updates[name] = _rewrite_tuple(value, change)
    return replace(node, **updates) if updates else node  # type: ignore[arg-type]


def _rewrite_tuple(
    values: tuple[object, ...], change: Callable[[Node], Node | None]
) -> tuple[object, ...]:
    out: list[object] = []
    for value in values:
        if isinstance(value, Node):
            out.append(rewrite(value, change))
        elif isinstance(value, Bind):
            out.append(Bind(value.variable, rewrite(value.source, change)))
        elif isinstance(value, tuple):
            out.append(_rewrite_tuple(value, change))
        else:
            out.append(value)
    return tuple(out)


def substitute(tree: Node, this: Node, prefix: str) -> Node:
    """The tree with another record in the place of the root record.

    Its loop variables get a prefix, so that they differ from those around it.
    """

    def change(node: Node) -> Node | None:
        if isinstance(node, Variable):
            if node.name == "this":
                return this
            if node.name.startswith("#"):
                return replace(node, name=f"#{prefix}{node.name[1:]}")
        if isinstance(node, Select):
            binds = tuple(
                Bind(f"#{prefix}{b.variable[1:]}", rewrite(b.source, change))
                for b in node.binds
            )
            where = None if node.where is None else rewrite(node.where, change)
            return replace(
                node, binds=binds, where=where, item=rewrite(node.item, change)
            )
        return None

    return rewrite(tree, change)
