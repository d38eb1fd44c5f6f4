"""What a form can answer by itself while it is filled in: expressions for its script.

Conditions and formulas whose every input the form holds travel with the page and run in
the browser; the server's answer follows and counts. Nothing is sent that reads a field
the person may not read, a user, a setting or another record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.compiler import CompiledEntity, CompiledField, Computed
from core.compiler.view_models import Item
from core.expressions import Typed, runs_in_browser, to_json
from core.expressions.to_json import type_json, wire
from core.fieldtypes import Locale, TextHints
from core.fieldtypes.moments import zone_of
from core.services.save_plan import currency_steps
from core.web.pages.conditions import State, frame_of, items_of, sections_of
from core.web.pages.form_lines import line_columns
from core.web.pages.form_model import FormMaker, has_input, shown_names
from core.web.wording import say

Sent = dict[str, Any]
_KINDS = """
number percent money quantity checkbox select multiselect rating date datetime time
link reference textarea text properties
"""
#: Kinds of inputs that the script reads as the server does.
_READ = frozenset(_KINDS.split())
_TEXTS = frozenset({"text", "longtext"})
_WRITTEN = frozenset(
    {"integer", "decimal", "percent", "money", "quantity", "text", "boolean", "choice"}
)


@dataclass(slots=True)
class _Side:
    """What the script knows of one entity: inputs, fixed values, formulas so far."""

    entity: CompiledEntity
    readable: frozenset[str]
    inputs: dict[str, Sent] = field(default_factory=dict)
    given: dict[str, Sent] = field(default_factory=dict)
    formulas: set[str] = field(default_factory=set)
    lines: dict[str, _Side] = field(default_factory=dict)
    above: _Side | None = None
    back: str = ""

    def knows(self, name: str) -> bool:
        return name in self.inputs or name in self.given or name in self.formulas

    def holds(self, typed: Typed | None) -> bool:
        """Whether an expression reads nothing but what the script knows."""
        if typed is None or not runs_in_browser(typed):
            return False
        uses = typed.uses
        if uses.me or uses.company or uses.old or uses.rows or uses.settings:
            return False
        return all(self._reaches(path) for path in typed.reads)

    def _reaches(self, path: tuple[str, ...]) -> bool:
        first, *rest = path
        if first in self.lines:
            inner = self.lines[first]
            return not rest or (len(rest) == 1 and inner.knows(rest[0]))
        if rest and self.above is not None and first == self.back:
            return len(rest) == 1 and self.above.knows(rest[0])
        return not rest and self.knows(first)


def live_form(maker: FormMaker) -> Sent | None:
    """Everything for the script of a form; None if it would have nothing to do."""
    side = _top(maker)
    for name in maker.screen.entity.lines:
        if name in shown_names(maker):
            _add_lines(maker, side, name)
    steps = list(_steps(maker, side))
    made = {
        "steps": steps,
        "visible": dict(_visible(maker, side)),
        "required": dict(_required(maker, side)),
        "readonly": dict(_readonly(maker, side)),
    }
    if not any(made.values()):
        return None
    moment = maker.reader.scene.moment
    return {
        **made,
        "entity": side.entity.id,
        "id": None if maker.draft.id is None else str(maker.draft.id),
        "fields": side.inputs,
        "given": side.given,
        "lines": {
            name: {"fields": one.inputs, "back": one.back}
            for name, one in side.lines.items()
        },
        "measures": _measures(maker, steps),
        "numbers": _numbers(maker.screen.locale),
        "zone": str(moment.zone),
        "today": moment.today.isoformat(),
        "now": moment.now.isoformat(),
        "words": {"true": say("yes"), "false": say("no")},
    }


# -- what the form holds ---------------------------------------------------------------


def _top(maker: FormMaker) -> _Side:
    entity = maker.screen.entity
    hidden = maker.draft.state.hidden
    side = _Side(entity, frozenset(maker.readable - hidden))
    computed = {d.field for d in entity.derives} | set(_formulas(entity))
    for name in shown_names(maker):
        shown = entity.fields[name]
        if name not in side.readable or shown.type.write_only:
            continue
        if has_input(maker, name):
            side.inputs.update(_input(maker, side, shown))
        elif name not in computed and shown.kind == "value" and shown.columns:
            # Shown as a text that nobody can change here, a state for instance.
            kind = _type(maker, side, name)
            side.given[name] = {"type": kind, "value": wire(maker.values.get(name))}
    return side


def _add_lines(maker: FormMaker, side: _Side, name: str) -> None:
    entity = side.entity
    lines = entity.lines[name]
    if entity.spreads or entity.fields[name].build is not None:
        # What a save spreads over rows or makes of others is not in the inputs.
        return
    if name not in side.readable:
        return
    child = maker.screen.compiled.entity(lines.child)
    access = maker.reader.access.of(lines.child)
    inner = _Side(child, access.readable, above=side, back=lines.back)
    closed = name in maker.draft.state.readonly or name not in maker.writable
    for column in line_columns(maker.screen, lines):
        open_ = column.writable and not column.computed and not closed
        if open_ and column.name in access.writable & inner.readable:
            inner.inputs.update(_input(maker, inner, column))
    side.lines[name] = inner


def _input(maker: FormMaker, side: _Side, shown: CompiledField) -> dict[str, Sent]:
    spec = shown.type.widget(shown.definition)
    kind = spec.kind
    if kind not in _READ or (kind in ("text", "textarea") and not _is_text(shown)):
        return {}
    made: Sent = {"type": _type(maker, side, shown.name), "read": kind}
    if kind == "checkbox" and spec.attributes.get("three_state"):
        made["read"] = "answer"
    if kind == "datetime":
        made["zone"] = str(zone_of(shown.definition, maker.screen.locale))
    return {shown.name: made}


def _is_text(shown: CompiledField) -> bool:
    return shown.type.name in _TEXTS


def _type(maker: FormMaker, side: _Side, name: str) -> Sent:
    schema = maker.screen.compiled.registry.schema.entity(side.entity.id)
    member = None if schema is None else schema.member(name)
    return {"kind": "text"} if member is None else type_json(member.type)


# -- what runs -------------------------------------------------------------------------


def _formulas(entity: CompiledEntity) -> dict[str, Any]:
    return {**{one.field: one for one in entity.formulas}, **entity.virtuals}


def _steps(maker: FormMaker, side: _Side) -> Iterator[Sent]:
    """Formulas in the order in which the script works them out."""
    sides = [("", side), *side.lines.items()]
    found = True
    while found:
        found = False
        for lines, one in sides:
            formulas = _formulas(one.entity)
            for name in one.entity.save_order:
                part = formulas.get(name)
                if part is None or name in one.formulas or name not in one.readable:
                    continue
                if part.frozen is None and one.holds(part.value.typed):
                    one.formulas.add(name)
                    found = True
                    yield _step(maker, lines, one, name, part.value.typed)


def _step(maker: FormMaker, lines: str, side: _Side, name: str, typed: Typed) -> Sent:
    shown = side.entity.fields[name]
    kind = shown.type.name
    made: Sent = {"name": name, "run": to_json(typed)["tree"]}
    if lines:
        made["lines"] = lines
    size = getattr(shown.type, "size", None)
    if size is not None and shown.columns:
        made["places"] = size(shown.definition)[1]
        made["currency"] = bool(currency_steps(side.entity, shown))
    if kind in ("money", "quantity"):
        made["measured"] = _measured_by(side, shown)
    if kind == "text" and shown.columns:
        made["clean"] = True
    if kind in _WRITTEN:
        made["write"] = kind
        made["least"] = 0 if kind == "quantity" else shown.definition.places or 0
    if kind == "choice":
        made["labels"] = dict(maker.screen.labels.choices(shown))
    if kind == "percent":
        pattern = maker.screen.locale.babel().percent_formats[None]
        made["around"] = [pattern.prefix[0], pattern.suffix[0]]
    return made


def _measured_by(side: _Side, shown: CompiledField) -> list[str] | None:
    """The input by which an amount's currency or unit changes: whose, and its name."""
    definition = shown.definition
    written = definition.currency if shown.type.name == "money" else definition.unit
    steps = str(written or "").split(".")
    if side.above is not None and steps[0] == side.back and len(steps) > 1:
        return ["above", steps[1]]
    return ["own", steps[0]]


