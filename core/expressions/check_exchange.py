"""Functions on foreign texts whose types depend on their arguments.

Part of the type checker: `country_of`, `currency_of`, `unit_of` find the record a text
names, `mapped` looks a value up in a map of the mapping. They work in memory only and
refuse what they do not know; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from core.diagnostics import did_you_mean
from core.expressions import syntax as s
from core.expressions.check_memory import may_use_memory
from core.expressions.check_paths import as_record
from core.expressions.checker import Checker, extent_of
from core.expressions.coercion import fit
from core.expressions.env import Env
from core.expressions.errors import EvaluationError
from core.expressions.folding import fold
from core.expressions.function import Function, takes
from core.expressions.tree import Node, Read
from core.expressions.types import TEXT, Kind, choice, record

#: Fields in which a record is looked up, in this order, and how they are written.
_NAMES = MappingProxyType(
    {
        "country": ("code", "alpha3", "alias", "name"),
        "currency": ("code", "name"),
        "unit": ("code", "name"),
    }
)
_CAPITALS = frozenset({"country", "currency"})


def _named(word: str) -> Callable[[Checker, s.Call], Node | None]:
    name = f"{word}_of"

    def rule(checker: Checker, call: s.Call) -> Node | None:
        text = _text(checker, call, f"{name}(text)", 1)
        entity = checker.scope.schema.acting_as(word)
        schema = None if entity is None else checker.scope.schema.entity(entity)
        if text is None:
            return None
        if schema is None:
            checker.report("E418", f"no module keeps {word} records", call)
            return None
        fields = [n for n in _NAMES[word] if schema.member(n) is not None]
        finder = _finder(word, schema.id, tuple(fields))
        function = Function(
            name, (takes("t", Kind.TEXT),), record(schema.id), finder, needs_env=True
        )
        return checker.call(function, (text,), extent_of(call))

    return rule


def _finder(
    word: str, entity: str, fields: tuple[str, ...]
) -> Callable[[Env, str], Any]:
    def find(env: Env, text: str) -> Any:
        for name in fields:
            for spelling in _spellings(word, name, text.strip()):
                rows = env.rows(entity, {name: spelling}) if env.rows else ()
                if len(rows) == 1:
                    return rows[0]
        code = _territories().get(fold(text.strip())) if word == "country" else None
        rows = env.rows(entity, {"code": code}) if env.rows and code else ()
        if rows:
            return rows[0]
        raise EvaluationError(f"'{text[:60]}' is no known {word}")

    return find


def _spellings(word: str, field: str, text: str) -> Iterator[str]:
    yield text
    if word in _CAPITALS and field != "name" and text.upper() != text:
        yield text.upper()


@cache
def _territories() -> Mapping[str, str]:
    """Names of countries in the languages of the platform, folded, to their codes."""
    from babel import Locale

    found: dict[str, str] = {}
    for language in ("en", "de", "fr", "es", "it", "nl", "pl"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(fold(name), code)
    return MappingProxyType(found)


def _text(checker: Checker, call: s.Call, usage: str, count: int) -> Node | None:
    """The first argument as a text, in a place where memory functions may stand."""
    if len(call.args) != count or call.keywords:
        checker.report("E405", f"write {usage}", call)
        return None
    if not may_use_memory(checker, call):
        return None
    value = checker.value(call.args[0])
    return None if value is None else fit(checker, value, TEXT)


def _mapped(checker: Checker, call: s.Call) -> Node | None:
    """`mapped(src.state, 'states')`; an unlisted value is an error of the record."""
    text = _text(checker, call, "mapped(text, 'map')", 2)
    if text is None:
        return None
    written = call.args[1]
    if not isinstance(written, s.Text):
        checker.report("E427", "a map is written as a constant text", written)
        return None
    values = checker.scope.value_maps.get(written.value)
    if values is None:
        known = tuple(checker.scope.value_maps)
        help = did_you_mean(written.value, known) or "value_maps of the mapping name it"
        checker.report("E418", f"unknown map '{written.value}'", written, help)
        return None
    expected = checker.scope.expected
    wanted = expected is not None and expected.kind is Kind.CHOICE
    result = choice(*dict.fromkeys(values.values())) if wanted else TEXT
    function = Function("mapped", (takes("t", Kind.TEXT),), result, _lookup(values))
    return checker.call(function, (text,), extent_of(call))


def _lookup(values: Mapping[str, str]) -> Callable[[str], str]:
    def look(text: str) -> str:
        try:
            return values[text]
        except KeyError:
            raise EvaluationError(f"the value '{text[:60]}' is not listed") from None

    return look


def _phone(checker: Checker, call: s.Call) -> Node | None:
    """`parse_phone(text, country)`: the country as its two letters or a record."""
    text = _text(checker, call, "parse_phone(text, country)", 2)
    country = None if text is None else checker.value(call.args[1])
    functions = checker.scope.functions.get("parse_phone")
    if text is None or country is None:
        return None
    if country.type.kind is Kind.LINK:
        country = _code(checker, country)
    code = None if country is None else fit(checker, country, TEXT)
    if code is None or not functions:
        return None
    return checker.call(functions[0], (text, code), extent_of(call))


def _code(checker: Checker, link: Node) -> Node | None:
    of = as_record(link)
    schema = None if of is None else checker.scope.schema.entity(of.type.entity)
    member = None if schema is None else schema.member("code")
    if of is None or member is None:
        return link
    return Read(TEXT, link.extent, of, "code", member)


EXCHANGE: Mapping[str, Callable[[Checker, s.Call], Node | None]] = MappingProxyType(
    {
        **{f"{word}_of": _named(word) for word in _NAMES},
        "mapped": _mapped,
        "parse_phone": _phone,
    }
)
