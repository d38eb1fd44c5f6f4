"""One field of each type, with a strategy that makes its canonical values."""

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from hypothesis import strategies as st

from core.expressions.record import Ref
from core.fieldtypes import StoredFile

FIELDS = MappingProxyType(
    {
        "barcode": "{type: barcode}",
        "boolean": "{type: boolean, three_state: true}",
        "choice": "{type: choice, choices: {open: Offen, done: 'Erledigt, zu'}}",
        "color": "{type: color}",
        "date": "{type: date}",
        "datetime": "{type: datetime}",
        "decimal": "{type: decimal, digits: 38, places: 12}",
        "duration": "{type: duration}",
        "email": "{type: email}",
        "expression": "{type: expression, of: test.thing}",
        "field_names": "{type: field_names, of: test.thing}",
        "file": "{type: file, multiple: true}",
        "geo": "{type: geo}",
        "group": "{type: group, of: test.address}",
        "iban": "{type: iban}",
        "image": "{type: image}",
        "integer": "{type: integer}",
        "json": "{type: json}",
        "lines": "{type: lines, of: test.part}",
        "link": "{type: link, to: test.thing}",
        "links": "{type: links, to: test.thing}",
        "longtext": "{type: longtext}",
        "money": "{type: money, currency: currency}",
        "multichoice": "{type: multichoice, choices: {a: Alpha, b: 'B, be', c: C}}",
        "number": "{type: number, numbering: test.thing}",
        "percent": "{type: percent}",
        "phone": "{type: phone}",
        "properties": "{type: properties, defined_by: asked}",
        "quantity": "{type: quantity, unit: unit}",
        "rating": "{type: rating}",
        "recurrence": "{type: recurrence}",
        "reference": "{type: reference, to: [test.thing, base.party]}",
        "richtext": "{type: richtext}",
        "secret": "{type: secret}",
        "tags": "{type: tags}",
        "tax_id": "{type: tax_id}",
        "text": "{type: text}",
        "time": "{type: time}",
        "url": "{type: url}",
    }
)
# Values that people do not type into one cell.
NOT_IN_ONE_CELL = frozenset({"file", "image", "group", "lines", "secret", "richtext"})

LETTERS = st.characters(exclude_categories=("C", "Z"))
_WORDS = st.text(LETTERS, min_size=1, max_size=40)


def _normal(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


def exact(digits: int, places: int) -> st.SearchStrategy[Decimal]:
    """Numbers of this size, each with all its places."""
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda n: Decimal(f"{n}e-{places}"))


def _line(parts: list[str]) -> str:
    return " ".join(parts)


LINES = st.lists(_WORDS, min_size=1, max_size=4).map(_line).filter(_normal)
TEXTS = st.lists(LINES, min_size=1, max_size=4).map("\n".join).filter(_normal)
IDS = st.integers(1, 2**63 - 1)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(-1e15, 1e15, allow_nan=False)
    | LINES
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(LINES, inner, max_size=3)
    ),
    max_leaves=8,
)
FILES = st.builds(
    StoredFile,
    st.integers(0, 2**256 - 1).map(lambda n: f"{n:064x}"),
    st.just("Bild 1.png"),
    st.integers(0, 10**9),
    st.just("image/png"),
)
PHONES = ("+493012345678", "+12024561111", "+33142278186", "030 (intern 12)", "+1")

VALUES = MappingProxyType(
    {
        "barcode": st.sampled_from(["4006381333931", "96385074", "AB-12", "12345"]),
        "boolean": st.booleans(),
        "choice": st.sampled_from(["open", "done"]),
        "color": st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}"),
        "date": st.dates(),
        "datetime": st.datetimes(
            datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC)
        ),
        "decimal": exact(38, 12),
        "duration": st.timedeltas(timedelta(days=-9999999), timedelta(days=9999999)),
        "email": st.sampled_from(["a.b+c@example.com", "jürgen@müller.de"]),
        "expression": st.sampled_from(["title == 'x'", "1 + 1 > 2"]),
        "field_names": st.sampled_from([("title",), ("title", "party")]),
        "file": st.lists(FILES, min_size=1, max_size=3).map(tuple),
        "geo": st.tuples(exact(7, 6), exact(8, 6)).map(
            lambda pair: ",".join(f"{n.normalize() + 0:f}" for n in pair)
        ),
        "group": st.fixed_dictionaries(
            {"street": LINES, "since": st.none() | st.dates()}
        ),
        "iban": st.sampled_from(["DE89370400440532013000", "GB82WEST12345698765432"]),
        "image": FILES,
        "integer": st.integers(-(2**63), 2**63 - 1),
        "json": st.lists(DOCUMENTS, max_size=3)
        | st.dictionaries(LINES, DOCUMENTS, max_size=3),
        "lines": st.lists(
            st.fixed_dictionaries({"name": LINES}, optional={"id": IDS}), max_size=3
        ).map(tuple),
        "link": IDS,
        "links": st.lists(IDS, max_size=4, unique=True).map(tuple),
        "longtext": TEXTS,
        "money": exact(18, 4),
        "multichoice": st.sampled_from([("a",), ("b",), ("a", "b"), ("a", "b", "c")]),
        "number": st.sampled_from(["OF-2026-0001", "7"]),
        "percent": exact(9, 4),
        "phone": st.sampled_from(PHONES),
        "properties": st.dictionaries(
            LINES, st.booleans() | LINES | st.integers(-99, 99), min_size=1
        ),
        "quantity": exact(18, 6),
        "rating": st.integers(0, 5),
        "recurrence": st.sampled_from(
            ["FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=DAILY;UNTIL=20301231T000000Z"]
        ),
        "reference": st.builds(Ref, st.sampled_from(["test.thing", "base.party"]), IDS),
        "richtext": st.sampled_from(["<p>Hello <b>you</b></p>", "a &lt; b"]),
        "secret": _WORDS,
        "tags": st.lists(IDS, max_size=3, unique=True).map(tuple),
        "tax_id": st.sampled_from(["DE136695976", "12/345/67890", "ATU13585627"]),
        "text": LINES,
        "time": st.times(),
        "url": st.sampled_from(["https://example.com/a?b=c", "http://[::1]:8080/"]),
    }
)
