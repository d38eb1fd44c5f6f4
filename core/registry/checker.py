"""Checks single expressions, texts and values, and keeps their checked forms.

Shared by all files of the check; it knows the schema and the collector, and which names
are broken, so that nothing is reported that only follows from another mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from core.diagnostics import Diagnostics
from core.expressions import types
from core.expressions.catalogue import Catalogue
from core.expressions.scope import Scope
from core.expressions.slots import Slot
from core.expressions.tree import Typed
from core.expressions.typecheck import typecheck
from core.expressions.types import Type
from core.fieldtypes.catalog import FieldTypeCatalog
from core.fieldtypes.context import ChoiceList, FieldContext
from core.fieldtypes.spec import FieldDef
from core.registry.dependencies import Dependencies
from core.registry.deprecations import Deprecations
from core.registry.documents import Documents
from core.registry.filled_text import (
    Gap,
    TypedGap,
    TypedText,
    check_format,
    split_text,
)
from core.registry.schema import RegistrySchema
from core.source import ExprText, FilledText

ANY_LIST = types.list_of(types.NULL)
NO_NAMES: Mapping[str, Type] = MappingProxyType({})
_WORD = re.compile(r"(\.\s*)?\b([a-z_]\w*)")
_TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"")


class Checker:
    """The surroundings of the check, and what it has found so far."""

    def __init__(
        self,
        documents: Documents,
        dependencies: Dependencies,
        diagnostics: Diagnostics,
        catalog: FieldTypeCatalog,
        functions: Catalogue,
        origins: Mapping[str, str],
        sources: dict[str, str],
    ) -> None:
        self.documents = documents
        self.dependencies = dependencies
        self.diagnostics = diagnostics
        self.catalog = catalog
        self.schema = RegistrySchema()
        self.deprecations = Deprecations(documents, self.schema, diagnostics)
        self.expressions: dict[str, Typed] = {}
        self.texts: dict[str, TypedText] = {}
        self.sources = sources
        self.origins = origins
        self._functions = functions
        #: The maps of the mapping under check, for `mapped(...)`.
        self.value_maps: Mapping[str, Mapping[str, str]] = {}
        self._broken_of: dict[str, set[str]] = {}
        self._broken: set[str] = set()

    def mark_name(self, entity: str, name: str) -> None:
        """Note that a name of an entity is broken: its users stay quiet."""
        self._broken_of.setdefault(entity, set()).add(name)
        self._broken.add(name)

    def is_marked(self, entity: str, name: str) -> bool:
        """Whether a name of an entity is broken, or perhaps missing for that reason."""
        if name in self._broken_of.get(entity, ()):
            return True
        if entity not in self.documents.shaky:
            return False
        schema = self.schema.entity(entity)
        return schema is not None and name not in schema.names()

    def author_of(self, address: str) -> str | None:
        """Return the module that added a part from outside, None for own parts."""
        return self.origins.get(address)

    def context(self, entity: str, field: FieldDef) -> FieldContext:
        """Return what a field type may ask about the field's surroundings."""
        return FieldContext(
            diagnostics=self.diagnostics,
            schema=self.schema,
            entity=entity,
            name=field.id,
            address=field.address,
            catalog=self.catalog,
            choices=self._choices,
            trait=self._trait,
        )

    def expression(
        self,
        text: ExprText | bool | None,
        address: str,
        entity: str | None,
        slot: Slot,
        *,
        names: Mapping[str, Type] = NO_NAMES,
        expected: Type | None = None,
        may_reveal: bool = True,
    ) -> Typed | None:
        """Check an expression and keep it under its address; None when it is bad."""
        if text is None or isinstance(text, bool):
            return None
        typed = self.checked(
            text, entity, slot, names=names, expected=expected, may_reveal=may_reveal
        )
        if typed is not None:
            self.expressions[address] = typed
        return typed

    def checked(
        self,
        text: ExprText,
        entity: str | None,
        slot: Slot,
        *,
        names: Mapping[str, Type] = NO_NAMES,
        expected: Type | None = None,
        may_reveal: bool = True,
    ) -> Typed | None:
        """Check an expression without keeping it; None when it is bad or not sure."""
        if self._follows_from_broken(text.text, entity):
            return None
        scope = self._scope(entity, slot, names, expected, may_reveal)
        if self.documents.shaky:
            typed = self._checked_beside_shaky(text, scope)
        else:
            typed = typecheck(text, scope, self.diagnostics)
        if typed is not None and entity is not None and self.deprecations.any:
            for path in typed.reads:
                self.deprecations.warn(entity, path, text.span)
        return typed

    def rows(
        self,
        text: ExprText,
        address: str,
        entity: str | None,
        slot: Slot,
        names: Mapping[str, Type],
    ) -> Typed | None:
        """Check an expression that may be a list of records or a single one."""
        trial = Diagnostics()
        if not self._follows_from_broken(text.text, entity):
            scope = self._scope(entity, slot, names, ANY_LIST)
            typed = typecheck(text, scope, trial)
            if typed is not None:
                self.expressions[address] = typed
                return typed
        # A single record then; what is wrong with it is reported here.
        return self.expression(text, address, entity, slot, names=names)

    def condition(
        self,
        text: ExprText | bool | None,
        address: str,
        entity: str | None,
        slot: Slot,
        names: Mapping[str, Type] = NO_NAMES,
        may_reveal: bool = True,
    ) -> Typed | None:
        """Check a condition: an expression that must be boolean."""
        return self.expression(
            text,
            address,
            entity,
            slot,
            names=names,
            expected=types.BOOLEAN,
            may_reveal=may_reveal,
        )

    def text(
        self,
        text: FilledText | None,
        address: str,
        entity: str | None,
        slot: Slot,
        names: Mapping[str, Type] = NO_NAMES,
        digits: bool = False,
    ) -> TypedText | None:
        """Check a filled text and keep it; `digits` allows `{seq:5}`."""
        parts = None if text is None else split_text(text, self.diagnostics)
        if text is None or parts is None:
            return None
        found: list[str | TypedGap] = []
        for part in parts:
            if not isinstance(part, Gap):
                found.append(part)
                continue
            good = check_format(part, digits, self.diagnostics)
            typed = self.checked(part.expr, entity, slot, names=names, may_reveal=False)
            if typed is None or not good:
                return None
            found.append(TypedGap(typed, part.format))
        checked = self.texts[address] = TypedText(text.text, tuple(found))
        return checked

    def _checked_beside_shaky(self, text: ExprText, scope: Scope) -> Typed | None:
        """Check, but say nothing of names that an entity read in part may have lost."""
        found = Diagnostics()
        typed = typecheck(text, scope, found)
        for item in found:
            words = item.message.replace("'", " ").split()
            if item.code != "E402" or self.documents.shaky.isdisjoint(words):
                self.diagnostics.add(item)
        return typed

    def _scope(
        self,
        entity: str | None,
        slot: Slot,
        names: Mapping[str, Type],
        expected: Type | None,
        may_reveal: bool = True,
    ) -> Scope:
        return Scope(
            schema=self.schema,
            entity=entity,
            slot=slot,
            names=names,
            expected=expected,
            may_reveal=may_reveal,
            functions=self._functions,
            value_maps=self.value_maps,
        )

    def _follows_from_broken(self, text: str, entity: str | None) -> bool:
        if not self._broken:
            return False
        own: Iterable[str] = self._broken_of.get(entity or "", ())
        for dot, word in _WORD.findall(_TEXTS.sub("''", text)):
            if word in (self._broken if dot else own):
                return True
        return False

    def _choices(self, id_: str) -> ChoiceList | None:
        found = self.documents.choices.get(id_)
        return None if found is None else ChoiceList(found.values, found.ordered)

    def _trait(self, id_: str) -> Mapping[str, FieldDef] | None:
        found = self.documents.traits.get(id_)
        return None if found is None else found.fields