def _expressions(side: _Side, tests: Iterable[State]) -> list[Sent] | None:
    """The conditions as trees; None if one of them has to stay with the server."""
    found = []
    for test in tests:
        if isinstance(test, Computed):
            if test.typed is None or not side.holds(test.typed):
                return None
            found.append(to_json(test.typed)["tree"])
        elif not test:
            return None
    return found


def _visible(maker: FormMaker, side: _Side) -> Iterator[tuple[str, list[Sent]]]:
    """Frames of fields, sections and tabs: all of the conditions must hold."""
    for name, item in _items(maker):
        own = maker.screen.entity.visible.get(name, True)
        yield from _if_any(name, _expressions(side, (own, item.visible)))
    seen = {item.path for _, item in _items(maker)}
    for place, section in sections_of(maker.view):
        if any(item.path in seen for item in section.items):
            yield from _if_any(frame_of(place), _expressions(side, (section.visible,)))
    for tab in maker.view.tabs:
        inside = (item.path for section in tab.sections for item in section.items)
        if any(path in seen for path in inside):
            place = frame_of(f"tabs/{tab.id}")
            yield from _if_any(place, _expressions(side, (tab.visible,)))


def _required(maker: FormMaker, side: _Side) -> Iterator[tuple[str, list[Sent]]]:
    """All of the conditions must hold; what is hidden is not required."""
    entity = maker.screen.entity
    for name, _ in _items(maker):
        if name in entity.required and name in side.inputs:
            own = (entity.required[name], entity.visible.get(name, True))
            yield from _if_any(name, _expressions(side, own))


