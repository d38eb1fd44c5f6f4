"""All definitions of the modules that are on, composed and checked.

Made once per generation by core.registry.build; immutable. The compiler makes tables
and checks from it, services and pages read labels, views and rights from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.definitions import (
    AssignmentDef,
    AutomationDef,
    ChoicesDef,
    ClockDef,
    DashboardDef,
    DataDef,
    DecisionDef,
    EndpointDef,
    EntityDef,
    FlowDef,
    MailboxDef,
    MailDef,
    MappingDef,
    MenuDef,
    NumberingDef,
    PluralText,
    ScenarioDef,
    ScheduleDef,
    SettingsDef,
    TraitDef,
    ViewDef,
    WebformDef,
    WorkflowDef,
)
from core.expressions.tree import Typed
from core.frozen import frozen
from core.registry.filled_text import TypedText
from core.registry.hearing import NOTHING_HEARD, Hearing
from core.registry.inverses import Inverse
from core.registry.module_source import ModuleSource
from core.registry.normalise import words
from core.registry.part_at import part_at
from core.registry.rights import Rights
from core.registry.schema import RegistrySchema


@frozen(kw_only=True)
class Registry:
    """Everything by id, in load order.

    `entities` are effective: traits mixed in, extensions applied, parent and company
    links added, shared choices resolved, every part addressed under its entity.
    `reactions`: event -> the automations that it sets off. `clocks_of`: entity ->
    its clocks that count. `hearing`: what events mean to flows. `drawn_late`: entity ->
    the numberings that effects draw from.
    `rows_checked`: whether rows of `data` and `demo` may be loaded; `scenarios`, the
    documents of the kind `test`, are read only then.
    `inverses`: entity -> name -> where it comes from. `views_of`: (entity, type) -> the
    view to use, generated where none is written. `expressions` and `texts` hold the
    checked form of every expression and filled text by its address, for instance
    `entity base.party/fields/name/derive`; cases are joined to one expression under
    `.../cases`.
    `origins`: address -> module or overlay that set a value from outside. `sources`:
    address of something mixed in or shared -> address where it is written.
    """

    modules: Mapping[str, ModuleSource]
    entities: Mapping[str, EntityDef]
    traits: Mapping[str, TraitDef]
    choices: Mapping[str, ChoicesDef]
    rights: Rights
    menus: Mapping[str, MenuDef]
    settings: Mapping[str, SettingsDef]
    numberings: Mapping[str, NumberingDef]
    decisions: Mapping[str, DecisionDef]
    workflows: Mapping[str, WorkflowDef]
    automations: Mapping[str, AutomationDef]
    schedules: Mapping[str, ScheduleDef]
    scenarios: Mapping[str, ScenarioDef]
    flows: Mapping[str, FlowDef]
    assignments: Mapping[str, AssignmentDef]
    clocks: Mapping[str, ClockDef]
    clocks_of: Mapping[str, tuple[str, ...]]
    hearing: Hearing = NOTHING_HEARD
    reactions: Mapping[str, tuple[str, ...]]
    drawn_late: Mapping[str, frozenset[str]]
    data: tuple[DataDef, ...]
    rows_checked: bool
    demo: tuple[DataDef, ...]
    views: Mapping[str, ViewDef]
    dashboards: Mapping[str, DashboardDef]
    mappings: Mapping[str, MappingDef]
    mails: Mapping[str, MailDef]
    mailboxes: Mapping[str, MailboxDef]
    endpoints: Mapping[str, EndpointDef]
    webforms: Mapping[str, WebformDef]
    views_of: Mapping[tuple[str, str], ViewDef]
    translations: Mapping[str, Mapping[str, str | PluralText]]
    inverses: Mapping[str, Mapping[str, Inverse]]
    schema: RegistrySchema
    expressions: Mapping[str, Typed]
    texts: Mapping[str, TypedText]
    origins: Mapping[str, str]
    sources: Mapping[str, str]

    def entity(self, id: str) -> EntityDef:
        """Return the effective entity; KeyError if there is none of this id."""
        return self.entities[id]

    def typed(self, address: str) -> Typed | None:
        """Return the checked expression at an address, None where none is written."""
        return self.expressions.get(address)

    def text(self, address: str) -> TypedText | None:
        """Return the checked filled text at an address, None where none is written."""
        return self.texts.get(address)

    def formula(self, entity: str, field: str) -> Typed | None:
        """Return what a formula field always equals, written as formula or cases."""
        at = f"entity {entity}/fields/{field}"
        return self.expressions.get(f"{at}/formula") or self.expressions.get(
            f"{at}/cases"
        )

    def is_stored(self, entity: str, field: str) -> bool:
        """Return whether the field's value is kept in columns of its own table."""
        found = self.schema.entities[entity].member(field)
        return found is None or found.stored

    def label(self, address: str, language: str = "en", key: str = "label") -> str:
        """Return a shown text of the thing at an address, in a language.

        `key` may be any text key (`help`, `plural`, `placeholder`); a missing label is
        made from the id, other missing texts are empty.
        """
        texts = self.translations.get(language)
        if texts is not None:
            found = self._translated(texts, address, key)
            if found is not None:
                return found
        part = part_at(self, address)
        value = part if isinstance(part, str) else getattr(part, key, None)
        if key == "label" and not value:
            return words(address.rpartition("/")[2].rpartition(" ")[2])
        return str(value or "")

    def set_by(self, address: str) -> str:
        """Return who set a value: the module or overlay whose words are in force."""
        origin = self.origins.get(address)
        if origin is not None:
            return origin
        above, slash, _ = address.rpartition("/")
        if slash:
            return self.set_by(above)
        return address.partition(" ")[2].partition(".")[0]

    def _translated(
        self, texts: Mapping[str, str | PluralText], address: str, key: str
    ) -> str | None:
        for place in (address, self._source(address)):
            found = texts.get(f"{place}/{key}")
            if found is None and key == "label":
                # The short form of a choice is a text, not a map with a label.
                found = texts.get(place)
            if found is not None:
                return found.one if isinstance(found, PluralText) else found
        return None

    def _source(self, address: str) -> str:
        """Where something mixed in or shared is written, else the address itself."""
        above, tail = address, ""
        while above:
            source = self.sources.get(above)
            if source is not None:
                return source + tail
            above, slash, step = above.rpartition("/")
            tail = f"{slash}{step}{tail}"
        return address
