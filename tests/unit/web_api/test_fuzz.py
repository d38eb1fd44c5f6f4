"""Whatever is sent, the API answers with 2xx or 4xx."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FIELDS = (
    *("title", "isbn", "author", "owner", "kind", "state", "currency", "price"),
    *("rating", "pages", "published", "seen", "opens", "reading_time", "signed"),
    *("blurb", "facts", "borrower", "secret", "tags", "similar", "about", "shout"),
    *("worth", "editions", "id", "version", "archived", "created_at", "nothing"),
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "1", "-1", "1e999", "NaN", "2026-01-01", "2026-02-30T99:00Z", "12:00"]
    ),
)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([2**31, 2**63 - 1, 2**63, 2**70, -(2**63), 10**30]),
    st.floats(allow_nan=False, allow_infinity=False),
)
ATOMS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ROW = st.dictionaries(
    st.sampled_from(["year", "copies", "price", "printer", "id", "value", "x"]),
    ATOMS,
    max_size=4,
)
VALUES = st.one_of(
    ATOMS,
    st.lists(ATOMS, max_size=3),
    st.lists(ROW, max_size=3),
    st.dictionaries(st.sampled_from(["id", "entity", "city", "x"]), ATOMS, max_size=3),
    st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=3), max_leaves=6),
)
RECORDS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6)
MANY = settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def book(boss):
    made = boss.make("library/book", title="Emma", editions=[{"year": 1815}])
    return f"library/book/{made['id']}"


def answered(answer):
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
        assert answer.json["code"]
    return answer


@MANY
@given(values=RECORDS)
def test_records(boss, book, values):
    body = json.dumps(values).encode()
    answered(boss("POST", "library/book", body))
    answered(boss("PATCH", book, body))
    answered(boss("POST", "library/book/evaluate", {"values": values}))


@MANY
@given(rows=st.lists(RECORDS, max_size=3), ids=st.lists(NUMBERS, max_size=3))
def test_bulks(boss, book, rows, ids):
    parts = {"create": rows, "update": rows, "delete": ids, "archive": ids}
    for partial in (True, False):
        answered(boss("POST", "library/book/bulk", {**parts, "partial": partial}))


@MANY
@given(body=st.one_of(st.binary(max_size=60), VALUES))
def test_bodies(boss, book, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    for path in (
        *("auth/login", "library/book", "library/book/bulk", "library/book/evaluate"),
        *(f"{book}/actions/lend", f"{book}/archive"),
    ):
        answered(boss("POST", path, raw))
    answered(boss("PATCH", book, raw))


NAMES = st.one_of(st.sampled_from([*FIELDS, "author.name", "-price"]), TEXTS)
FILTERS = st.one_of(
    TEXTS,
    st.builds(
        "{} {} {}".format,
        st.sampled_from(FIELDS),
        st.sampled_from(["==", "!=", "<", ">=", "in", "and", "+", "is"]),
        st.one_of(
            NUMBERS.map(str), TEXTS.map(repr), st.sampled_from([*FIELDS, "null", "[1]"])
        ),
    ),
)


@MANY
@given(
    query=st.fixed_dictionaries(
        {},
        optional={
            "filter": FILTERS,
            "q": TEXTS,
            "order": NAMES,
            "fields": NAMES,
            "limit": ATOMS.map(str),
            "offset": ATOMS.map(str),
            "cursor": TEXTS,
            "count": st.sampled_from(["none", "exact", "estimate"]),
            "archived": st.sampled_from(["no", "yes", "only"]),
            "titles": st.sampled_from(["0", "1"]),
        },
    )
)
def test_queries(boss, book, query):
    answered(boss("GET", "library/book", query_string=query))
    answered(boss("GET", f"{book}/related/editions", query_string=query))
    answered(boss("GET", "library/book/count", query_string=query))


@MANY
@given(
    parts=st.lists(st.one_of(TEXTS, st.sampled_from(["library", "book", "1"]))),
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT"]),
)
def test_addresses(boss, parts, method):
    from urllib.parse import quote

    path = "/".join(quote(part) for part in parts)
    answer = boss(method, f"/api/v1/{path}", {} if method != "GET" else None)
    assert answer.status_code < 500, answer.text


@MANY
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["If-Match", "If-None-Match", "Idempotency-Key", "Content-Type", "Accept"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    )
)
def test_headers(boss, book, headers):
    answered(boss("PATCH", book, {"pages": 3}, headers=headers))
    answered(boss("GET", book, headers=headers))
