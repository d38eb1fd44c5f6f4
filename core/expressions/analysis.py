"""What an expression reads and uses, taken from its checked tree.

The type checker attaches it to the result: services prefetch the paths, the registry
orders formulas by them, the compiler decides where a formula is kept.
"""

from __future__ import annotations

from types import MappingProxyType

from core.expressions.substitution import children, walk
from core.expressions.tree import (
    Aggregate,
    AllRows,
    Call,
    Coalesce,
    Conditional,
    External,
    Follow,
    Identity,
    Items,
    Node,
    Read,
    Select,
    ToMany,
    Typed,
    Uses,
    Variable,
)
from core.expressions.types import Kind, Path

Places = tuple[tuple[str, Path], ...]


class Analysis:
    """Collects paths by their starting point, and the other things used."""

    def __init__(self) -> None:
        self.paths: dict[str, set[Path]] = {}
        self.loops: dict[str, Places] = {}
        self.flags: set[str] = set()
        self.rows: set[str] = set()
        self.settings: set[str] = set()
        self.functions: set[str] = set()
        self.external: set[str] = set()

    def visit(self, node: Node) -> None:
        """Take in a node and all below it."""
        match node:
            case Read() | Follow() | ToMany():
                # First what is below: it tells where loop variables come from.
                self.visit(node.of)
                for start, path in self.places(node):
                    self.paths.setdefault(start, set()).add(path)
                if node.member.sensitive:
                    self.flags.add("sensitive")
            case Select():
                self.select(node)
            case _:
                self.note(node)
                for child in children(node):
                    self.visit(child)

    def select(self, node: Select) -> None:
        for bind in node.binds:
            self.visit(bind.source)
            self.loops[bind.variable] = self.places(bind.source)
        if node.where is not None:
            self.visit(node.where)
        self.visit(node.item)

    def places(self, node: Node) -> Places:
        """The starting points and paths by which a record or list is reached."""
        match node:
            case Variable(name=name):
                if name in self.loops:
                    return self.loops[name]
                return ((name, ()),)
            case Read() | Follow() | ToMany():
                return tuple((s, (*p, node.name)) for s, p in self.places(node.of))
            case AllRows():
                return (
                    ((f"rows:{node.type.item.entity}", ()),) if node.type.item else ()
                )
            case External():
                return ((f"ref:{node.key}", ()),)
            case Aggregate():
                return self.places(node.select.item)
            case Conditional():
                return self.places(node.then) + self.places(node.other)
            case Coalesce():
                return tuple(p for a in node.args for p in self.places(a))
            case Items():
                return tuple(p for a in node.items for p in self.places(a))
            case Identity():
                return self.places(node.of)
            case Call() if node.type.kind is Kind.RECORD:
                # Records that a function finds are loaded as those of rows().
                return ((f"rows:{node.type.entity}", ()),)
            case _:
                return ()

    def follow(self, record: Node, paths: frozenset[Path]) -> None:
        """Take in what a function reads from a record."""
        for start, path in self.places(record):
            found = self.paths.setdefault(start, set())
            found.update((*path, *further) for further in paths)

    def note(self, node: Node) -> None:
        match node:
            case Variable(name="me" | "company" | "old" as name):
                self.flags.add(name)
            case Variable(name="today" | "now"):
                self.flags.add("clock")
            case Variable(name=name) if name.startswith("settings."):
                self.settings.add(name.removeprefix("settings."))
            case Variable(name=name) if name.startswith("role:"):
                self.flags.add("me")
            case AllRows():
                if node.type.item is not None:
                    self.rows.add(node.type.item.entity)
            case External():
                self.external.add(node.key)
            case Call():
                self.functions.add(node.function.name)
                for arg, paths in zip(node.args, node.function.follows, strict=False):
                    self.follow(arg, paths)
                if node.function.memory:
                    self.flags.add("memory")
            case _:
                pass


def analysed(tree: Node, text: str, entity: str | None) -> Typed:
    """The finished expression with all it reads and uses."""
    found = Analysis()
    found.visit(tree)
    paths = {k: frozenset(_longest(v)) for k, v in found.paths.items()}
    reads = paths.pop("this", frozenset())
    uses = Uses(
        me="me" in found.flags,
        company="company" in found.flags,
        clock="clock" in found.flags,
        old="old" in found.flags,
        memory="memory" in found.flags,
        sensitive="sensitive" in found.flags,
        rows=frozenset(found.rows),
        settings=frozenset(found.settings),
        functions=frozenset(found.functions),
        external=frozenset(found.external),
    )
    return Typed(tree, text, entity, reads, MappingProxyType(paths), uses)


def ordered_reads(typed: Typed) -> frozenset[Path]:
    """What an expression reads, and what decides which row is its first or last."""
    found = Analysis()
    found.visit(typed.tree)
    picked: set[Path] = set()
    for node in walk(typed.tree):
        if isinstance(node, Aggregate) and node.name in _IN_ORDER:
            for bind in node.select.binds:
                if isinstance(bind.source, ToMany):
                    places = found.places(bind.source)
                    picked.update(
                        (*path, name.lstrip("-"))
                        for start, path in places
                        if start == "this"
                        for name in bind.source.order
                    )
    return typed.reads | picked


_IN_ORDER = frozenset({"first", "last", "join"})


def _longest(paths: set[Path]) -> set[Path]:
    """Paths that are no beginning of another one."""
    beginnings = {p[:i] for p in paths for i in range(1, len(p))}
    return paths - beginnings
