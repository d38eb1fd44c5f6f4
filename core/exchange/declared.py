"""Mappings that modules bring along for files whose properties are known beforehand.

Asked by guessing for address books and calendars. They lie in `exchange/<format>.yml`
of a module; what a later module maps comes on top of what an earlier one does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.exchange.mapping import Column, Mapping, read_mapping

FOLDER = "exchange"


def declares(app: Any, entity: str, format: str) -> bool:
    """Whether files of a format can be made of an entity's records."""
    return declared_mapping(app, entity, format) is not None


def declared_mapping(app: Any, entity: str, format: str) -> Mapping | None:
    """The mapping of a format for an entity, None if no module brings one."""
    found: Mapping | None = None
    for module in app.runtime.compiled.registry.modules.values():
        folder = module.folder / FOLDER
        if not folder.is_dir():
            continue
        for path in sorted(folder.glob(f"{format}*.yml")):
            mapping = read_mapping(path)
            if mapping.entity == entity:
                found = mapping if found is None else _on_top(found, mapping)
    return found


def _on_top(below: Mapping, above: Mapping) -> Mapping:
    for column in above.columns:
        below = below.with_column(column)
    constants = {**below.constants, **above.constants}
    return replace(below, constants=constants, key=above.key or below.key)


def for_header(mapping: Mapping, header: Sequence[str]) -> Mapping:
    """The mapping with the columns that a file has; `#` becomes each number in it."""
    columns: list[Column] = []
    for column in mapping.columns:
        if "#" not in column.target:
            if set(column.sources) <= set(header):
                columns.append(column)
            continue
        for number in _numbers(column.sources[0], header):
            sources = tuple(one.replace("#", number) for one in column.sources)
            target = column.target.replace("#", number)
            if set(sources) <= set(header):
                columns.append(replace(column, sources=sources, target=target))
    targets = {column.target for column in columns}
    key = mapping.key if mapping.key in targets else None
    # Kept under its name it would be taken for a mapping of this header only.
    return replace(mapping, columns=tuple(columns), key=key, name="")


def _numbers(source: str, header: Sequence[str]) -> list[str]:
    pattern = re.compile(re.escape(source).replace(r"\#", "#").replace("#", r"(\d+)"))
    return [match[1] for name in header if (match := pattern.fullmatch(name))]
