"""What an input of a form shows and how its kind is called, per kind of widget.

Form fields ask `input_of`; `form_input` reads what comes back. The widget of the
field's type decides; nothing here depends on an entity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import Any

from core.compiler import CompiledField
from core.expressions import Ref
from core.fieldtypes import NO_HINTS, TextHints
from core.fieldtypes.moments import zone_of
from core.frozen import frozen
from core.web.pages.file_inputs import upload_of
from core.web.pages.screen import Screen, may
from core.web.wording import say

Titles = Mapping[tuple[str, int], str]
#: Kinds whose value is shown but not edited in a form.
READ_ONLY_KINDS = frozenset({"lines", "group"})
_AREAS = frozenset({"textarea", "richtext", "json"})
_NUMBERS = frozenset({"number", "percent", "money", "quantity"})
_KEPT = ("maxlength", "placeholder", "autocomplete")


@frozen
class Inputs:
    """Makes the inputs of one entity's fields for one reader."""

    screen: Screen
    titles: Titles = field(default_factory=dict)
    record: int | None = None

    def input_of(
        self, shown: CompiledField, value: Any, hints: TextHints = NO_HINTS
    ) -> dict[str, Any]:
        """Kind, value and options of the input of a field, without its frame."""
        spec = shown.type.widget(shown.definition)
        made: dict[str, Any] = {
            key: spec.attributes[key] for key in _KEPT if spec.attributes.get(key)
        }
        made["placeholder"] = self.screen.labels.placeholder(shown)
        maker = _MAKERS.get(spec.kind)
        if maker is not None:
            return {**made, **maker(self, shown, value)}
        if spec.kind in _NUMBERS:
            return {**made, **self._number(shown, value, hints)}
        if spec.kind in _AREAS:
            return {**made, "kind": "textarea", "value": self.text(shown, value)}
        kind = spec.kind if spec.kind in ("email", "phone", "url", "color") else "text"
        return {**made, "kind": kind, "value": self.text(shown, value)}

    def text(
        self, shown: CompiledField, value: Any, hints: TextHints = NO_HINTS
    ) -> str:
        """The value as the input of the field holds it."""
        if value is None or value == ():
            return ""
        kind = shown.type.widget(shown.definition).kind
        if kind in ("date", "time"):
            return str(value.isoformat("minutes") if kind == "time" else value)
        if kind == "datetime":
            zone = zone_of(shown.definition, self.screen.locale)
            return str(value.astimezone(zone).strftime("%Y-%m-%dT%H:%M"))
        if kind == "checkbox":
            return "1" if value else ""
        if isinstance(value, Ref):
            return f"{value.entity}:{value.id}"
        if kind in ("link", "select", "rating"):
            return str(value)
        if kind == "richtext":
            return str(value)
        given = TextHints(places=hints.places)
        return str(
            shown.type.to_text(value, shown.definition, self.screen.locale, given)
        )

    def title(self, entity: str, id_: int | None) -> str:
        """The title of a linked record, empty for none."""
        return "" if id_ is None else self.titles.get((entity, id_), str(id_))

    # -- by kind ----------------------------------------------------------------

    def _number(
        self, shown: CompiledField, value: Any, hints: TextHints
    ) -> dict[str, Any]:
        kind = "money" if shown.type.name == "money" else "decimal"
        text = self.text(shown, value, hints)
        unit = hints.unit
        if shown.type.name == "percent":
            text, unit = text.replace("%", "").strip(), "%"
        return {"kind": kind, "value": text, "unit": unit or None}

    def _plain(self, shown: CompiledField, value: Any) -> dict[str, Any]:
        spec = shown.type.widget(shown.definition)
        limits = {
            key: spec.attributes[key]
            for key in ("min", "max")
            if key in spec.attributes
        }
        return {**limits, "kind": spec.kind, "value": self.text(shown, value)}

    def _checkbox(self, shown: CompiledField, value: Any) -> dict[str, Any]:
        spec = shown.type.widget(shown.definition)
        if not spec.attributes.get("three_state"):
            return {"kind": "checkbox", "value": bool(value)}
        options = [("1", say("yes")), ("0", say("no"))]
        held = "" if value is None else "1" if value else "0"
        return {"kind": "select", "options": options, "value": held}

    def _select(self, shown: CompiledField, value: Any) -> dict[str, Any]:
        options = self.screen.labels.choices(shown)
        if value is not None and value not in dict(options):
            options.append((value, self.screen.labels.choice(shown, value)[0]))
        return {"kind": "select", "options": options, "value": value or ""}

    def _multiselect(self, shown: CompiledField, value: Any) -> dict[str, Any]:
        options = self.screen.labels.choices(shown)
        return {"kind": "multiselect", "options": options, "value": list(value or ())}

    def _rating(self, shown: CompiledField, value: Any) -> dict[str, Any]:
        most = shown.type.widget(shown.definition).attributes.get("max", 5)
        return {"kind": "rating", "max": most, "value": "" if value is None else value}

    def _secret(self, shown: CompiledField, _value: Any) -> dict[str, Any]:
        return {"kind": "password", "value": "", "autocomplete": "new-password"}

    def _link(self, shown: CompiledField, value: Any) -> dict[str, Any]:
        made = {"kind": "link", **self._picker(shown), "value": self.text(shown, value)}
        if isinstance(value, Ref):
            return {**made, "title": self.title(value.entity, value.id)}
        return {**made, "title": self.title(shown.targets[0], value)}

    def _links(self, shown: CompiledField, value: Any) -> dict[str, Any]:
        target = shown.targets[0]
        items = [
            {
                "id": one,
                "title": one if isinstance(one, str) else self.title(target, one),
            }
            for one in value or ()
        ]
        return {"kind": "links", **self._picker(shown), "items": items}

    def _picker(self, shown: CompiledField) -> dict[str, Any]:
        screen = self.screen
        found: dict[str, Any] = {"url": f"{screen.base}/lookup/{shown.name}"}
        if shown.where is not None:
            # The record's values decide what fits, so the draft travels along.
            names = {path[0] for path in shown.where.reads.this if path}
            names &= set(screen.entity.fields)
            found["with"] = ",".join(sorted(names))
        creates = shown.definition.create or shown.type.name == "tags"
        target = shown.targets[0] if shown.targets else ""
        if creates and may(screen.compiled, screen.actor, target, "create"):
            found["create_url"] = f"{screen.other(target).base}/named"
        return found


