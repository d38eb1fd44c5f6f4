"""The marshmallow field of every field type.

Made by `FieldType.schema_field`; loads by `coerce`, dumps by `to_json`.

Public: `ValueField`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from core.fieldtypes.spec import FieldDef
from core.fieldtypes.values import BadValue, Value

if TYPE_CHECKING:
    from core.fieldtypes.base import Exchanged


class ValueField(ma.fields.Field[Any]):
    """One field of an API schema; null is always allowed, `required` is a rule's."""

    def __init__(self, type_: Exchanged, field: FieldDef) -> None:
        super().__init__(allow_none=True, metadata={"schema": type_.json_schema(field)})
        self.type = type_
        self.field = field

    def _serialize(
        self, value: Value, attr: str | None, obj: object, **kwargs: object
    ) -> object:
        return self.type.to_json(value, self.field)

    def _deserialize(
        self,
        value: object,
        attr: str | None,
        data: Mapping[str, object] | None,
        **kwargs: object,
    ) -> Value:
        try:
            return self.type.coerce(value, self.field)
        except BadValue as bad:
            raise ma.ValidationError(bad.message) from bad
