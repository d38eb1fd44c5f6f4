"""Compiled effects: what buttons, states, mappings and automations do, ready to run.

Called by the builder of actions; hands on tuples of `Effect`s for the services.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.compiler.computing import Computing
from core.compiler.effects import (
    ArchiveRecord,
    AssignRecord,
    Choose,
    CopyRecord,
    CreateRecord,
    DeleteRecord,
    DrawNumber,
    Effect,
    EmitEvent,
    Escalate,
    ForEach,
    KeepComment,
    MapRecords,
    Notify,
    PlanActivity,
    Refuse,
    SetFields,
    StartFlow,
    StopFlow,
    TakeTransition,
    UpdateRecords,
)
from core.compiler.mails import mail_effect
from core.compiler.parts import Computed, FilledText
from core.compiler.tables import FlatField, flat_fields
from core.definitions import (
    ActivityEffect,
    CopyEffect,
    CreateEffect,
    EffectDef,
    EscalateEffect,
    ForEachEffect,
    MailEffect,
    MapEffect,
    NotifyEffect,
    StartEffect,
    StopEffect,
    TransitionEffect,
    UpdateEffect,
)
from core.fieldtypes import FieldTypeCatalog
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.registry import Registry
from core.source import Values

#: Rows that one `for_each` takes at most, in a save and in a schedule.
MOST_ROWS, MOST_SCHEDULED = 1000, 100_000


class EffectBuilder:
    """Builds lists of effects over records of one entity."""

    def __init__(
        self,
        registry: Registry,
        catalog: FieldTypeCatalog,
        computing: Computing,
        entity: str,
    ) -> None:
        self._registry = registry
        self._catalog = catalog
        self._computing = computing
        self._entity = entity

    def all(self, written: tuple[EffectDef, ...], at: str) -> tuple[Effect, ...]:
        """The effects written at an address, in their order."""
        made = (self._effect(e, f"{at}/{i}") for i, e in enumerate(written))
        return tuple(effect for effect in made if effect is not None)

    def _effect(self, written: EffectDef, at: str) -> Effect | None:
        common = _Common(self._computing.at(f"{at}/when"), written.as_)
        if written.set is not None:
            values = self.values(self._entity, written.set, f"{at}/set")
            return SetFields(when=common.when, name=common.name, values=values)
        if written.create is not None:
            return self._create(written.create, at, common)
        if written.update is not None:
            return self._update(written.update, at, common)
        if written.map is not None:
            return self._map(written.map, at, common)
        if written.activity is not None:
            return self._activity(written.activity, at, common)
        if written.comment is not None:
            body = self._text(f"{at}/comment")
            return KeepComment(when=common.when, name=common.name, body=body)
        if written.transition is not None:
            return self._transition(written.transition, at, common)
        if written.refuse is not None:
            say = self._text(f"{at}/refuse")
            return Refuse(when=common.when, name=common.name, say=say)
        if written.choose:
            return self._choose(written, at, common)
        if written.for_each is not None:
            return self.for_each(written.for_each, f"{at}/for_each", common)
        return self._rest(written, at, common)

    def _rest(self, written: EffectDef, at: str, common: _Common) -> Effect | None:
        if written.emit is not None:
            event = written.emit.event
            return EmitEvent(when=common.when, name=common.name, event=event)
        if written.copy is not None:
            return self._copy(written.copy, at, common)
        if written.number is not None:
            field = self._registry.entities[self._entity].fields[written.number.into]
            series = field.numbering or ""
            return DrawNumber(when=common.when, name=common.name, numbering=series)
        if written.notify is not None:
            return _notify(self, written.notify, f"{at}/notify", common)
        if (flow := written.start or written.stop) is not None:
            return self._flow(
                flow, f"{at}/{'start' if written.start else 'stop'}", common
            )
        if written.mail is not None:
            return _mail(self, written.mail, f"{at}/mail", common)
        if written.escalate is not None:
            return _escalate(self, written.escalate, f"{at}/escalate", common)
        if (id_ := written.assign) is not None:
            return AssignRecord(when=common.when, name=common.name, assignment=id_)
        return self._ending(written, at, common)

    def _text(self, at: str) -> FilledText:
        return self._computing.text(at) or FilledText(lambda env: "")

    def _about(self, at: str) -> tuple[Computed | None, str]:
        """What yields the record that an effect is about, and its entity."""
        target = self._computing.at(at)
        if target is None or target.typed is None:
            return None, self._entity
        return target, target.typed.type.entity

    def _activity(self, body: ActivityEffect, at: str, common: _Common) -> Effect:
        target, entity = self._about(f"{at}/activity/record")
        return PlanActivity(
            when=common.when,
            name=common.name,
            entity=entity,
            target=target,
            type=body.type,
            summary=self._text(f"{at}/activity/summary"),
            to=self._computing.at(f"{at}/activity/to"),
            due=self._computing.at(f"{at}/activity/due"),
        )

    def _create(self, body: CreateEffect, at: str, common: _Common) -> Effect:
        return CreateRecord(
            when=common.when,
            name=common.name,
            entity=body.entity,
            values=self.values(body.entity, body.values, f"{at}/create/values"),
        )

    def _update(self, body: UpdateEffect, at: str, common: _Common) -> Effect | None:
        rows = self._computing.at(f"{at}/update/in")
        if rows is None or rows.typed is None:
            return None
        kind = rows.typed.type.item or rows.typed.type
        return UpdateRecords(
            when=common.when,
            name=common.name,
            entity=kind.entity,
            rows=rows,
            row=body.as_ or "it",
            where=self._computing.at(f"{at}/update/where"),
            values=self.values(kind.entity, body.set, f"{at}/update/set"),
            most=body.max,
        )

    def _map(self, body: MapEffect, at: str, common: _Common) -> Effect:
        key = "records" if body.records is not None else "record"
        fields = self._registry.mappings[body.mapping].ask
        return MapRecords(
            when=common.when,
            name=common.name,
            mapping=body.mapping,
            target=self._registry.mappings[body.mapping].to,
            records=self._computing.at(f"{at}/map/{key}"),
            ask=self._answers(body.ask, f"{at}/map/ask", fields),
        )

    def _transition(self, body: TransitionEffect, at: str, common: _Common) -> Effect:
        target, entity = self._about(f"{at}/transition/record")
        fields = self._registry.entities[entity].actions[body.name].ask
        return TakeTransition(
            when=common.when,
            name=common.name,
            entity=entity,
            transition=body.name,
            target=target,
            ask=self._answers(body.ask, f"{at}/transition/ask", fields),
        )

    def _answers(
        self, given: Values, at: str, fields: Mapping[str, FieldDef]
    ) -> tuple[tuple[str, Computed], ...]:
        found = (
            (name, self._computing.value(slot, f"{at}/{name}", self._ask(name, fields)))
            for name, slot in given.items()
        )
        return tuple((name, value) for name, value in found if value is not None)

    def _ask(self, name: str, fields: Mapping[str, FieldDef]) -> FlatField:
        definition = fields[name]
        return FlatField(name, definition, self._catalog[definition.type], None, "")

    def _ending(self, written: EffectDef, at: str, common: _Common) -> Effect | None:
        key = "archive" if written.archive is not None else "delete"
        target = self._computing.at(f"{at}/{key}")
        if target is None or target.typed is None:
            return None
        made = ArchiveRecord if key == "archive" else DeleteRecord
        return made(
            when=common.when,
            name=common.name,
            entity=target.typed.type.entity,
            target=target,
        )

    def _copy(self, body: CopyEffect, at: str, common: _Common) -> Effect:
        target, entity = self._about(f"{at}/copy/record")
        return CopyRecord(
            when=common.when,
            name=common.name,
            entity=entity,
            target=target,
            values=self.values(entity, body.set, f"{at}/copy/set"),
            keep=body.keep,
        )

    def _flow(self, body: StartEffect | StopEffect, at: str, common: _Common) -> Effect:
        read = self._computing.at
        given: dict[str, Any] = {"flow": body.flow, "key": read(f"{at}/key")}
        given["target"] = read(f"{at}/record")
        if isinstance(body, StopEffect):
            return StopFlow(when=common.when, name=common.name, **given)
        fields = self._registry.flows[body.flow].input
        handed = self._answers(body.input, f"{at}/input", fields)
        return StartFlow(when=common.when, name=common.name, input=handed, **given)

    def for_each(
        self,
        body: ForEachEffect,
        at: str,
        common: _Common | None = None,
        scheduled: bool = False,
    ) -> ForEach | None:
        """Effects for rows; None if the rows could not be understood."""
        rows = self._computing.at(f"{at}/in")
        if rows is None or rows.typed is None:
            return None
        kind = rows.typed.type.item or rows.typed.type
        return ForEach(
            when=common.when if common else None,
            name=common.name if common else None,
            entity=kind.entity,
            rows=rows,
            row=body.as_ or "it",
            where=self._computing.at(f"{at}/where"),
            effects=self.all(body.do, f"{at}/do"),
            most=body.max or (MOST_SCHEDULED if scheduled else MOST_ROWS),
        )

    def _choose(self, written: EffectDef, at: str, common: _Common) -> Effect:
        ways: list[tuple[Computed | None, tuple[Effect, ...]]] = []
        for index, way in enumerate(written.choose):
            place = f"{at}/choose/{index}"
            if way.else_:
                ways.append((None, self.all(way.else_, f"{place}/else")))
            else:
                when = self._computing.at(f"{place}/when")
                ways.append((when, self.all(way.do, f"{place}/do")))
        return Choose(when=common.when, name=common.name, ways=tuple(ways))

    def values(
        self, entity: str, values: Values, at: str
    ) -> tuple[tuple[str, Computed], ...]:
        """Values that are given to fields of an entity, by their names."""
        fields = {f.name: f for f in self._fields(entity)}
        made = (
            (
                name,
                self._computing.value(slot, f"{at}/{name}", _as_target(fields, name)),
            )
            for name, slot in values.items()
        )
        return tuple((name, value) for name, value in made if value is not None)

    def _fields(self, entity: str) -> Iterator[FlatField]:
        if entity in self._registry.entities:
            yield from flat_fields(self._registry, self._catalog, entity)


@frozen
class _Common:
    when: Computed | None
    name: str | None


def _mail(
    builder: EffectBuilder, body: MailEffect, at: str, common: _Common
) -> Effect | None:
    about = builder._about(f"{at}/record")
    named = (common.when, common.name)
    return mail_effect(builder._registry, builder._computing, body, at, about, named)


def _notify(
    builder: EffectBuilder, body: NotifyEffect, at: str, common: _Common
) -> Effect:
    target, entity = builder._about(f"{at}/record")
    return Notify(
        when=common.when,
        name=common.name,
        entity=entity,
        target=target,
        say=builder._text(f"{at}/text"),
        to=builder._computing.at(f"{at}/to"),
        level=body.level,
    )


def _escalate(
    builder: EffectBuilder, body: EscalateEffect, at: str, common: _Common
) -> Effect:
    computing = builder._computing
    return Escalate(
        when=common.when,
        name=common.name,
        to=computing.at(f"{at}/to") or Computed(lambda env: None),
        say=computing.text(f"{at}/text"),
        field=body.field,
    )


def _as_target(fields: Mapping[str, FlatField], name: str) -> FlatField | None:
    """The field a value is for; its expression's root is the record, not a group."""
    found = fields.get(name)
    if found is None or found.group is None:
        return found
    return FlatField(found.name, found.definition, found.type, found.member, "")
