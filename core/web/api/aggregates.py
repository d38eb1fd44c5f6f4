"""Figures over many records: groups, sums, averages, smallest, largest, counts.

Registered by `register`. Rows and fields are those of the list with the same filter;
amounts in different currencies are never added up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Response, request

from core.expressions import Kind, Ref, Typed
from core.expressions.storage_types import plain
from core.fieldtypes.moments import iso_duration
from core.frozen import frozen
from core.services import Amount, Figure, Group, Reader, Totals, totals_of
from core.services.filters import user_dimension, user_measure
from core.web.api.calls import Call, open_call
from core.web.api.json_text import answer
from core.web.api.parameters import COUNT_PARAMETERS, read_query
from core.web.api.refusals import bad_request
from core.web.api.rendering import moment_text

PARAMETERS = (*COUNT_PARAMETERS, "by", "measures", "titles")
GRAINS = ("day", "week", "month", "quarter", "year")
MEASURES = ("sum", "avg", "min", "max", "count_distinct")
MOST_TERMS = 3
MOST_MEASURES = 12
_GRAINED = re.compile(r"([a-z_][a-z0-9_.]*):([a-z]+)")
_PLAIN = re.compile(rf"({'|'.join(MEASURES)})\(\s*([a-z_][a-z0-9_.]*)\s*\)")


@frozen
class Term:
    """What rows are grouped by: as written, as an expression, and its type."""

    written: str
    expression: str
    typed: Typed


def show_aggregate(module: str, name: str) -> Response:
    """`GET .../aggregate?by=state,due:month&measures=sum(amount),count`."""
    call = open_call(module, name, "read")
    wish = read_query(request.args, PARAMETERS)
    written = split_terms(request.args.get("measures", ""))
    if len(written) > MOST_MEASURES:
        raise bad_request(
            f"'measures' takes up to {MOST_MEASURES} of them.", parameter="measures"
        )
    with call.reading() as reader:
        call.check_paths(reader, call.id, wish.query)
        terms = _terms(reader, call.id, split_terms(request.args.get("by", "")))
        values = tuple(measure_text(one) for one in written)
        measures = [
            user_measure(reader.runtime, reader.access, call.id, one) for one in values
        ]
        _require_reads(call, [term.typed for term in terms], measures)
        asked = Totals(wish.query, tuple(term.expression for term in terms), values)
        with call.working_out(wish.query):
            found = totals_of(reader.scene, call.id, asked)
        shown = _Shown(call, reader, terms, found.figures, wish.titles)
        return answer(
            {
                "by": [term.written for term in terms],
                "measures": shown.measures(written),
                "groups": shown.groups(found.groups),
                "more": found.more,
            }
        )


def split_terms(text: str) -> list[str]:
    """What stands between the commas outside of brackets and quotes, each once."""
    found, depth, quote, start = [], 0, "", 0
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            found.append(text[start:at])
            start = at + 1
    found.append(text[start:])
    return list(dict.fromkeys(one.strip() for one in found if one.strip()))


def measure_text(written: str) -> str:
    """`sum(amount)` and `count` as expressions over `rows`; others as they are."""
    if written in ("count", "count()"):
        return "count(rows)"
    found = _PLAIN.fullmatch(written)
    # A path that begins with `rows` is an expression already.
    if found is None or found[2].split(".")[0] == "rows":
        return written
    return f"{found[1]}(rows.{found[2]})"


def _terms(reader: Reader, entity: str, written: Sequence[str]) -> list[Term]:
    if len(written) > MOST_TERMS:
        raise bad_request(f"'by' takes up to {MOST_TERMS} terms.", parameter="by")
    return [_term(reader, entity, one) for one in written]


def _term(reader: Reader, entity: str, written: str) -> Term:
    found = _GRAINED.fullmatch(written)
    of, grain = (found[1], found[2]) if found else (written, "")
    if grain and grain not in GRAINS:
        raise bad_request(
            f"'{grain}' is no period: use one of {', '.join(GRAINS)}.", parameter="by"
        )
    typed = user_dimension(reader.runtime, reader.access, entity, of)
    text = of
    if grain and typed.type.kind is Kind.DATETIME:
        text = f"date({of})"
    elif grain and typed.type.kind is not Kind.DATE:
        raise bad_request(f"'{of}' is no day, so it has no {grain}.", parameter="by")
    if grain and grain != "day":
        text = f"start_of({text}, '{grain}')"
    return Term(written, text, typed)


def _require_reads(
    call: Call, terms: Iterable[Typed], measures: Iterable[Typed]
) -> None:
    """Refuse what leads through entities that the key leaves out."""
    paths: list[tuple[str, ...]] = []
    for typed in terms:
        paths += typed.reads
    for typed in measures:
        for name, reads in typed.reads_of.items():
            paths += reads if name == "rows" else ()
    call.caller.require_paths(call.compiled, call.id, paths)


class _Shown:
    """Writes groups as plain values; units and links get codes and titles at once."""

    def __init__(
        self,
        call: Call,
        reader: Reader,
        terms: Sequence[Term],
        figures: Sequence[Figure],
        titles: bool,
    ) -> None:
        self.call = call
        self.reader = reader
        self.terms = terms
        self.figures = figures
        self.titles = titles

    def measures(self, written: Sequence[str]) -> list[dict[str, Any]]:
        """Per measure what it says and which sort of value it yields."""
        return [
            {
                "measure": text,
                "kind": figure.kind.name.lower(),
                "unit": figure.entity or None,
            }
            for text, figure in zip(written, self.figures, strict=True)
        ]

    def groups(self, found: Sequence[Group]) -> list[dict[str, Any]]:
        """The groups in the order of their keys."""
        codes = self._codes(found)
        names = self._names(found) if self.titles else {}
        return [
            {
                "keys": [
                    _key(term, key, names if self.titles else None)
                    for term, key in zip(self.terms, group.keys, strict=True)
                ],
                "count": group.count,
                "values": [
                    [_amount(one, figure, codes) for one in amounts]
                    for amounts, figure in zip(group.values, self.figures, strict=True)
                ],
            }
            for group in found
        ]

    def _codes(self, found: Sequence[Group]) -> dict[tuple[str, int], str]:
        """The codes of currencies and units: their key, else their title."""
        wanted: dict[str, set[int]] = {}
        for group in found:
            for amounts, figure in zip(group.values, self.figures, strict=True):
                ids = {one.unit for one in amounts if one.unit is not None}
                wanted.setdefault(figure.entity, set()).update(ids)
        codes: dict[tuple[str, int], str] = {}
        for entity, ids in wanted.items():
            key = self.call.compiled.entity(entity).key if entity and ids else None
            if not ids or not self.reader.access.can(entity, "read"):
                continue
            rows = self.reader.scene.loader.load(entity, ids, [(key,)] if key else [])
            titles = {} if key else self.reader.titles(entity, sorted(ids))
            for id_ in sorted(ids):
                code = rows[id_].values.get(key) if key and id_ in rows else None
                codes[entity, id_] = str(code or titles.get(id_) or "")
        return codes

    def _names(self, found: Sequence[Group]) -> dict[tuple[str, int], str]:
        wanted: dict[str, set[int]] = {}
        for group in found:
            for term, key in zip(self.terms, group.keys, strict=True):
                entity, id_ = _linked(term, key)
                if id_ is not None and self.call.caller.covers(entity, "read"):
                    wanted.setdefault(entity, set()).add(id_)
        return {
            (entity, id_): title
            for entity, ids in wanted.items()
            for id_, title in self.reader.titles(entity, sorted(ids)).items()
        }


def _linked(term: Term, key: Any) -> tuple[str, int | None]:
    if isinstance(key, Ref):
        return key.entity, key.id
    kind = term.typed.type
    if kind.kind is Kind.LINK and isinstance(key, int):
        return kind.entities[0], key
    return "", None


def _key(term: Term, key: Any, names: Mapping[tuple[str, int], str] | None) -> Any:
    entity, id_ = _linked(term, key)
    if id_ is None:
        return plain_value(key)
    if names is None:
        return {"entity": entity, "id": id_} if isinstance(key, Ref) else id_
    return {"id": id_, "title": names.get((entity, id_))}


def _amount(one: Amount, figure: Figure, codes: Mapping[tuple[str, int], str]) -> Any:
    code = figure.code or None
    if one.unit is not None:
        code = codes.get((figure.entity, one.unit)) or None
    return {"value": plain_value(one.value), "unit": one.unit, "code": code}


def plain_value(value: Any) -> Any:
    """A value as it stands in JSON: decimals as texts, days and moments as ISO 8601."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return iso_duration(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return plain(Decimal(str(value)))
    return str(value)
