"""The rows of a button's small form of which less may be taken than is open.

Asked by core.web.pages.actions: drawn with what is open, read back in the reader's way
of writing numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.fieldtypes import BadValue
from core.fieldtypes.number_texts import read_number, write_number
from core.services import OfferedAction, Problem, Reader
from core.services.effects import Take
from core.services.open_rows import open_rows
from core.web.pages.screen import Screen
from core.web.wording import say

if TYPE_CHECKING:
    from core.web.pages.actions import Refused

TAKE = "take."
_NAME = re.compile(r"take\.([a-z0-9_]+\.[a-z0-9_]+)\.([a-z0-9_]+)\.(\d{1,18})")


def open_boxes(
    screen: Screen,
    reader: Reader,
    id_: int,
    one: OfferedAction,
    refused: Refused | None,
) -> list[dict[str, Any]]:
    """A row for everything that is open, with an input for how much is taken."""
    if not one.ready:
        return []
    action = screen.entity.actions[one.id]
    found = []
    for row in open_rows(reader, screen.id, id_, action):
        name = f"{TAKE}{row.mapping}.{row.lines}.{row.row}"
        shown = write_number(Decimal(row.open), screen.locale)
        value = refused.taken.get(name, shown) if refused else shown
        error = refused.problems.get(name, "") if refused else ""
        title = f"{row.source}: {row.title}" if row.source else row.title
        made = {
            "kind": "decimal",
            "name": name,
            "id": f"f-{one.id}-{row.lines}-{row.row}",
            "value": value,
            "label": say("Take of {what}", what=title),
            "invalid": bool(error),
        }
        found.append({"title": title, "open": shown, "input": made, "error": error})
    return found


def read_take(
    screen: Screen, form: Mapping[str, str]
) -> tuple[dict[str, Take], dict[str, str]]:
    """How much of which row is taken, and what is no number by the input's name."""
    take: dict[str, dict[str, dict[int, Any]]] = {}
    problems: dict[str, str] = {}
    for name, text in form.items():
        parts = _NAME.fullmatch(name)
        if parts is None:
            continue
        mapping, lines, row = parts.groups()
        try:
            amount = read_number(text, screen.locale)
        except BadValue as bad:
            problems[name] = f"{bad.message}."
            continue
        rows = take.setdefault(mapping, {}).setdefault(lines, {})
        rows[int(row)] = Decimal(0) if amount is None else amount
    return {mapping: dict(lines) for mapping, lines in take.items()}, problems


def take_name(problem: Problem) -> str:
    """The input that a problem is about; "" if it is about none of these."""
    if len(problem.path) != 4 or problem.path[0] != "take":
        return ""
    return ".".join(str(step) for step in problem.path)
