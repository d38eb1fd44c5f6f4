"""Checks what buttons do: the effects of `do:` with their values and conditions.

Called by core.registry.check_entities for each action; each effect is a map with
exactly one effect name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.definitions import (
    EFFECT_NAMES,
    ActivityEffect,
    ChooseDef,
    EffectDef,
    MapEffect,
    MappingDef,
    TransitionDef,
    TransitionEffect,
    UpdateEffect,
)
from core.diagnostics import Span, did_you_mean
from core.expressions import types
from core.expressions.slots import CHECK, MESSAGE, VALUE, Slot
from core.expressions.types import RELATIONAL, Kind, Type
from core.fieldtypes.spec import FieldDef
from core.registry.check_more_effects import check_more
from core.registry.check_values import check_assignments, check_value
from core.registry.checker import Checker
from core.registry.members import USER
from core.registry.secrecy import report_leak
from core.source import ExprText, Values


class EffectChecker:
    """Checks lists of effects over the record of `root` (None: there is no record)."""

    def __init__(
        self,
        checker: Checker,
        module: str,
        root: str | None,
        slot: Slot | None = None,
    ) -> None:
        self.checker = checker
        self.module = module
        self.root = root
        self.slot = slot or CHECK
        self.value = slot or VALUE

    def check(
        self, effects: Sequence[EffectDef], address: str, names: Mapping[str, Type]
    ) -> dict[str, Type]:
        """Check effects in order; results named with `as` are known to later ones.

        Returns all names that are known behind them.
        """
        known = dict(names)
        for index, effect in enumerate(effects):
            self._effect(effect, f"{address}/{index}", known)
        return known

    def _effect(self, effect: EffectDef, address: str, names: dict[str, Type]) -> None:
        given = [name for name in EFFECT_NAMES if effect.gave(name)]
        if len(given) != 1:
            self._not_one(effect, given)
            return
        self.condition(effect.when, f"{address}/when", names)
        if effect.set is not None and self.root is not None:
            check_assignments(
                self.checker,
                effect.set,
                self.root,
                f"{address}/set",
                self.root,
                names,
                self.value,
            )
        elif effect.set is not None:
            text = "'set' needs a record, and there is none here"
            self.checker.diagnostics.error("E205", text, effect.at("set"))
        if effect.create is not None:
            self._create(effect, address, names)
        if effect.map is not None:
            self._map(effect, effect.map, address, names)
        if effect.transition is not None:
            self._transition(effect.transition, address, names)
        if effect.update is not None:
            self._update(effect.update, f"{address}/update", names)
        for key in ("archive", "delete"):
            self.rows(getattr(effect, key), f"{address}/{key}", names)
        self._said(effect, address, names)
        check_more(self, effect, address, names)
        self._choose(effect.choose, f"{address}/choose", names)

    def _not_one(self, effect: EffectDef, given: list[str]) -> None:
        if given:
            code, text = "E208", f"{' and '.join(given)} stand in one effect"
        else:
            code, text = "E204", "the effect says nothing of what to do"
        help_ = f"each effect has exactly one of: {', '.join(EFFECT_NAMES)}"
        self.checker.diagnostics.error(code, text, effect.span, None, help_)

    def condition(
        self, text: ExprText | None, address: str, names: Mapping[str, Type]
    ) -> None:
        """Check a condition of an effect."""
        self.checker.condition(text, address, self.root, self.slot, names)

    def _create(self, effect: EffectDef, address: str, names: dict[str, Type]) -> None:
        create = effect.create
        if create is None:
            return
        entities = self.checker.documents.entities
        if not self.checker.dependencies.check(
            self.module, "entity", create.entity, entities, create.at("entity")
        ):
            return
        check_assignments(
            self.checker,
            create.values,
            create.entity,
            f"{address}/create/values",
            self.root,
            names,
            self.value,
        )
        if effect.as_ is not None:
            names[effect.as_] = types.link(create.entity)

    def _map(
        self, effect: EffectDef, body: MapEffect, address: str, names: dict[str, Type]
    ) -> None:
        mappings = self.checker.documents.of("mapping", MappingDef)
        if not self.checker.dependencies.check(
            self.module, "mapping", body.mapping, mappings, body.at("mapping")
        ):
            return
        mapping = mappings[body.mapping]
        given = [key for key in ("record", "records") if body.gave(key)]
        if len(given) > 1:
            text = "'record' and 'records' stand in one effect"
            self.checker.diagnostics.error("E208", text, body.span)
        if mapping.foreign is not None:
            text = f"{body.mapping} takes foreign data, no records"
            self.checker.diagnostics.error("E419", text, body.at("mapping"))
            return
        found = self.root
        for key in given:
            found = self.rows(getattr(body, key), f"{address}/map/{key}", names)
        if found != mapping.source and (given or found is not None):
            text = f"the mapping takes records of {mapping.source}, not of {found}"
            self.checker.diagnostics.error("E419", text, body.at("mapping"))
        self.answers(body.ask, mapping.ask, f"{address}/map/ask", "mapping", names)
        if effect.as_ is not None and mapping.to in self.checker.documents.entities:
            names[effect.as_] = types.link(mapping.to)

    def _transition(
        self, body: TransitionEffect, address: str, names: dict[str, Type]
    ) -> None:
        found = self.root
        if body.record is not None:
            at = f"{address}/transition/record"
            found = self.rows(body.record, at, names)
        entity = self.checker.documents.entities.get(found or "")
        if entity is None:
            if body.record is None:
                text = "'transition' needs a record here"
                self.checker.diagnostics.error("E205", text, body.span)
            return
        ways = {
            id_: one
            for id_, one in entity.actions.items()
            if isinstance(one, TransitionDef)
        }
        if body.name not in ways:
            text = f"{entity.id} has no transition '{body.name}'"
            help_ = did_you_mean(body.name, tuple(ways))
            self.checker.diagnostics.error("E402", text, body.at("name"), help=help_)
            return
        at = f"{address}/transition/ask"
        self.answers(body.ask, ways[body.name].questions, at, "transition", names)

    def answers(
        self,
        given: Values,
        fields: Mapping[str, FieldDef],
        address: str,
        what: str,
        names: Mapping[str, Type],
    ) -> None:
        """Check the answers to the small form of a mapping or a transition."""
        for name, value in given.items():
            field = fields.get(name)
            if field is None:
                text = f"the {what} does not ask for '{name}'"
                self.checker.diagnostics.error("E402", text, value.span)
                continue
            if value.expr is None:
                check_value(self.checker, value, field, None)
                continue
            typed = self.checker.expression(
                value.expr, f"{address}/{name}", self.root, self.value, names=names
            )
            if typed is not None and typed.uses.sensitive:
                # What an answer brings is no secret to what reads it.
                report_leak(self.checker, name, value.span)

    def _update(
        self, update: UpdateEffect, address: str, names: Mapping[str, Type]
    ) -> None:
        target = self.rows(update.in_, f"{address}/in", names)
        if target is None:
            return
        inner = {**names, update.as_ or "it": types.link(target)}
        self.condition(update.where, f"{address}/where", inner)
        check_assignments(
            self.checker,
            update.set,
            target,
            f"{address}/set",
            self.root,
            inner,
            self.value,
        )

    def rows(
        self, text: ExprText | None, address: str, names: Mapping[str, Type]
    ) -> str | None:
        """Check an expression for a record or several; return their entity."""
        if text is None:
            return None
        typed = self.checker.rows(text, address, self.root, self.value, names)
        if typed is None:
            return None
        found = typed.type
        if found.kind is Kind.LIST and found.item is not None:
            found = found.item
        if found.kind in RELATIONAL and len(found.entities) == 1:
            return found.entities[0]
        self.checker.diagnostics.error(
            "E419",
            f"a record or a list of records is needed here, this is {typed.type}",
            text.span,
            None,
            "name a link, lines, an inverse or 'this'",
        )
        return None

    def _said(self, effect: EffectDef, address: str, names: Mapping[str, Type]) -> None:
        """What an effect says: to who presses the button, or in the timeline."""
        self.checker.text(effect.refuse, f"{address}/refuse", self.root, MESSAGE, names)
        self.checker.text(
            effect.comment, f"{address}/comment", self.root, MESSAGE, names
        )
        if effect.activity is not None:
            span = effect.at("activity")
            _activity(self, effect.activity, f"{address}/activity", names, span)
        if effect.gave("comment"):
            self.timeline(self.root, "comment", effect.at("comment"))

    def timeline(self, entity: str | None, key: str, span: Span) -> None:
        """Report an effect that writes into a timeline that is not there."""
        found = self.checker.documents.entities.get(entity or "")
        if found is None or not found.timeline:
            text = f"'{key}' writes into a timeline, and there is none here"
            help_ = "say 'timeline: true' at the entity of this button"
            self.checker.diagnostics.error("E205", text, span, help=help_)

    def _choose(
        self, ways: Sequence[ChooseDef], address: str, names: Mapping[str, Type]
    ) -> None:
        for index, way in enumerate(ways):
            at = f"{address}/{index}"
            last = index == len(ways) - 1
            if way.gave("when") == way.gave("else") or (
                way.gave("else") and (not last or way.gave("do"))
            ):
                text = "a way is 'when' and 'do'; 'else' stands alone and last"
                self.checker.diagnostics.error("E205", text, way.span)
                continue
            self.condition(way.when, f"{at}/when", names)
            self.check(way.do, f"{at}/do", names)
            self.check(way.else_, f"{at}/else", names)


def _activity(
    effects: EffectChecker,
    body: ActivityEffect,
    address: str,
    names: Mapping[str, Type],
    span: Span,
) -> None:
    about = effects.root
    if body.record is not None:
        about = effects.rows(body.record, f"{address}/record", names)
    if body.record is None or about is not None:
        effects.timeline(about, "activity", span)
    effects.checker.text(
        body.summary, f"{address}/summary", effects.root, MESSAGE, names
    )
    effects.checker.expression(
        body.due,
        f"{address}/due",
        effects.root,
        effects.value,
        names=names,
        expected=types.DATE,
    )
    found = effects.rows(body.to, f"{address}/to", names)
    if found is not None and found != USER:
        assert body.to is not None
        text = f"an activity is for a user, this is {types.link(found)}"
        help_ = "name a link to base.user, or leave 'to' out for who acts"
        effects.checker.diagnostics.error("E419", text, body.to.span, help=help_)
