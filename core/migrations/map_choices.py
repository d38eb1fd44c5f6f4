"""Choices that are gone from a field: their rows go on to others, or stand in the way.

The states of a workflow are such choices. Made by `diff`, counted by `measure`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from core.compiler.table_spec import TableSpec
from core.frozen import frozen
from core.migrations.ddl import Ddl
from core.migrations.operations import Operation, Risk

CHOICE = "choice"


@frozen
class MapChoices(Operation):
    """`moves`: former key -> key that takes its place; `gone` have no such key."""

    table: str
    column: str
    moves: tuple[tuple[str, str], ...]
    gone: tuple[str, ...]

    @property
    def risk(self) -> Risk:
        return "slow" if self.moves else "safe"

    def text(self) -> str:
        told = [f"'{old}' becomes '{new}'" for old, new in self.moves]
        told += [f"'{key}' goes" for key in self.gone]
        return f"values of {self.table}.{self.column}: {', '.join(told)}"

    def statements(self, ddl: Ddl) -> Iterator[str]:
        # Keys are names, so they need no quoting inside the literal.
        name = ddl.quoted(self.column)
        for old, new in self.moves:
            yield (
                f"UPDATE {ddl.quoted(self.table)} SET {name} = '{new}' "
                f"WHERE {name} = '{old}'"
            )


def with_kept_choices(
    old: TableSpec, new: TableSpec, modules: Collection[str]
) -> TableSpec:
    """The new table, still with the choices that modules which are off have added.

    Their rows keep them, so that all is back when the module is on again.
    """
    before = {spec.name: spec for spec in old.fields}
    fields = []
    for spec in new.fields:
        former = before.get(spec.name)
        kept = [
            (key, module)
            for key, module in (former.lent if former is not None else ())
            if module not in modules and key not in spec.choices
        ]
        keys = (*spec.choices, *(key for key, _ in kept))
        fields.append(replace(spec, choices=keys, lent=(*spec.lent, *kept)))
    return replace(new, fields=tuple(fields))


def gone_choices(old: TableSpec, new: TableSpec) -> Iterator[MapChoices]:
    """The fields of a table that lost keys, with where their rows go."""
    before = {spec.name: spec for spec in old.fields}
    for spec in new.fields:
        former = before.get(spec.name)
        if former is None or (former.type, spec.type) != (CHOICE, CHOICE):
            continue
        gone = [key for key in former.choices if key not in spec.choices]
        if not gone or new.column(spec.name) is None or old.column(spec.name) is None:
            continue
        ways = {key: to for key, to in spec.renamed if to in spec.choices}
        moves = tuple((key, ways[key]) for key in gone if key in ways)
        left = tuple(key for key in gone if key not in ways)
        yield MapChoices(new.name, spec.name, moves, left)
