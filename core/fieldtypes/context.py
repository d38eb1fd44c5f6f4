"""What a field type may ask while a definition is checked or resolved.

Made by the registry for each field; the field type reports mistakes into `diagnostics`.

Public: `FieldContext`, `ChoiceList`, `TypeLookup`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from core.diagnostics import Diagnostics
from core.expressions.schema import Schema
from core.fieldtypes.spec import ChoiceDef, FieldDef
from core.frozen import frozen

if TYPE_CHECKING:
    from core.fieldtypes.base import FieldType


class ChoiceList(NamedTuple):
    """A `choices` document as field types see it."""

    values: Mapping[str, str | ChoiceDef]
    ordered: bool = False


class TypeLookup(Protocol):
    """Finds field types by name; the catalog does."""

    def get(self, name: str) -> FieldType | None:
        """The type of this name."""

    def names(self) -> tuple[str, ...]:
        """All names, for suggestions."""


def _unknown(_id: str) -> None:
    return None


@frozen
class FieldContext:
    """One field of one entity under check.

    `choices` and `trait` look documents up by id (None: there is no such document).
    `company_entity` is where paths lead that begin with `company`.
    """

    diagnostics: Diagnostics
    schema: Schema
    entity: str
    name: str
    address: str
    catalog: TypeLookup
    choices: Callable[[str], ChoiceList | None] = field(default=_unknown)
    trait: Callable[[str], Mapping[str, FieldDef] | None] = field(default=_unknown)
    company_entity: str = "base.company"
