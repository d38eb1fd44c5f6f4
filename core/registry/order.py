"""Which modules are on, in an order in which each stands behind those it needs.

Called after discovery with the names an administrator switched on; hands on the modules
to read. Problems of dependencies are reported here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from core.diagnostics import Diagnostics, Span, did_you_mean
from core.registry.module_source import ModuleSource

CORE_VERSION = "0.1.0"


def order(
    modules: Sequence[ModuleSource],
    wanted: Iterable[str] | None,
    diagnostics: Diagnostics,
) -> tuple[ModuleSource, ...]:
    """Return the modules that are on, dependencies first, else by name.

    `wanted` None means all. What they depend on comes along; a module with `auto: true`
    comes along when all it depends on is on. E308 for a dependency that is missing or
    of another version, E306 for a circle; modules with such a problem are left out.
    """
    known = {module.name: module for module in modules}
    chosen = _chosen(known, known if wanted is None else wanted, diagnostics)
    usable = {
        name: known[name] for name in chosen if _versions(known[name], diagnostics)
    }
    usable = _complete(usable, known, diagnostics)
    graph = {name: _needs(usable[name], usable) for name in sorted(usable)}
    circle = _circle(graph)
    while circle:
        _report_circle(circle, usable, diagnostics)
        for name in circle:
            graph.pop(name, None)
            diagnostics.mark_broken(f"module {name}")
        graph = _without_orphans(graph, usable, diagnostics)
        circle = _circle(graph)
    return tuple(usable[name] for name in _sorted(graph))


def _sorted(graph: Mapping[str, list[str]]) -> list[str]:
    """Dependencies first; among those that are ready, by name."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    found: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        found.extend(ready)
        sorter.done(*ready)
    return found


def _chosen(
    known: Mapping[str, ModuleSource], wanted: Iterable[str], diagnostics: Diagnostics
) -> set[str]:
    chosen: set[str] = set()
    waiting = []
    for name in wanted:
        if name in known:
            waiting.append(name)
        elif not diagnostics.is_broken(f"module {name}"):
            text = f"the module '{name}' is switched on but not installed"
            diagnostics.error("E301", text, help=did_you_mean(name, known))
    while True:
        while waiting:
            name = waiting.pop()
            if name in known and name not in chosen:
                chosen.add(name)
                waiting.extend(known[name].definition.depends)
        waiting = [
            name
            for name, module in known.items()
            if name not in chosen
            and module.definition.auto
            and chosen.issuperset(module.definition.depends)
        ]
        if not waiting:
            return chosen


def _needs(module: ModuleSource, present: Mapping[str, object]) -> list[str]:
    named = (*module.definition.depends, *module.definition.optional)
    return sorted({name for name in named if name in present})


def _versions(module: ModuleSource, diagnostics: Diagnostics) -> bool:
    """Check the manifest's own version and what it requires of the core."""
    definition = module.definition
    good = _version(definition.version) is not None
    if not good:
        diagnostics.error(
            "E213",
            f"'{definition.version}' is not a version",
            definition.at("version"),
            help="write a version such as 1.0.0",
        )
    elif definition.requires_core is not None:
        span = definition.at("requires_core")
        good = _fits("core", CORE_VERSION, definition.requires_core, span, diagnostics)
    if not good:
        diagnostics.mark_broken(f"module {module.name}")
    return good


def _complete(
    usable: dict[str, ModuleSource],
    known: Mapping[str, ModuleSource],
    diagnostics: Diagnostics,
) -> dict[str, ModuleSource]:
    """Leave out modules whose dependencies are not there or do not fit."""
    bad = set()
    for name, module in usable.items():
        depends = module.definition.depends
        optional = module.definition.optional
        for other, range_ in (*depends.items(), *optional.items()):
            spans = depends if other in depends else optional
            if other in known:
                version = known[other].definition.version
                span = _span(module, other)
                if not _fits(other, version, range_, span, diagnostics):
                    bad.add(name)
            elif other in depends:
                bad.add(name)
                if not diagnostics.is_broken(f"module {other}"):
                    diagnostics.error(
                        "E308",
                        f"'{name}' needs the module '{other}', which is not there",
                        spans.key_span(other),
                        "not found in any module folder",
                        did_you_mean(other, known),
                    )
                    diagnostics.mark_broken(f"module {other}")
    for name in bad:
        diagnostics.mark_broken(f"module {name}")
    graph = {name: _needs(m, usable) for name, m in usable.items() if name not in bad}
    kept = _without_orphans(graph, usable, diagnostics)
    return {name: usable[name] for name in kept}


def _without_orphans(
    graph: dict[str, list[str]],
    usable: Mapping[str, ModuleSource],
    diagnostics: Diagnostics,
) -> dict[str, list[str]]:
    """Drop, quietly, what depends on a module that had to be left out."""
    while True:
        orphans = [
            name
            for name in graph
            if any(other not in graph for other in usable[name].definition.depends)
        ]
        if not orphans:
            present = {
                name: [other for other in needs if other in graph]
                for name, needs in graph.items()
            }
            return present
        for name in orphans:
            del graph[name]
            diagnostics.mark_broken(f"module {name}")


def _span(module: ModuleSource, other: str) -> Span:
    depends = module.definition.depends
    named = depends if other in depends else module.definition.optional
    return named.key_span(other)


def _fits(
    name: str, version: str, range_: str, span: Span, diagnostics: Diagnostics
) -> bool:
    try:
        # "*" and an empty text ask for any version.
        wanted = SpecifierSet(range_.replace("*", "").strip())
    except InvalidSpecifier:
        text = f"'{range_}' is not a range of versions"
        diagnostics.error("E213", text, span, help="write a range such as '>=1.0'")
        return False
    found = _version(version)
    if found is None or wanted.contains(found, prereleases=True):
        return True
    diagnostics.error(
        "E308",
        f"'{name}' {range_} is needed, version {version} is there",
        span,
        "does not fit",
        f"install a version of '{name}' that fits, or change the range",
    )
    return False


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _circle(graph: Mapping[str, list[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])[:-1]
    return []


def _report_circle(
    circle: list[str], modules: Mapping[str, ModuleSource], diagnostics: Diagnostics
) -> None:
    # Begin with the same module whatever the order of search was.
    start = circle.index(min(circle))
    names = circle[start:] + circle[:start]
    names.reverse()
    names = [names[-1], *names[:-1]]
    first = modules[names[0]]
    diagnostics.error(
        "E306",
        f"modules depend on each other in a circle: {' -> '.join([*names, names[0]])}",
        _span(first, names[1 % len(names)]),
        "leads back here",
        "take one dependency out, or move the shared part to a module of its own",
    )
