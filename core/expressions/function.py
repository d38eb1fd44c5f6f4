"""What a function of the language is: signature, Python body and SQL body in one place.

The catalogue holds them, the type checker reads the signature, each back end its body.
Operators are functions too; only their names cannot be typed.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from core.expressions.sqlforms import Sql
from core.expressions.types import Kind, Path, Type
from core.frozen import frozen

ResultRule = Callable[[tuple[Type, ...]], Type]
PostgresBody = Callable[..., Any]
SqliteBody = Callable[..., Sql]


class Bridge(Enum):
    """SQLite runs the Python body, registered under `x_<name>`."""

    PYTHON = "python"


@frozen
class Param:
    """One parameter: the kinds it takes; `keys` for one of several literal texts.

    `literal` parameters take only a constant; optional ones have a default.
    """

    name: str
    kinds: frozenset[Kind]
    optional: bool = False
    default: Any = None
    literal: bool = False
    keys: tuple[str, ...] = ()


@frozen
class Function:
    """A pure, typed function.

    `result` is a type, or computes one from the arguments' types. `python` gets the
    arguments (before them the Env if `needs_env`). `postgres` gets SQL elements (after
    them the time zone if `needs_env`) and returns one; None makes the function memory
    only. `sqlite` gets and returns `Sql`, or is the Python body. A `strict` function is
    null when any argument is; others see the nulls. `roomy` is the body SQLite runs in
    place of `python`, where that stops at 38 digits. `follows` are the paths it reads
    from each argument that is a record.
    """

    name: str
    params: tuple[Param, ...]
    result: Type | ResultRule
    python: Callable[..., Any]
    postgres: PostgresBody | None = None
    sqlite: SqliteBody | Bridge = Bridge.PYTHON
    strict: bool = True
    needs_env: bool = False
    sql_name: str = ""
    roomy: Callable[..., Any] | None = None
    follows: tuple[frozenset[Path], ...] = ()

    @property
    def memory(self) -> bool:
        """Whether it has no SQL body."""
        return self.postgres is None

    @property
    def registered_name(self) -> str:
        """The name under which SQLite knows the Python body."""
        return self.sql_name or f"x_{self.name.replace('.', '_')}"

    def result_type(self, args: tuple[Type, ...]) -> Type:
        """The type of the result for arguments of these types."""
        return self.result if isinstance(self.result, Type) else self.result(args)


def takes(name: str, *kinds: Kind, **more: Any) -> Param:
    """A parameter of these kinds."""
    return Param(name, frozenset(kinds), **more)