def _readonly(maker: FormMaker, side: _Side) -> Iterator[tuple[str, list[Sent]]]:
    """One of the conditions is enough; what rights close stays closed."""
    entity = maker.screen.entity
    for name, item in _items(maker):
        shown = entity.fields[name]
        if name not in side.inputs or (shown.once and maker.draft.id is not None):
            continue
        tests = [entity.readonly.get(name, False), item.readonly]
        if True not in tests:
            given = [test for test in tests if isinstance(test, Computed)]
            yield from _if_any(name, _expressions(side, given))


def _if_any(name: str, found: list[Sent] | None) -> Iterator[tuple[str, list[Sent]]]:
    if found:
        yield name, found


def _items(maker: FormMaker) -> Iterator[tuple[str, Item]]:
    """The fields of the form that the person sees, with what the view says of them."""
    for item in items_of(maker.view):
        shown = item.field
        if shown is None or "." in item.path or shown.kind == "group":
            continue
        if shown.name in maker.readable or shown.name in maker.writable:
            yield shown.name, item


# -- how values are written ------------------------------------------------------------


def _measures(maker: FormMaker, steps: list[Sent]) -> dict[str, Sent]:
    """Unit and decimals of the amounts that the script writes, by output."""
    found: dict[str, Sent] = {}
    for step in steps:
        if step.get("write") not in ("money", "quantity"):
            continue
        name, lines = step["name"], step.get("lines")
        entity, rows = maker.screen.entity, {name: maker.values}
        if lines is not None:
            entity = maker.screen.compiled.entity(entity.lines[lines].child)
            rows = {f"{lines}-__n__-{name}": {}}
            rows |= {f"{lines}-{n}-{name}": row for n, row in _numbered(maker, lines)}
        for key, row in rows.items():
            hints = maker.measures.of(entity, entity.fields[name], row, maker.values)
            found[key] = measure_json(hints)
    return found


def measure_json(hints: TextHints) -> Sent:
    """The unit of an amount and its decimals, as the script wants them."""
    return {"unit": hints.unit or hints.currency, "places": hints.places}


def _numbered(maker: FormMaker, lines: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = maker.values.get(lines) or ()
    numbers = maker.draft.sent.numbers.get(lines) or range(len(rows))
    return zip(numbers, rows, strict=False)


def _numbers(locale: Locale) -> Mapping[str, Any]:
    symbols = locale.babel().number_symbols["latn"]
    return {
        "point": symbols["decimal"],
        "group": symbols["group"],
        "minus": symbols["minusSign"],
        "sizes": list(locale.babel().decimal_formats[None].grouping),
    }
