"""Derived and computed fields in the order in which a save computes them.

Called by the entity builder; hands on derives, stored formulas, and virtual ones with
their SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from core.compiler.computing import Computing
from core.compiler.parts import (
    CompiledDerive,
    CompiledFormula,
    Computed,
    ToColumn,
)
from core.compiler.tables import FlatField
from core.expressions import Typed, to_sql
from core.expressions.binding import Binding
from core.fieldtypes.spec import DeriveDef
from core.frozen import frozen
from core.source import PathText


@frozen
class Calculations:
    """`order` names derives and formulas so that inputs come before what reads them."""

    derives: tuple[CompiledDerive, ...]
    formulas: tuple[CompiledFormula, ...]
    virtuals: Mapping[str, CompiledFormula]
    order: tuple[str, ...]


def compile_calculations(
    fields: tuple[FlatField, ...],
    computing: Computing,
    dialect: str,
    is_heavy: Callable[[str], bool],
) -> Calculations:
    """All derives and formulas of an entity; `is_heavy` tells which read long lists."""
    derives: dict[str, CompiledDerive] = {}
    formulas: dict[str, CompiledFormula] = {}
    virtuals: dict[str, CompiledFormula] = {}
    for field in fields:
        derive = _derive(field, computing)
        if derive is not None:
            derives[field.name] = derive
        formula = _formula(field, computing, dialect)
        if formula is not None:
            if field.has_columns and is_heavy(field.name):
                formula = replace(formula, heavy=True)
            (formulas if field.has_columns else virtuals)[field.name] = formula
    inputs = {name: _inputs(derive) for name, derive in derives.items()}
    inputs |= {name: _inputs(part) for name, part in (formulas | virtuals).items()}
    order = in_order(inputs)
    return Calculations(
        tuple(derives[name] for name in order if name in derives),
        tuple(formulas[name] for name in order if name in formulas),
        MappingProxyType({name: virtuals[name] for name in order if name in virtuals}),
        order,
    )


def in_order(inputs: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The names so that each comes after those it needs, else in their own order.

    A circle, which the registry reports before, is cut where it closes.
    """
    found: dict[str, None] = {}
    begun: set[str] = set()

    def visit(name: str) -> None:
        if name in begun:
            return
        begun.add(name)
        for other in inputs:
            if other in inputs[name]:
                visit(other)
        found[name] = None

    for name in inputs:
        visit(name)
    return tuple(found)


def _inputs(part: CompiledDerive | CompiledFormula) -> frozenset[str]:
    reads = part.value.reads
    if part.frozen is not None:
        reads |= part.frozen.reads
    if isinstance(part, CompiledDerive) and part.while_ is not None:
        reads |= part.while_.reads
    return frozenset(path[0] for path in reads.this)


def _derive(field: FlatField, computing: Computing) -> CompiledDerive | None:
    written = field.definition.derive
    if written is None:
        return None
    value = computing.at(f"{field.address}/derive", field.group)
    if value is None:
        return None
    watch = value.reads.this
    while_: Computed | None = None
    if isinstance(written, DeriveDef):
        while_ = computing.at(f"{field.address}/derive/while", field.group)
        if written.watch:
            watch = frozenset(_steps(path, field.group) for path in written.watch)
    frozen = computing.at(f"{field.address}/frozen", field.group)
    return CompiledDerive(field.name, value, watch, while_, frozen)


def _steps(path: PathText, group: str | None) -> tuple[str, ...]:
    first, *rest = path.steps
    return (first if group is None else f"{group}_{first}", *rest)


def _formula(
    field: FlatField, computing: Computing, dialect: str
) -> CompiledFormula | None:
    definition = field.definition
    if definition.formula is None and not definition.cases:
        return None
    key = "formula" if definition.formula is not None else "cases"
    value = computing.at(f"{field.address}/{key}", field.group)
    if value is None:
        return None
    frozen = computing.at(f"{field.address}/frozen", field.group)
    sql: ToColumn | None = None
    typed = value.typed
    if typed is not None and translatable(typed):
        sql = _to_column(typed, dialect)
    return CompiledFormula(field.name, value, frozen, sql)


def translatable(typed: Typed) -> bool:
    """Whether an expression has an SQL form that needs no user or memory function."""
    return not typed.uses.memory and not typed.uses.old


def _to_column(typed: Typed, dialect: str) -> ToColumn:
    def make(binding: Binding) -> sa.ColumnElement[Any]:
        return to_sql(typed, binding, dialect)

    return make
