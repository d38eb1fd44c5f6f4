"""Raw values that fields of a kind take: a pool that each field type sifts for itself.

Called by the maker of sample records; it hands on, for one field, the values that the
field's own type accepts, the most ordinary ones first.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Iterator
from typing import Any

from core.compiler import CompiledField
from core.fieldtypes import BadValue
from core.fieldtypes.choices import choices_of

_LETTERS = "ABCDEFGHKMNPQRSTUVWXYZ"
_DIGITS = "0123456789"
#: How often a pattern without an upper limit repeats.
_MOST = 4


def values_for(field: CompiledField, number: int) -> list[Any]:
    """What the field's type takes, in the order to try; no two numbers agree.

    number: says which sample it is, so that unique fields get other values each time.
    """
    take = field.type.coercer(field.definition)
    kept: list[Any] = []
    for raw in _offered(field, number):
        try:
            value = take(raw)
        except (BadValue, TypeError, ValueError):
            continue
        listed = isinstance(raw, list) or not isinstance(value, tuple)
        if value is not None and listed and raw not in kept:
            kept.append(raw)
    return kept


def _offered(field: CompiledField, number: int) -> Iterator[Any]:
    choices = [choice.key for choice in choices_of(field.definition)]
    if choices:
        turned = choices[number % len(choices) :] + choices[: number % len(choices)]
        yield from turned
        yield from ([key] for key in turned)
        return
    if field.definition.pattern:
        rng = random.Random(number)
        for _ in range(5):
            yield text_matching(field.definition.pattern, rng)
    yield from _pool(field.name.replace("_", " "), number)


def _pool(name: str, number: int) -> Iterator[Any]:
    """Values of all kinds; a type takes what is one of its own."""
    yield number % 2 == 0
    yield f"{name.capitalize()} {number} ÄÉ"
    yield f"{name[:6]}{number}"
    yield f"s{number}"
    yield f"sample{number}@example.com"
    yield f"+49 30 {4_000_000 + number}"
    yield f"https://example.com/{number}"
    yield _iban(number)
    yield 1 + number % 9
    yield 1000 + number
    yield str(number % 90 + 1)
    yield f"{number % 90 + 1}.5"
    yield "100"
    yield "0"
    yield f"{2000 + number % 400}-03-{number % 27 + 1:02}"
    yield f"2100-0{number % 9 + 1}-14"
    yield f"2030-04-{number % 27 + 1:02}T09:{number % 60:02}:00Z"
    yield f"09:{number % 60:02}"
    yield f"17:{number % 60:02}"
    yield f"PT{number % 20 + 1}H"
    yield f"#{number % 4096 * 4096:06x}"
    yield "52.52,13.405"
    yield "FREQ=WEEKLY;BYDAY=MO"
    yield {"note": f"sample {number}"}
    yield [f"sample {number}"]


def _iban(number: int) -> str:
    """A German account number with its right check digits."""
    rest = f"{10000000 + number:08}{number:010}"
    check = 98 - int(f"{rest}131400") % 97
    return f"DE{check:02}{rest}"


def text_matching(pattern: str, rng: random.Random) -> str:
    """A text that fits the whole of a regular expression."""
    parser: Any = importlib.import_module("re._parser")
    return "".join(_parts(parser.parse(pattern), rng))


def _parts(parsed: Any, rng: random.Random) -> Iterator[str]:
    for code, given in parsed:
        name = str(code)
        if name == "LITERAL":
            yield chr(given)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = given
            most = min(int(most), max(int(least), 1) + _MOST)
            for _ in range(rng.randint(int(least), most)):
                yield from _parts(inner, rng)
        elif name == "SUBPATTERN":
            yield from _parts(given[-1], rng)
        elif name == "BRANCH":
            yield from _parts(rng.choice(given[1]), rng)
        elif name == "IN":
            yield _one_of(given, rng)
        elif name in ("ANY", "NOT_LITERAL"):
            yield rng.choice(_LETTERS)


def _one_of(options: Any, rng: random.Random) -> str:
    """A character of a class; of an inverted one an ordinary letter or digit."""
    fits = str(options[0][0]) != "NEGATE"
    taken = {char for option in options for char in _characters(option)}
    if not fits:
        return rng.choice([char for char in _LETTERS + _DIGITS if char not in taken])
    plain = sorted(char for char in taken if char.isalnum())
    return rng.choice(plain or sorted(taken))


def _characters(option: Any) -> str:
    code, given = option
    if str(code) == "LITERAL":
        return chr(given)
    if str(code) == "RANGE":
        return "".join(chr(point) for point in range(given[0], given[1] + 1))
    if str(code) == "CATEGORY":
        return _DIGITS if "DIGIT" in str(given) else _LETTERS
    return ""
