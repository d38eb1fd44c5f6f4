"""One entity, compiled: its table, and everything a save or a read needs of it.

Handed out by `Compiled.entity(id)`, built at first use and kept; read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler.across import CompiledAcross
from core.compiler.duplicates import CompiledDuplicates
from core.compiler.effects import CompiledAction, CompiledTimer
from core.compiler.parts import (
    Association,
    CompiledBounds,
    CompiledDefault,
    CompiledDerive,
    CompiledField,
    CompiledFilter,
    CompiledFormula,
    CompiledInverse,
    CompiledLines,
    CompiledOwner,
    CompiledRule,
    CompiledUnique,
    Computed,
    Reads,
)
from core.compiler.spreads import CompiledSpread
from core.compiler.workflows import CompiledWorkflow
from core.definitions import EntityDef
from core.expressions import Env, Record, to_sql
from core.expressions.binding import Binding
from core.frozen import frozen
from core.registry import words

Condition = bool | Computed


@frozen(kw_only=True)
class CompiledEntity:
    """What the services know of an entity.

    `required`, `readonly`, `visible` hold only the fields where it is not the default
    (False, False, True). `order`: column names, `-` descending, without the final id.
    `reads`: what defaults, derives, formulas, conditions and rules of a save read.
    `automatic`: transitions taken as soon as they may be. `approving`: buttons by
    which approvals are given. `save_order`: names of computed and derived fields in
    the order of dependency. `drawn`: numberings that effects draw from.
    """

    id: str
    definition: EntityDef
    table: sa.Table
    dialect: str
    fields: Mapping[str, CompiledField]
    associations: Mapping[str, Association]
    lines: Mapping[str, CompiledLines]
    inverses: Mapping[str, CompiledInverse]
    owner: CompiledOwner | None
    defaults: tuple[CompiledDefault, ...]
    derives: tuple[CompiledDerive, ...]
    formulas: tuple[CompiledFormula, ...]
    virtuals: Mapping[str, CompiledFormula]
    save_order: tuple[str, ...]
    rules: tuple[CompiledRule, ...]
    uniques: tuple[CompiledUnique, ...]
    across: tuple[CompiledAcross, ...]
    spreads: tuple[CompiledSpread, ...]
    duplicates: CompiledDuplicates | None
    bounds: Mapping[str, CompiledBounds]
    required: Mapping[str, Condition]
    readonly: Mapping[str, Condition]
    visible: Mapping[str, Condition]
    titled: Computed
    subtitled: Computed | None
    order: tuple[str, ...]
    search_fields: Mapping[str, int]
    filters: Mapping[str, CompiledFilter]
    actions: Mapping[str, CompiledAction]
    workflows: tuple[CompiledWorkflow, ...]
    timers: tuple[CompiledTimer, ...]
    automatic: tuple[CompiledAction, ...]
    approving: tuple[CompiledAction, ...]
    reads: Reads
    fold_columns: tuple[tuple[str, str], ...]
    drawn: frozenset[str]

    @property
    def label(self) -> str:
        """What one record is called."""
        return self.definition.label or words(self.id)

    @property
    def plural(self) -> str:
        """What several records are called."""
        return self.definition.plural or f"{self.label}s"

    @property
    def numbers(self) -> Mapping[str, str]:
        """Fields that a series fills, with the id of their numbering."""
        fields = self.fields.values()
        return {f.name: f.numbering for f in fields if f.numbering is not None}

    @property
    def late_numberings(self) -> frozenset[str]:
        """Numberings that transitions or effects draw from: a new record does not."""
        moves = (one.move for one in self.actions.values() if one.move is not None)
        taken = frozenset(id_ for move in moves for id_ in move.numberings)
        return taken | self.drawn

    @property
    def has_company(self) -> bool:
        """Whether rows belong to a company (or are shared, where it may be empty)."""
        return self.definition.company != "none"

    @property
    def tree(self) -> str | None:
        """The link to itself that makes the entity a tree."""
        return self.definition.tree

    @property
    def key(self) -> str | None:
        """The field usable as a natural key."""
        return self.definition.key

    def title(self, record: Record, env: Env | None = None) -> str:
        """How the record names itself; it must have `titled.reads` loaded."""
        around = Env() if env is None else env
        found = self.titled.run(
            Env(this=record, to_text=around.to_text, zone=around.zone)
        )
        return _plain(found, record)

    def title_sql(self, binding: Binding) -> sa.ColumnElement[Any]:
        """The title as a column of the binding's row `this`."""
        if self.titled.typed is None:
            row = binding.row("this")
            assert row is not None
            return sa.cast(row.c.id, sa.String)
        return to_sql(self.titled.typed, binding, self.dialect)

    def unique_at(self, index: str | None, columns: tuple[str, ...]) -> str | None:
        """The id of the unique constraint that an index name or columns stand for."""
        for unique in self.uniques:
            if unique.index == index or (columns and unique.columns == columns):
                return unique.id
        return None


def _plain(found: object, record: Record) -> str:
    return str(record.id or "") if found is None else str(found)
