"""Puts into words why a compiled condition came out as it did.

"Close date is 3 Jan 2026": fields by their labels, values as people read them, and
nothing that the reader of the sentence may not see. The condition itself is the one
that the compiler made; what decided comes from `core.expressions.deciding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledField
from core.expressions import Decider, Env, Record, Ref, Typed, deciding
from core.expressions.to_python import compile_node
from core.expressions.tree import (
    Aggregate,
    Follow,
    Identity,
    Node,
    Read,
    Select,
    ToMany,
    Variable,
)
from core.fieldtypes import Locale, TextHints
from core.fieldtypes.choices import choices_of
from core.fieldtypes.date_texts import write_date
from core.services.hidden import hidden_fields
from core.services.readable import PSEUDO
from core.services.sentences import Sentence, sentence
from core.services.steps_input import permitted
from core.services.titles import titles
from core.services.wording import to_text

if TYPE_CHECKING:
    from core.services.scene import Scene

#: Names of what every record has; pages have the same words.
_STAMPS: Mapping[str, str] = MappingProxyType(
    {
        "created_at": "Created",
        "created_by": "Created by",
        "updated_at": "Changed",
        "updated_by": "Changed by",
        "archived": "Archived",
        "archived_at": "Archived at",
        "id": "Number",
    }
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "me": "The acting person",
        "company": "The company",
        "today": "Today",
        "now": "Now",
    }
)
_HOLDS: Mapping[Any, tuple[str, str]] = MappingProxyType(
    {
        True: ("This holds.", "This holds because {facts}."),
        False: ("This does not hold.", "This does not hold because {facts}."),
        None: ("Nobody can tell.", "Nobody can tell because {facts}."),
    }
)


class Reasons:
    """Words the conditions of one scene for `viewer`, by default its own actor."""

    def __init__(self, scene: Scene, viewer: Scene | None = None) -> None:
        self._scene = scene
        self._viewer = viewer or scene
        self._registry = scene.runtime.compiled.registry
        self._closed: dict[tuple[str, int], frozenset[str] | None] = {}
        actor = self._viewer.actor
        self._locale = Locale(actor.language, actor.zone)

    def verdict(self, typed: Typed, env: Env) -> Sentence:
        """Whether a condition holds, and because of what."""
        value = compile_node(typed.tree)(env)
        short, long = _HOLDS[value]
        facts = self.facts(typed, env)
        return sentence(long, facts=facts) if facts else sentence(short)

    def facts(self, typed: Typed, env: Env) -> tuple[Sentence, ...]:
        """What decided, as half sentences: `Close date is 3 Jan 2026`."""
        said: list[Sentence] = []
        for one in deciding(typed, env):
            fact = self._fact(one, env)
            if fact not in said:
                said.append(fact)
        return tuple(said)

    def column(self, entity: str, record: Record, name: str) -> Sentence:
        """One field of a record as a fact."""
        what = self._member(entity, name) or name
        if not self.sees(entity, name, record):
            return sentence("{what} is not shown to you", what=what)
        field = self._scene.runtime.compiled.entity(entity).fields[name]
        value = record.get(name)
        if field.kind == "link" and isinstance(value, int):
            return _plain(what, value, self._title(field.targets[0], value))
        return _plain(what, value, self._value(field, value))

    # -- one fact -------------------------------------------------------------------

    def _fact(self, one: Decider, env: Env) -> Sentence:
        node = one.node
        if isinstance(node, Identity) and isinstance(node.of, Follow | Variable):
            node = node.of
        if isinstance(node, Read | Follow):
            return self._field(node, one.value, env)
        if isinstance(node, Variable):
            return self._name(node, one.value)
        if isinstance(node, Aggregate | Select):
            return self._list(node, one)
        return self._written(one)

    def _field(self, node: Read | Follow, value: Any, env: Env) -> Sentence:
        what = self._path(node)
        holder = compile_node(node.of)(env)
        if what is None:
            return _plain(f"'{node.name}'", value, self._shown(value, node))
        if not self.sees(node.of.type.entity, node.name, holder):
            return sentence("{what} is not shown to you", what=what)
        return _plain(what, value, self._shown(value, node))

    def _name(self, node: Variable, value: Any) -> Sentence:
        name = node.name
        if name.startswith("role:"):
            role = self._label(f"role {name.removeprefix('role:')}")
            held = "{what} is a role of the acting person"
            lacks = "{what} is no role of the acting person"
            return sentence(held if value is True else lacks, what=role)
        known = _NAMES.get(name)
        what = sentence(known) if known else self._name_label(name)
        return _plain(what, value, self._shown(value, node))

    def _name_label(self, name: str) -> Sentence | str:
        if name.startswith("settings."):
            _, module, setting = name.split(".", 2)
            at = f"settings {module}/fields/{setting}"
            return sentence("The setting {what}", what=self._label(at))
        return f"'{name}'"

    def _list(self, node: Aggregate | Select, one: Decider) -> Sentence:
        select = node.select if isinstance(node, Aggregate) else node
        source = select.binds[0].source
        plain = len(select.binds) == 1 and select.where is None
        if isinstance(source, ToMany) and isinstance(node, Aggregate) and plain:
            texts = {
                "count": "the number of {what} is {value}",
                "sum": "the sum over {what} is {value}",
            }
            text = texts.get(node.name)
            label = self._member(source.of.type.entity, source.name)
            if text is not None and label is not None:
                shown = self._shown(one.value, node)
                return sentence(text, what=label, value=shown)
        return self._written(one)

    def _written(self, one: Decider) -> Sentence:
        """A part that has no name: as it is written in the definition."""
        what = f"'{one.text}'"
        if isinstance(one.value, bool):
            text = "{what} holds" if one.value else "{what} does not hold"
            return sentence(text, what=what)
        shown = self._shown(one.value, one.node)
        return _plain(what, one.value, shown)

    # -- labels ---------------------------------------------------------------------

    def _label(self, address: str) -> str:
        return self._registry.label(address, self._viewer.actor.language)

    def _member(self, entity: str, name: str) -> Sentence | str | None:
        stamp = _STAMPS.get(name)
        if stamp is not None:
            return sentence(stamp)
        compiled = self._scene.runtime.compiled
        if entity not in compiled.tables:
            return None
        one = compiled.entity(entity)
        if name in one.fields:
            at = one.fields[name].definition.address
            return self._label(at) or one.fields[name].label
        return self._label(f"entity {entity}/fields/{name}")

    def _path(self, node: Node) -> Sentence | str | None:
        """The labels on the way to a field; None where there is no such way."""
        if isinstance(node, Variable):
            if node.name == "this":
                return ""
            known = _NAMES.get(node.name)
            if node.name == "old":
                return sentence("Before")
            return sentence(known) if known else None
        if not isinstance(node, Read | Follow):
            return None
        before = self._path(node.of)
        label = self._member(node.of.type.entity, node.name)
        if before is None or label is None:
            return None
        if not before:
            return label
        return sentence("{first}: {last}", first=before, last=label)

    # -- values ---------------------------------------------------------------------

    def _shown(self, value: Any, node: Node) -> Any:
        """The value as the viewer reads it; a Sentence where words are needed."""
        if isinstance(value, Exception):
            return sentence("unknown")
        if isinstance(value, Record):
            value = None if value.id is None else Ref(value.entity, value.id)
        if isinstance(value, tuple) and not isinstance(value, Ref):
            return ", ".join(str(self._shown(one, node)) for one in value)
        if isinstance(value, Ref):
            return self._title(*value)
        target = node.type.entities[0] if node.type.entities else ""
        if isinstance(value, int) and not isinstance(value, bool) and target:
            return self._title(target, value)
        if isinstance(node, Read):
            return self._as_field(node, value)
        if type(value) is date:
            return write_date(value, self._locale)
        if isinstance(value, int | Decimal | datetime) or value is None:
            return to_text(self._viewer.actor, value, node.type, None)
        return str(value)

    def _title(self, entity: str, id_: int) -> Any:
        found = titles(self._viewer, entity, [id_]).get(id_)
        return sentence("a record that is not shown to you") if found is None else found

    def _as_field(self, node: Read, value: Any) -> str:
        compiled = self._scene.runtime.compiled
        entity = node.of.type.entity
        field = None
        if entity in compiled.tables:
            field = compiled.entity(entity).fields.get(node.name)
        if field is None or value is None:
            return to_text(self._viewer.actor, value, node.type, None)
        return self._value(field, value)

    def _value(self, field: CompiledField, value: Any) -> str:
        at = field.definition.address
        labels = {one.key: one.label for one in choices_of(field.definition)}

        def label(key: str) -> str:
            found = self._label(f"{at}/choices/{key}")
            return found if found and found.lower() != key else labels.get(key, key)

        if labels and isinstance(value, str):
            return label(value)
        hints = TextHints(label=label)
        return field.type.to_text(value, field.definition, self._locale, hints)

    # -- what may be seen -----------------------------------------------------------

    def sees(self, entity: str, name: str, record: Any) -> bool:
        """Whether the viewer may read a field of a record (of any: for a new one)."""
        viewer = self._viewer
        if viewer.actor.is_admin or not isinstance(record, Record):
            return viewer.actor.is_admin or record is None
        if entity not in viewer.runtime.compiled.tables:
            return True
        access = viewer.access.of(entity)
        if name not in access.readable and name not in PSEUDO:
            return False
        if record.id is None:
            return name not in access.read_conditions
        closed = self._closed_in(entity, record.id)
        return closed is not None and name not in closed

    def _closed_in(self, entity: str, id_: int) -> frozenset[str] | None:
        """The fields of a record that are closed to the viewer; None: all of it is."""
        key = (entity, id_)
        if key not in self._closed:
            viewer = self._viewer
            compiled = viewer.runtime.compiled.entity(entity)
            open_ = id_ in permitted(viewer, compiled, "read", [id_])
            hidden = hidden_fields(viewer, entity, [id_]) if open_ else {}
            self._closed[key] = hidden.get(id_, frozenset()) if open_ else None
        return self._closed[key]


def _plain(what: Sentence | str, value: Any, shown: Any) -> Sentence:
    if value is None:
        return sentence("{what} is empty", what=what)
    if isinstance(value, bool):
        text = "{what} is ticked" if value else "{what} is not ticked"
        return sentence(text, what=what)
    return sentence("{what} is {value}", what=what, value=shown)
