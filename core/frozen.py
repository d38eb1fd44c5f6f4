"""Values that never change: `frozen`, a decorator for dataclasses that start cheaply.

It means `@dataclass(frozen=True, slots=True)` and works with `fields`, `replace` and
`asdict`. The standard decorator compiles six functions for each class while it is
imported, which was a quarter of the time until the server answered; here five of them
are shared and the sixth, `__init__`, is compiled when the first value is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")


@overload
def frozen(cls: type[_T], /) -> type[_T]: ...
@overload
def frozen(*, kw_only: bool = False) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(Field, field))
def frozen(cls: Any = None, /, *, kw_only: bool = False) -> Any:
    """Make a class of annotated fields a frozen value with slots.

    kw_only: whether the fields can be given by name only.
    """
    if cls is None:
        return lambda cls: _frozen(cls, kw_only)
    return _frozen(cls, kw_only)


def is_frozen(cls: type[Any]) -> bool:
    """Whether `frozen` made the class, so that nobody can change its values."""
    return cls.__setattr__ is _refuse


def _frozen(cls: type[Any], kw_only: bool) -> type[Any]:
    own = frozenset(cls.__dict__)
    made = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    added = {
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__getstate__": _state,
        "__setstate__": _restore,
        "__repr__": _shown,
        **_compared(made),
        "__init__": _late(made),
    }
    for name, value in added.items():
        # A class that says how it is compared or shown is taken at its word.
        if name not in own:
            setattr(made, name, value)
    return made


def _compared(made: type[Any]) -> dict[str, Any]:
    names = [one.name for one in fields(made) if one.compare]
    key: Callable[[Any], Any] = attrgetter(*names) if names else lambda value: ()

    def equal(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or key(self) == key(other)

    def hashed(self: Any) -> int:
        return hash(key(self))

    return {"__eq__": equal, "__hash__": hashed}


def _late(made: type[Any]) -> Callable[..., None]:
    def __init__(self: Any, *values: Any, **named: Any) -> None:
        made.__init__ = _initializer(made)
        made.__init__(self, *values, **named)

    return __init__


def _initializer(made: Any) -> Callable[..., None]:
    """Compile `__init__`: parameters as the fields say, each put into its slot.

    Names of our own begin with an underscore, as no field does.
    """
    names: dict[str, Any] = {"_missing_": MISSING, "_put_": object.__setattr__}
    given: list[str] = []
    named: list[str] = []
    lines: list[str] = []
    for one in fields(made):
        name, value = one.name, one.name
        if one.default is not MISSING:
            names[f"_default_{name}"] = one.default
        elif one.default_factory is not MISSING:
            names[f"_default_{name}"] = MISSING
            names[f"_make_{name}"] = one.default_factory
            value = f"_make_{name}() if {name} is _missing_ else {name}"
        if one.init:
            default = f"=_default_{name}" if f"_default_{name}" in names else ""
            (named if one.kw_only else given).append(name + default)
        elif one.default is not MISSING:
            value = f"_default_{name}"
        elif one.default_factory is not MISSING:
            value = f"_make_{name}()"
        else:
            continue
        lines.append(f" _put_(self, {name!r}, {value})")
    if hasattr(made, "__post_init__"):
        lines.append(" self.__post_init__()")
    parameters = ", ".join(["self", *given, *(["*", *named] if named else [])])
    body = "\n".join(lines) or " pass"
    exec(f"def __init__({parameters}):\n{body}", names)
    made_init: Callable[..., None] = names["__init__"]
    made_init.__qualname__ = f"{made.__qualname__}.__init__"
    return made_init


def _refuse(self: Any, name: str, value: object = None) -> NoReturn:
    raise FrozenInstanceError(f"cannot change '{name}' of a {type(self).__name__}")


def _shown(self: Any) -> str:
    parts = [
        f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr
    ]
    return f"{type(self).__qualname__}({', '.join(parts)})"


def _state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


__all__ = ["frozen", "is_frozen"]
