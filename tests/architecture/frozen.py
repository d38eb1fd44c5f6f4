"""Tells values that nobody can change from those that somebody could.

Called by the probe for each value that a file of core keeps at module level; hands on
the name of the type that can be changed, if there is one.
"""

import dataclasses
import datetime
import decimal
import enum
import fractions
import logging
import operator
import pathlib
import re
import struct
import types
import typing
import uuid
import zoneinfo

from core.frozen import is_frozen

ATOMS = (
    type(None),
    type(...),
    type(NotImplemented),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    range,
    type,
    enum.Enum,
    decimal.Decimal,
    decimal.Context,
    fractions.Fraction,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.tzinfo,
    zoneinfo.ZoneInfo,
    uuid.UUID,
    pathlib.PurePath,
    re.Pattern,
    struct.Struct,
    logging.Logger,
    operator.attrgetter,
    operator.itemgetter,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ModuleType,
    types.GenericAlias,
    types.UnionType,
    typing.TypeVar,
    typing.ParamSpec,
    typing.NewType,
)
# Declarations that a library reads; filled while the file is imported, never later.
DECLARATIONS = (
    "argon2",
    "click",
    "pluggy",
    "re2",
    "sqlalchemy",
    "typing",
    "typing_extensions",
)


def mutable_part(value: object, depth: int = 6) -> str | None:
    """Return the type name of the first changeable thing in a value, or None."""
    if isinstance(value, ATOMS) or type(value) is object or depth == 0:
        return None
    if type(value).__module__.split(".")[0] in DECLARATIONS:
        return None
    parts = parts_of(value)
    if parts is None:
        return type(value).__name__
    return next(filter(None, (mutable_part(part, depth - 1) for part in parts)), None)


def parts_of(value: object) -> list[object] | None:
    """Return what an unchangeable container holds; None for anything else."""
    if isinstance(value, tuple | frozenset):
        return list(value)
    if isinstance(value, types.MappingProxyType):
        return [*value.keys(), *value.values()]
    if dataclasses.is_dataclass(value) and (
        value.__dataclass_params__.frozen or is_frozen(type(value))
    ):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    if not type(value).__module__.startswith("core."):
        return None
    if not getattr(value, "__dict__", 1):
        # One of our objects that holds nothing, such as a field type.
        return []
    slots = getattr(type(value), "__slots__", ())
    if slots and all(name.startswith("_") for name in slots):
        return [getattr(value, name) for name in slots]
    return None
