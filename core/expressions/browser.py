"""Which expressions run in the browser as well; the others stay with the server.

The bodies are in `web/static/js/expressions/functions.js`; a test compares both lists.
Left out are functions that know a language, an engine of patterns, calendars, rows or
ids that only the server has.
"""

from __future__ import annotations

from core.expressions.substitution import walk
from core.expressions.tree import AllRows, Call, External, Parts, Typed, Variable

_NAMES = """
    add subtract multiply divide modulo negate to_decimal retype rank same
    == != < <= > >=
    abs round round_whole floor ceil sign magnitude step_up least greatest
    convert to_unit
    lower upper trim length left right replace contains starts ends concat
    text_join id_text within
    date datetime year quarter month week weekday day start_of end_of
    days_between months_between overlap_days plus_months minus_months months years
    date_plus date_minus moment_plus moment_minus date_difference moment_difference
    duration_add duration_subtract duration_negate duration_times duration_ratio
    weeks days hours minutes seconds in_hours in_days
    series upto
    property_text property_number property_whole property_truth property_day
"""
#: Functions and operators by the names of the catalogue.
BROWSER_FUNCTIONS = frozenset(_NAMES.split())
_SERVER_NODES = (External, AllRows, Parts)


def runs_in_browser(typed: Typed) -> bool:
    """Whether the browser has a body for every part of the expression."""
    for node in walk(typed.tree):
        if isinstance(node, _SERVER_NODES):
            return False
        if isinstance(node, Call) and node.function.name not in BROWSER_FUNCTIONS:
            return False
        if isinstance(node, Variable) and node.name.startswith("role:"):
            return False
    return True
