"""Filter chips: field, operator, value; and what they mean as an expression.

Lists read them from the address (`f=state:is:new`, `o=` for the group with "or"), show
them in words and hand the expression to the query. Nothing here is trusted: a chip that
says nothing sensible is a BadQuery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType

from core.compiler import CompiledField
from core.fieldtypes import BadValue
from core.frozen import frozen
from core.services import BadQuery
from core.web.pages.labels import stamp
from core.web.pages.periods import PERIODS, within
from core.web.pages.screen import Screen
from core.web.wording import say

#: Operators in words; `none` and `some` take no value.
OPERATORS: Mapping[str, str] = MappingProxyType(
    {
        "is": "is",
        "is_not": "is not",
        "contains": "contains",
        "starts": "begins with",
        "gt": "above",
        "lt": "below",
        "from": "from",
        "until": "until",
        "between": "between",
        "in": "one of",
        "within": "in",
        "none": "is empty",
        "some": "is filled",
    }
)
WITHOUT_VALUE = frozenset({"none", "some"})
NUMBERS = frozenset({"integer", "decimal", "percent", "money", "quantity", "rating"})
DAYS = frozenset({"date", "datetime"})
UNFILTERED = frozenset(
    {"group", "lines", "json", "properties", "file", "image", "secret", "geo",
     "recurrence", "expression", "field_names", "time", "duration"}
)  # fmt: skip
_BETWEEN = ".."


@frozen
class Chip:
    """One condition as it stands in the address."""

    path: str
    operator: str
    value: str = ""

    @classmethod
    def read(cls, text: str) -> Chip | None:
        """The chip of an address, None for a broken one."""
        path, _, rest = text.partition(":")
        operator, _, value = rest.partition(":")
        return cls(path, operator, value) if path and operator in OPERATORS else None

    def written(self) -> str:
        """The chip as it stands in the address."""
        tail = "" if self.operator in WITHOUT_VALUE else f":{self.value}"
        return f"{self.path}:{self.operator}{tail}"


@frozen
class Filterable:
    """What a chip may ask about: a field (None for a stamp) and its operators."""

    path: str
    label: str
    kind: str
    field: CompiledField | None
    operators: tuple[str, ...]


def filterables(screen: Screen) -> list[Filterable]:
    """The fields of an entity that the reader may filter by, labels in order."""
    rights = screen.compiled.access.of(screen.actor.roles, admin=screen.actor.is_admin)
    access = rights.entity(screen.id)
    found = []
    for name, field in screen.entity.fields.items():
        open_ = name in access.readable and name not in access.read_conditions
        if open_ and not field.definition.hidden and _can_filter(field):
            found.append(_filterable(screen, name, field))
    for name in ("created_at", "updated_at"):
        found.append(Filterable(name, stamp(name), "datetime", None, DATE_OPERATORS))
    return sorted(found, key=lambda one: one.label.casefold())


def find(screen: Screen, path: str) -> Filterable:
    """What a path of a chip stands for; BadQuery for what may not be asked."""
    found = next((one for one in filterables(screen) if one.path == path), None)
    if found is None:
        raise BadQuery(
            f"{screen.labels.entity(screen.id)}: there is no filter by '{path[:60]}'.",
            parameter="f",
        )
    return found


DATE_OPERATORS = ("within", "is", "from", "until", "between", "none", "some")


def _can_filter(field: CompiledField) -> bool:
    return field.type.name not in UNFILTERED and not field.type.write_only


def _filterable(screen: Screen, name: str, field: CompiledField) -> Filterable:
    kind = field.type.name
    return Filterable(name, screen.labels.field(field), kind, field, _operators(field))


def _operators(field: CompiledField) -> tuple[str, ...]:
    kind = field.type.name
    if kind in DAYS:
        return DATE_OPERATORS
    if kind == "boolean":
        return ("is",)
    if kind == "reference":
        return ("some", "none")
    if kind in ("links", "tags", "multichoice"):
        return ("contains", "some", "none")
    if kind in ("choice", "link"):
        return ("is", "is_not", "in", "some", "none")
    if kind in NUMBERS:
        return ("is", "gt", "lt", "between", "some", "none")
    return ("contains", "is", "is_not", "starts", "some", "none")


# -- the expression --------------------------------------------------------------


def expression(screen: Screen, chips: Iterable[Chip], either: Iterable[Chip]) -> str:
    """All chips of an address as one expression, empty for none."""
    parts = [condition(screen, chip) for chip in chips]
    group = [condition(screen, chip) for chip in either]
    if group:
        parts.append("(" + " or ".join(f"({one})" for one in group) + ")")
    return " and ".join(f"({one})" if " or " in one else one for one in parts)


def condition(screen: Screen, chip: Chip) -> str:
    """One chip as an expression."""
    about = find(screen, chip.path)
    if chip.operator not in about.operators:
        raise BadQuery(
            f"{about.label}: '{say(OPERATORS[chip.operator])}' cannot be asked here.",
            parameter="f",
        )
    if chip.operator in WITHOUT_VALUE:
        return _emptiness(about, chip.operator == "none")
    try:
        return _MAKERS.get(about.kind, _text)(about, chip)
    except (BadValue, ValueError, KeyError) as error:
        reason = error.message if isinstance(error, BadValue) else say("choose a value")
        raise BadQuery(f"{about.label}: {reason}.", parameter="f") from error


def _emptiness(about: Filterable, empty: bool) -> str:
    if about.kind in ("links", "tags", "multichoice"):
        return f"not exists({about.path})" if empty else f"exists({about.path})"
    return f"{about.path} is null" if empty else f"{about.path} is not null"


def quoted(text: str) -> str:
    """A text literal of the expression language."""
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + " ".join(plain.split("\n")) + "'"


def _text(about: Filterable, chip: Chip) -> str:
    value = quoted(_given(chip))
    if chip.operator in ("contains", "starts"):
        return f"{chip.operator}({about.path}, {value})"
    return f"{about.path} {'==' if chip.operator == 'is' else '!='} {value}"


def _number(about: Filterable, chip: Chip) -> str:
    assert about.field is not None
    type_, definition = about.field.type, about.field.definition

    def plain(text: str) -> str:
        value = type_.coerce(text.strip(), definition)
        if value is None:
            raise ValueError(text)
        return f"{value:f}" if not isinstance(value, int) else str(value)

    if chip.operator == "between":
        low, _, high = chip.value.partition(_BETWEEN)
        return f"{about.path} >= {plain(low)} and {about.path} <= {plain(high)}"
    sign = {"is": "==", "gt": ">", "lt": "<"}[chip.operator]
    return f"{about.path} {sign} {plain(chip.value)}"


def _day(about: Filterable, chip: Chip) -> str:
    path = f"date({about.path})" if about.kind == "datetime" else about.path
    if chip.operator == "within":
        return within(path, chip.value)
    if chip.operator == "between":
        low, _, high = chip.value.partition(_BETWEEN)
        return f"{path} >= {_date(low)} and {path} <= {_date(high)}"
    sign = {"is": "==", "from": ">=", "until": "<="}[chip.operator]
    return f"{path} {sign} {_date(chip.value)}"


def _date(text: str) -> str:
    day = date.fromisoformat(text.strip())
    return f"date({day.year}, {day.month}, {day.day})"


def _boolean(about: Filterable, chip: Chip) -> str:
    return about.path if {"1": True, "0": False}[chip.value] else f"not {about.path}"


def _choice(about: Filterable, chip: Chip) -> str:
    keys = [quoted(key) for key in _given(chip).split(",") if key]
    if chip.operator == "in":
        return f"{about.path} in [{', '.join(keys)}]"
    return f"{about.path} {'==' if chip.operator == 'is' else '!='} {keys[0]}"


def _choices(about: Filterable, chip: Chip) -> str:
    return f"{quoted(_given(chip))} in {about.path}"


def _link(about: Filterable, chip: Chip) -> str:
    ids = [str(int(one)) for one in _given(chip).split(",") if one]
    if chip.operator == "in":
        return f"{about.path}.id in [{', '.join(ids)}]"
    if chip.operator == "is_not":
        return f"{about.path} is null or {about.path}.id != {ids[0]}"
    return f"{about.path}.id == {ids[0]}"


def _links(about: Filterable, chip: Chip) -> str:
    return f"exists(one for one in {about.path} if one.id == {int(_given(chip))})"


def _given(chip: Chip) -> str:
    if not chip.value.strip():
        raise ValueError("a value is needed")
    return chip.value.strip()


_Maker = Callable[[Filterable, Chip], str]
_MAKERS: Mapping[str, _Maker] = MappingProxyType(
    {
        **dict.fromkeys(NUMBERS, _number),
        **dict.fromkeys(DAYS, _day),
        "boolean": _boolean,
        "choice": _choice,
        "multichoice": _choices,
        "link": _link,
        "links": _links,
        "tags": _links,
    }
)


def targets(screen: Screen, chips: Iterable[Chip]) -> dict[str, set[int]]:
    """The linked records that chips name, by entity, so that titles can be shown."""
    wanted: dict[str, set[int]] = {}
    for chip in chips:
        field = screen.entity.fields.get(chip.path)
        if field is None or field.kind not in ("link", "links"):
            continue
        ids = {int(one) for one in chip.value.split(",") if one.strip().isdecimal()}
        wanted.setdefault(field.targets[0], set()).update(ids)
    return wanted


def value_text(
    screen: Screen, about: Filterable, chip: Chip, titles: Mapping[tuple[str, int], str]
) -> str:
    """The value of a chip in words."""
    if chip.operator in WITHOUT_VALUE:
        return ""
    if chip.operator == "within":
        return say(PERIODS[chip.value][0]) if chip.value in PERIODS else chip.value
    field = about.field
    if about.kind == "boolean":
        return say("yes") if chip.value == "1" else say("no")
    parts = chip.value.split(",") if chip.operator == "in" else [chip.value]
    if field is not None and about.kind in ("choice", "multichoice"):
        return ", ".join(screen.labels.choice(field, key)[0] for key in parts)
    if field is not None and field.kind in ("link", "links"):
        known = [titles.get((field.targets[0], _id(one)), one) for one in parts]
        return ", ".join(known)
    return chip.value.replace(_BETWEEN, " \u2013 ")


def _id(text: str) -> int:
    return int(text) if text.strip().isdecimal() else 0
