"""Frozen dataclasses as JSON and back, by their annotations.

Used for snapshots and plans, which hold nothing but such dataclasses, texts, numbers
and tuples.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

X = TypeVar("X")


def as_data(value: Any) -> Any:
    """The value as JSON data; what stands at its default is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            part.name: as_data(getattr(value, part.name))
            for part in fields(value)
            if getattr(value, part.name) != part.default
        }
    if isinstance(value, tuple | list):
        return [as_data(item) for item in value]
    return value


def from_data(cls: type[X], data: Mapping[str, Any]) -> X:
    """The dataclass that `as_data` turned into this data; ValueError if it is none."""
    hints = get_type_hints(cls)
    unknown = set(data) - set(hints)
    if unknown:
        raise ValueError(f"{cls.__name__} has no {', '.join(sorted(unknown))}")
    try:
        return cls(**{name: _decoded(hints[name], item) for name, item in data.items()})
    except TypeError as error:
        raise ValueError(str(error)) from None


def _decoded(hint: Any, data: Any) -> Any:
    if data is None:
        return None
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = next(option for option in get_args(hint) if option is not type(None))
        return _decoded(inner, data)
    if origin is tuple:
        options = get_args(hint)
        if len(options) == 2 and options[1] is ...:
            return tuple(_decoded(options[0], item) for item in data)
        return tuple(_decoded(o, item) for o, item in zip(options, data, strict=True))
    if is_dataclass(hint) and isinstance(hint, type):
        return from_data(hint, data)
    return data
