"""Bind parameters that keep built SELECTs free of the values of one request.

Made by Scene, which brings the values when it runs a statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from core.expressions.storage_types import IsoDate, UtcDateTime
from core.services.runtime import Plans

#: A setting is called `settings.<module>.<field>`, in expressions and in SQL.
SETTINGS = "settings."


class Binds(Mapping[str, Any]):
    """Name of a parameter in an expression -> what stands for it in SQL.

    `zone` is part of the text of a statement. A setting that is asked for is noted
    with the plans, so that its value comes with every statement.
    """

    def __init__(self, plans: Plans, zone: str) -> None:
        self._plans = plans
        self._always: dict[str, Any] = {
            "me": sa.bindparam("me", type_=sa.BigInteger),
            "company": sa.bindparam("company", type_=sa.BigInteger),
            "now": sa.bindparam("now", type_=UtcDateTime()),
            "today": sa.bindparam("today", type_=IsoDate()),
            "zone": zone,
        }

    def __getitem__(self, name: str) -> Any:
        if not name.startswith(SETTINGS):
            return self._always[name]
        self._plans.read_setting(name.removeprefix(SETTINGS))
        return sa.bindparam(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._always)

    def __len__(self) -> int:
        return len(self._always)
