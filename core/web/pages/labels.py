"""What modules call their things, in the reader's language.

Made by Screen; asked by every page. All texts come from the registry by address.
"""

from __future__ import annotations

from core.compiler import CompiledEntity, CompiledField
from core.compiler.view_models import Column, Item, ViewFilter
from core.definitions import VerdictDef
from core.fieldtypes.choices import Choice, choices_of
from core.frozen import frozen
from core.registry import Registry, words
from core.registry.clocks import ClockStates
from core.web.wording import say

#: Names of the stamps that every record has.
STAMPS = (
    ("created_at", "Created"),
    ("created_by", "Created by"),
    ("updated_at", "Changed"),
    ("updated_by", "Changed by"),
    ("archived", "Archived"),
    ("archived_at", "Archived at"),
    ("id", "Number"),
)
TONES = frozenset({"ok", "warn", "bad", "info", "run", "line"})


@frozen
class Labels:
    """Labels of one generation in one language."""

    registry: Registry
    language: str

    def at(self, address: str, key: str = "label") -> str:
        """The text of a key at an address."""
        return self.registry.label(address, self.language, key)

    def entity(self, id_: str) -> str:
        """What one record of an entity is called."""
        return self.at(f"entity {id_}")

    def plural(self, entity: CompiledEntity) -> str:
        """What several records are called."""
        return self.at(f"entity {entity.id}", "plural") or entity.plural

    def field(self, field: CompiledField, own: str = "") -> str:
        """The label of a field; `own` is what a view calls it."""
        if own and own != field.label:
            return own
        return self.at(field.definition.address) or field.label

    def help(self, field: CompiledField, own: str | None = None) -> str:
        """The help of a field, empty if there is none."""
        if own and own != field.definition.help:
            return own
        return self.at(field.definition.address, "help")

    def placeholder(self, field: CompiledField) -> str:
        """The example in an empty input."""
        return self.at(field.definition.address, "placeholder")

    def column(self, column: Column | Item) -> str:
        """The label of a column or item, stamps included."""
        if column.field is not None:
            return self.field(column.field, column.label)
        return stamp(column.path) or column.label

    def choice(self, field: CompiledField, key: str) -> tuple[str, str]:
        """Label and tone of a value of a choice field, or of a named field."""
        if field.type.name == "field_names":
            return self._named_fields(field).get(key, words(key)), ""
        found = next((c for c in choices_of(field.definition) if c.key == key), None)
        if found is None:
            return words(key), ""
        return self._choice(field, found), tone_of(found)

    def choices(self, field: CompiledField) -> list[tuple[str, str]]:
        """The offered values of a choice field with their labels; names of fields."""
        if field.type.name == "field_names":
            return sorted(self._named_fields(field).items(), key=lambda one: one[1])
        return [
            (one.key, self._choice(field, one))
            for one in choices_of(field.definition)
            if not (one.hidden or one.deprecated)
        ]

    def _named_fields(self, field: CompiledField) -> dict[str, str]:
        """The fields that a value of type `field_names` may name, with their labels.

        Left out is what is computed, what always has to be filled, and what is only
        there now and then.
        """
        entity = self.registry.entities[field.definition.of or ""]
        return {
            name: self.at(one.address) or words(name)
            for name, one in entity.fields.items()
            if one.formula is None
            and not one.cases
            and one.type != "number"
            and one.required is not True
            and one.visible is True
        }

    def _choice(self, field: CompiledField, one: Choice) -> str:
        if isinstance(field.definition.choices, ClockStates):
            return clock_word(one.key)
        at = f"{field.definition.address}/choices/{one.key}"
        texts = self.registry.translations.get(self.language)
        if texts is None:
            return one.label
        shared = field.definition.choices
        for place in (at, f"choices {shared}/values/{one.key}"):
            label = self.at(place)
            if label and label != words(one.key):
                return label
        return one.label

    def action(self, entity: str, id_: str) -> str:
        """The label of a button; those of approvals are words of the platform."""
        address = f"entity {entity}/actions/{id_}"
        found = self.registry.entities[entity].actions.get(id_)
        if isinstance(found, VerdictDef):
            return say("Approve") if found.approves else say("Reject")
        return self.at(address)

    def filter(self, view: str, entity: str, one: ViewFilter) -> str:
        """The label of a named filter."""
        place = f"entity {entity}" if one.named else f"view {view}"
        return self.at(f"{place}/filters/{one.id}") or one.label

    def view_part(self, view: str, part: str, written: str) -> str:
        """The label of a section, tab or button of a view."""
        return self.at(f"view {view}/{part}") or written


def stamp(path: str) -> str:
    """The label of a stamp, empty for another name."""
    found = dict(STAMPS).get(path.rpartition(".")[2])
    return say(found) if found else ""


def clock_word(state: str) -> str:
    """The state of a clock; its states are words of the platform."""
    told = {
        "running": say("Running"),
        "paused": say("Paused"),
        "overdue": say("Overdue"),
        "met": say("In time"),
        "missed": say("Too late"),
    }
    return told[state]


def tone_of(choice: Choice) -> str:
    """The pill tone of a choice, empty for a plain text."""
    color = choice.color or ""
    return color if color in TONES else ""
