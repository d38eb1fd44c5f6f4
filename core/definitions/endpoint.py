"""`endpoint:` an address of the API that a module brings, and what a call of it does.

Read by core.registry.check_endpoints; called through core.web.api.endpoints.
"""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from typing import Literal

from core.definitions.effect import EffectDef
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.source import (
    Bool,
    Described,
    Duration,
    Expr,
    Id,
    Int,
    ListOf,
    Map,
    Part,
    Piece,
    Refs,
    Text,
    TextMap,
    Value,
)


@frozen(kw_only=True)
class ThrottleDef(Piece):
    """How many calls one caller may make within a time."""

    most: Int = 60
    within: Duration = timedelta(minutes=1)


@frozen(kw_only=True)
class AnswerDef(Part):
    """What a call is answered with, if `when` holds; the first that does counts."""

    when: Expr | None = None
    status: Int = 200
    body: TextMap[Value] = field(default_factory=Map)


@frozen(kw_only=True)
class EndpointDef(Described):
    """A call of `path` below `/api/v1`: its JSON `body` is checked, then `do` happens.

    `auth` says who may call: `bearer` and `key` are people and programs with an account
    that hold one of `roles` (without: administrators), `signature` is whoever signs
    with the secret in the setting `secret`, `none` is everybody. `record` yields the
    record that the effects, or the `flow`, are about. Calls with the same `key` count
    once. What is done is done with full rights, in the name of the caller if he has an
    account. `max_size` bounds the body, `throttle` the calls of one caller.
    """

    path: Text
    method: Literal["POST", "PUT"] = "POST"
    auth: ListOf[Literal["bearer", "key", "signature", "none"]]
    roles: Refs = ()
    secret: Text | None = None
    body: TextMap[FieldDef] = field(default_factory=Map)
    key: Expr | None = None
    record: Expr | None = None
    flow: Id | None = None
    do: ListOf[EffectDef] = ()
    answers: ListOf[AnswerDef] = ()
    max_size: Text = "1 MB"
    throttle: ThrottleDef | None = None
    enabled: Bool = True
