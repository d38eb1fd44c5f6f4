"""What the names of one expression mean: the root record, the slot, its extra names.

Made by whoever checks a definition, one per expression; read by the type checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from core.expressions.catalogue import Catalogue, builtin_catalogue
from core.expressions.schema import Schema
from core.expressions.slots import CHECK, Slot
from core.expressions.types import Type
from core.frozen import frozen


@frozen
class Scope:
    """The surroundings of an expression.

    `entity` is the root record's; None where there is none. `names` are the extra names
    of the slot: link(E) or record(E) types start paths, dotted names (`ask.reason`,
    `params.year`) are values. `expected` is the type the result must fit (E419).
    `may_reveal` is False where everybody sees the result (titles): sensitive fields are
    E417 there. `value_maps` are those `mapped(value, 'name')` may name.
    """

    schema: Schema
    entity: str | None
    slot: Slot = CHECK
    names: Mapping[str, Type] = field(default_factory=lambda: MappingProxyType({}))
    expected: Type | None = None
    may_reveal: bool = True
    user_entity: str = "base.user"
    company_entity: str = "base.company"
    functions: Catalogue = field(default_factory=builtin_catalogue)
    value_maps: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({})
    )