def _upload(inputs: Inputs, shown: CompiledField, value: Any) -> dict[str, Any]:
    return upload_of(inputs.screen, shown, value, inputs.record)


_Maker = Callable[[Inputs, CompiledField, Any], dict[str, Any]]
_MAKERS: Mapping[str, _Maker] = MappingProxyType(
    {
        "file": _upload,
        "image": _upload,
        "date": Inputs._plain,
        "datetime": Inputs._plain,
        "time": Inputs._plain,
        "checkbox": Inputs._checkbox,
        "select": Inputs._select,
        "multiselect": Inputs._multiselect,
        "rating": Inputs._rating,
        "secret": Inputs._secret,
        "link": Inputs._link,
        "reference": Inputs._link,
        "links": Inputs._links,
        "tags": Inputs._links,
    }
)


def wanted_titles(
    fields: Mapping[str, CompiledField], values: Mapping[str, Any]
) -> dict[str, set[int]]:
    """The linked records that the values name, by entity."""
    wanted: dict[str, set[int]] = {}
    for name, shown in fields.items():
        value = values.get(name)
        if value is None or shown.kind not in ("link", "links", "reference"):
            continue
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, Ref):
                wanted.setdefault(one.entity, set()).add(one.id)
            elif isinstance(one, int):
                wanted.setdefault(shown.targets[0], set()).add(one)
    return wanted


def input_name(
    field_name: str | None,
    path: Sequence[str | int],
    numbers: Mapping[str, Sequence[int]],
) -> str:
    """The input that a problem of the services is about; empty for the whole."""
    if len(path) >= 2 and isinstance(path[1], int):
        rows = numbers.get(str(path[0]), ())
        number = rows[path[1]] if path[1] < len(rows) else path[1]
        return f"{path[0]}-{number}-{field_name or ''}"
    return field_name or ""
