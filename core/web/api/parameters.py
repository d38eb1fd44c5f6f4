"""Reads the query string of lists and counts into one Query.

The collection views call `read_query`; whatever is unknown, doubled or out of range is
refused with the way to mend it. What the filter and the names mean is the services'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal, cast

from werkzeug.datastructures import MultiDict

from core.diagnostics import suggestion
from core.frozen import frozen
from core.services import Candidates, Query
from core.web.api.bodies import parse, storable
from core.web.api.refusals import Refusal, bad_request

Arguments = MultiDict[str, str]
MOST_ITEMS = 1000
MOST_OFFSET = 10_000_000
LONGEST = 8000
LIST = ("archived", "count", "cursor", "fields", "filter", "limit", "offset")
LIST_PARAMETERS = (*LIST, "order", "q", "titles")
COUNT_PARAMETERS = ("archived", "filter", "q")
_NAMED = re.compile(r"\s*@([a-z_][a-z0-9_]*)(?=\s|,|$)")
_JOINED = re.compile(r"\s+and\s+|\s*,\s*(?=@)", re.IGNORECASE)


@frozen
class Wish:
    """A list as the caller wants it: the query, and whether links carry titles."""

    query: Query
    titles: bool


def read_query(args: Arguments, known: Iterable[str] = LIST_PARAMETERS) -> Wish:
    """Return the query of a list; Refusal 400 names the parameter that is wrong."""
    check_names(args, known)
    named, filter_ = split_filter(text_of(args, "filter"))
    cursor, offset = text_of(args, "cursor"), None
    if "offset" in args:
        offset = number_of(args, "offset", 0, MOST_OFFSET, 0)
        if cursor is not None:
            raise bad_request(
                "Send 'cursor' or 'offset', not both.", parameter="offset"
            )
    query = Query(
        filter=filter_,
        named=named,
        search=text_of(args, "q"),
        order=names_of(args, "order"),
        fields=names_of(args, "fields"),
        limit=number_of(args, "limit", 1, MOST_ITEMS, 25),
        cursor=cursor,
        offset=offset,
        count=cast(
            Literal["none", "exact", "estimate"],
            word_of(args, "count", ("none", "exact", "estimate")),
        ),
        archived=cast(
            Literal["no", "yes", "only"],
            word_of(args, "archived", ("no", "yes", "only")),
        ),
        titles=False,
    )
    return Wish(query, flag_of(args, "titles"))


def split_filter(text: str | None) -> tuple[tuple[str, ...], str | None]:
    """Split `@open and @mine and amount > 5` into named filters and the expression.

    Names stand first, joined by `and` or commas; they narrow all that follows.
    """
    names: list[str] = []
    rest = (text or "").strip()
    while rest.startswith("@"):
        found = _NAMED.match(rest)
        if found is None:
            raise _misplaced()
        names.append(found[1])
        rest = rest[found.end() :]
        joined = _JOINED.match(rest)
        if joined is not None:
            rest = rest[joined.end() :].lstrip()
            if not rest:
                raise _misplaced()
        elif rest.strip():
            raise _misplaced()
        else:
            rest = ""
    return tuple(dict.fromkeys(names)), rest or None


def _misplaced() -> Refusal:
    return bad_request(
        "Named filters stand first, joined by 'and': '@open and amount > 5'.",
        parameter="filter",
    )


def check_names(args: Arguments, known: Iterable[str]) -> None:
    """Refuse parameters that are unknown, doubled or hold what no text holds."""
    names = tuple(known)
    for name, values in args.lists():
        if name not in names:
            tail = suggestion(name, names)
            raise bad_request(
                f"There is no parameter '{name[:80]}' here.{tail}", parameter=name[:80]
            )
        if len(values) > 1:
            raise bad_request(f"'{name}' is given twice.", parameter=name)
        if not storable(values[0]) or len(values[0]) > LONGEST:
            raise bad_request(
                f"'{name}' holds a NUL or more than {LONGEST} characters.",
                parameter=name,
            )


def text_of(args: Arguments, name: str) -> str | None:
    """The parameter, or None where it is left out or empty."""
    return args.get(name, "").strip() or None


def names_of(args: Arguments, name: str) -> tuple[str, ...]:
    """A list of names with commas between, each once."""
    found = (part.strip() for part in args.get(name, "").split(","))
    return tuple(dict.fromkeys(part for part in found if part))


def number_of(args: Arguments, name: str, least: int, most: int, otherwise: int) -> int:
    """A whole number within bounds."""
    text = args.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise bad_request(f"'{name}' takes a whole number.", parameter=name)
    if not least <= int(text) <= most:
        raise bad_request(f"'{name}' is between {least} and {most}.", parameter=name)
    return int(text)


def word_of(args: Arguments, name: str, words: tuple[str, ...]) -> str:
    """One of some words; the first one where it is left out."""
    text = args.get(name, words[0])
    if text not in words:
        raise bad_request(f"'{name}' is one of {', '.join(words)}.", parameter=name)
    return text


def flag_of(args: Arguments, name: str) -> bool:
    """1 or true, 0 or false; false where it is left out."""
    return word_of(args, name, ("0", "1", "false", "true")) in ("1", "true")


def read_candidates(args: Arguments) -> Candidates | None:
    """The link field whose `where` a look-up follows: `for=library.loan.book`."""
    text = text_of(args, "for")
    if text is None:
        return None
    entity, _, field = text.rpartition(".")
    if entity.count(".") != 1 or not field:
        raise bad_request(
            "'for' names a link field: 'module.entity.field'.", parameter="for"
        )
    values: Any = parse(args.get("values", "{}").encode())
    if not isinstance(values, dict):
        raise bad_request("'values' is a JSON object.", parameter="values")
    return Candidates(entity, field, values)


def narrowed(query: Query, condition: str) -> Query:
    """The query with one more condition."""
    both = f"({condition}) and ({query.filter})" if query.filter else condition
    return replace(query, filter=both)
