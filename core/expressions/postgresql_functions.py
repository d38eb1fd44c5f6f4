"""The functions that PostgreSQL lacks, as SQL installed once per database.

`init` and `apply` run `install_functions`; the statements may run again at any time.
What they compute is what the Python bodies compute.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

import sqlalchemy as sa

from core.expressions import folding
from core.expressions.exact import QUOTIENT_PLACES

_MARKS = "IMMUTABLE STRICT PARALLEL SAFE"
_UNIT = f"0.{'0' * (QUOTIENT_PLACES - 1)}1"

_ARITHMETIC = (
    # Half up on the last place: (2|a| * 10^12 + |b|) / (2|b|), cut.
    (
        "x_divide(a numeric, b numeric)",
        "numeric",
        f"""SELECT CASE WHEN b = 0 THEN NULL ELSE round(sign(a) * sign(b) * div(
        abs(a) * 2 * 1e{QUOTIENT_PLACES}::numeric + abs(b), abs(b) * 2)
        * {_UNIT}, {QUOTIENT_PLACES}) END""",
    ),
    (
        "x_round(a numeric, n integer, mode text)",
        "numeric",
        """SELECT CASE WHEN mode = 'even'
        AND abs(round(a, n) - a) * 2 = ('1e' || (-n)::text)::numeric
        AND mod(round(a, n) / ('1e' || (-n)::text)::numeric, 2) <> 0
        THEN round(a, n) - sign(a) * ('1e' || (-n)::text)::numeric
        ELSE round(a, n) END""",
    ),
    (
        "x_step_up(a numeric, lot numeric)",
        "numeric",
        """SELECT CASE WHEN lot <= 0 THEN NULL
        WHEN div(a, lot) * lot >= a THEN div(a, lot) * lot
        ELSE div(a, lot) * lot + lot END""",
    ),
)
_TIMES = (
    (
        "x_shift(moment timestamptz, micros bigint)",
        "timestamptz",
        """SELECT moment + (micros / 1000000) * interval '1 second'
        + (micros % 1000000) * interval '1 microsecond'""",
    ),
    (
        "x_shift_day(day date, micros bigint)",
        "date",
        "SELECT day + floor(micros::numeric / 86400000000)::integer",
    ),
    (
        "x_between(a timestamptz, b timestamptz)",
        "bigint",
        "SELECT (extract(epoch FROM a - b) * 1000000)::bigint",
    ),
    (
        "x_between_days(a date, b date)",
        "bigint",
        "SELECT (a - b)::bigint * 86400000000",
    ),
    (
        "x_add_months(day date, n integer)",
        "date",
        "SELECT (day + make_interval(months => n))::date",
    ),
    (
        "x_whole_months(a date, b date)",
        "bigint",
        """SELECT m - CASE WHEN x_add_months(a, m::integer) > b THEN 1 ELSE 0 END
        FROM (SELECT ((extract(year FROM b) - extract(year FROM a)) * 12
        + extract(month FROM b) - extract(month FROM a))::bigint AS m) AS months""",
    ),
    (
        "x_months_between(a date, b date)",
        "bigint",
        """SELECT CASE WHEN b < a THEN -x_whole_months(b, a)
        ELSE x_whole_months(a, b) END""",
    ),
    (
        "x_overlap_days(a1 date, a2 date, b1 date, b2 date)",
        "bigint",
        "SELECT greatest(0, least(a2, b2) - greatest(a1, b1) + 1)::bigint",
    ),
    (
        "x_start_of(day date, unit text)",
        "date",
        "SELECT date_trunc(unit, day::timestamp)::date",
    ),
    (
        "x_end_of(day date, unit text)",
        "date",
        """SELECT (date_trunc(unit, day::timestamp) + CASE unit
        WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month'
        WHEN 'quarter' THEN interval '3 months' ELSE interval '1 year' END
        - interval '1 day')::date""",
    ),
)
_TESTS = (
    (
        "x_contains(t text, a text)",
        "boolean",
        "SELECT position(x_fold(a) IN x_fold(t)) > 0",
    ),
    (
        "x_starts(t text, a text)",
        "boolean",
        "SELECT starts_with(x_fold(t), x_fold(a))",
    ),
    (
        "x_ends(t text, a text)",
        "boolean",
        "SELECT right(x_fold(t), char_length(x_fold(a))) = x_fold(a)",
    ),
)


# Each group of three letters of a text, for indexes that find parts of it. A loop is
# three times as fast as a query over numbers.
_TRIGRAMS = f"""CREATE OR REPLACE FUNCTION x_trigrams(t text) RETURNS text[]
LANGUAGE plpgsql {_MARKS} AS $body$
DECLARE
  letters text[] := string_to_array(t, NULL);
  found text[] := '{{}}';
