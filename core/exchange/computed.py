"""What expressions of a mapping make of a row: computed values, and reasons to refuse.

Called by the import for mappings that come from a document of a module; names of the
foreign data are read with the types of its schema, numbers and days as the API has
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.compiler.computing import Computing
from core.compiler.parts import NOTHING_READ, Computed, FilledText, Reads
from core.definitions.mapping import MappingDef
from core.exchange.assemble import Draft, key_of
from core.exchange.declared import places_of
from core.exchange.fit import Filled, Fitted
from core.exchange.mapping import Mapping
from core.expressions import Env
from core.expressions.errors import EvaluationError
from core.fieldtypes import BadValue, Locale
from core.frozen import frozen
from core.services import Transaction
from core.services.effects import plain
from core.services.runtime import Runtime

_PLAIN = Locale("en", "UTC")


@frozen
class Workings:
    """The expressions of one mapping, ready for the rows of one file."""

    definition: MappingDef
    cells: dict[str, int]
    values: tuple[tuple[Filled, Computed], ...]
    rejects: tuple[tuple[str, Computed, FilledText], ...]
    reads: Reads
    runtime: Runtime

    def work(self, tx: Transaction, fitted: Fitted, drafts: Sequence[Draft]) -> None:
        """Fill the computed places of the rows and refuse those that do not fit."""
        for draft in drafts:
            if draft.errors:
                continue
            names = self._names(draft)
            if draft.errors:
                continue
            env = tx.scene.env(self.reads, names=names)
            for one, computed in self.values:
                self._fill(draft, fitted, one, computed, env)
            for name, check, say in self.rejects:
                if _holds(check, env) is False:
                    draft.error(say.run(env), f"rejected/{name}")

    def _fill(
        self, draft: Draft, fitted: Fitted, one: Filled, computed: Computed, env: Env
    ) -> None:
        try:
            value = plain(computed.run(env))
        except (BadValue, EvaluationError) as bad:
            text = " ".join(draft.row.cells[number] for number in one.cells)
            code = bad.code if isinstance(bad, BadValue) else "not_computed"
            draft.error(f"{_said(bad)}.", code, one.shown, text)
            return
        if value is None:
            return
        draft.values[one.slot.name] = value
        if any(one is key for key in fitted.keys):
            draft.keys[one.slot.path] = str(value)
            draft.key = key_of(draft, fitted)

    def _names(self, draft: Draft) -> dict[str, Any]:
        foreign = self.definition.foreign
        schema = {} if foreign is None else foreign.schema
        found: dict[str, Any] = {}
        for name, number in self.cells.items():
            text = draft.row.cells[number].strip()
            value: Any = text or None
            if text and name in schema:
                field = schema[name]
                kind = self.runtime.compiled.catalog[field.type]
                try:
                    value = kind.coerce(kind.from_text(text, field, _PLAIN), field)
                except BadValue as bad:
                    draft.error(f"{name}: {bad.message}.", bad.code, name, text)
            found[f"src.{name}"] = value
        return found


def _holds(check: Computed, env: Env) -> bool | None:
    try:
        found: bool | None = check.run(env)
    except (BadValue, EvaluationError):
        return False
    return found


def _said(bad: Exception) -> str:
    return bad.message if isinstance(bad, BadValue) else str(bad)


def workings_of(
    runtime: Runtime, mapping: Mapping, fitted: Fitted, header: Sequence[str]
) -> Workings | None:
    """The expressions of the document that a mapping comes from, None for none."""
    registry = runtime.compiled.registry
    definition = registry.mappings.get(mapping.document)
    if definition is None or definition.foreign is None:
        return None
    if definition.to != mapping.entity:
        return None
    computing, at = Computing(registry), f"mapping {definition.id}"
    values = tuple(
        (one, computed)
        for one in fitted.filled
        if one.column.computed
        and (computed := computing.at(f"{at}/{one.column.computed}")) is not None
    )
    rejects = tuple(_rejects(definition, computing, at))
    if not values and not rejects:
        return None
    numbers = {name: number for number, name in reversed(list(enumerate(header)))}
    places = places_of(definition, header)
    cells = {name: numbers[shown] for name, shown in places.items()}
    reads = NOTHING_READ
    for _, computed in values:
        reads |= computed.reads
    for _, check, say in rejects:
        reads |= check.reads | say.reads
    return Workings(definition, cells, values, rejects, reads, runtime)


def _rejects(
    definition: MappingDef, computing: Computing, at: str
) -> Iterator[tuple[str, Computed, FilledText]]:
    for name in definition.reject:
        check = computing.at(f"{at}/reject/{name}/check")
        say = computing.text(f"{at}/reject/{name}/say")
        if check is not None and say is not None:
            yield name, check, say
