"""`data:` and `demo:` rows a module brings along; `translations:` its texts."""

from __future__ import annotations

from dataclasses import field

from core.frozen import frozen
from core.source import Bool, Described, Id, IdMap, Map, Part, Text, TextMap, Values


@frozen(kw_only=True)
class PluralText(Part):
    """A translated text with a form for one and a form for many."""

    one: Text
    other: Text


@frozen(kw_only=True)
class DataDef(Described):
    """Rows by entity and key, or the rows of a CSV file beside this one."""

    rows: IdMap[TextMap[Values]] = field(default_factory=Map)
    file: Text | None = None
    entity: Id | None = None
    key: Text | None = None
    once: Bool = False


@frozen(kw_only=True)
class DemoDef(DataDef):
    """Sample rows, loaded on request and tagged so that they can be removed."""


@frozen(kw_only=True)
class TranslationsDef(Described):
    """Texts of one language by address, as `entity base.party/fields/name/label`."""

    language: Text
    texts: TextMap[Text | PluralText] = field(default_factory=Map)