BEGIN
  FOR i IN 1..cardinality(letters) - 2 LOOP
    found := found || (letters[i] || letters[i + 1] || letters[i + 2]);
  END LOOP;
  RETURN found;
END $body$"""


def postgresql_functions() -> tuple[str, ...]:
    """The statements, in the order in which they must run."""
    parts = (*_ARITHMETIC, *_TIMES, *_cases(), *_TESTS)
    plain = (
        f"CREATE OR REPLACE FUNCTION {head} RETURNS {result} "
        f"LANGUAGE sql {_MARKS} AS $body$ {body} $body$"
        for head, result, body in parts
    )
    return (*plain, _TRIGRAMS)


def install_functions(connection: sa.Connection) -> None:
    """Install or renew all functions on a PostgreSQL database."""
    for statement in postgresql_functions():
        # The driver takes a single percent sign for a parameter.
        connection.exec_driver_sql(statement.replace("%", "%%"))


@cache
def _cases() -> tuple[tuple[str, str, str], ...]:
    """Case and accents, from the tables of Python's Unicode."""
    lower = _mapping(folding.lower_character)
    upper = _mapping(folding.upper_character)
    plain = "octet_length(t) = char_length(t)"
    return (
        (
            "x_lower(t text)",
            "text",
            f"""SELECT CASE WHEN {plain} THEN lower(t COLLATE "C")
            ELSE translate(t, {lower[0]}, {lower[1]}) END""",
        ),
        (
            "x_upper(t text)",
            "text",
            f"""SELECT CASE WHEN {plain} THEN upper(t COLLATE "C")
            ELSE translate(t, {upper[0]}, {upper[1]}) END""",
        ),
        (
            "x_fold(t text)",
            "text",
            f"""SELECT CASE WHEN {plain} THEN lower(t COLLATE "C")
            ELSE {_folded()} END""",
        ),
    )


def _mapping(change: object) -> tuple[str, str]:
    assert callable(change)
    pairs = [
        (c, change(c))
        for c in (*map(chr, range(0x41, 0x7B)), *folding.characters())
        if change(c) != c
    ]
    return _quoted("".join(a for a, _ in pairs)), _quoted("".join(b for _, b in pairs))


def _folded() -> str:
    """Decompose, drop marks, fold case; the few letters that fold to two come last."""
    several = ""
    wrapped = (
        "translate(regexp_replace(normalize(t, NFKD), {marks}, '', 'g'), {a}, {b})"
    )
    pairs: list[tuple[str, str]] = []
    for character in (*map(chr, range(0x41, 0x5B)), *folding.characters()):
        if unicodedata.normalize("NFKD", character) != character:
            continue
        folded = character.casefold()
        if folded == character or unicodedata.combining(character):
            continue
        if len(folded) == 1:
            pairs.append((character, folded))
        else:
            several += character
    body = wrapped.format(
        marks=_quoted(f"[{''.join(_mark_ranges())}]"),
        a=_quoted("".join(a for a, _ in pairs)),
        b=_quoted("".join(b for _, b in pairs)),
    )
    for character in several:
        body = f"replace({body}, {_quoted(character)}, {_quoted(character.casefold())})"
    return body


def _mark_ranges() -> Iterator[str]:
    """All combining characters, as ranges of a bracket expression."""
    start: int | None = None
    last = 0
    for character in (*folding.characters(), "\U0010ffff"):
        code = ord(character)
        if unicodedata.combining(character):
            if start is None:
                start = code
            elif code != last + 1:
                yield _range(start, last)
                start = code
            last = code
        elif start is not None:
            yield _range(start, last)
            start = None


def _range(start: int, last: int) -> str:
    return f"\\U{start:08x}" if start == last else f"\\U{start:08x}-\\U{last:08x}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
