"""Case and accents on PostgreSQL are those of Python, character by character."""

from __future__ import annotations

import unicodedata

import pytest
import sqlalchemy as sa

from core.expressions import fold, folding, install_functions
from core.testing.postgres import PostgresServer


@pytest.fixture(scope="module")
def connection(postgres_server: PostgresServer):
    url = postgres_server.create_database()
    engine = sa.create_engine(url)
    with engine.begin() as opened:
        install_functions(opened)
        install_functions(opened)
        yield opened
    engine.dispose()
    postgres_server.drop_database(url)


@pytest.mark.parametrize(
    ("name", "body"),
    [("x_fold", fold), ("x_lower", folding.lower), ("x_upper", folding.upper)],
)
def test_each_letter(connection: sa.Connection, name: str, body: object) -> None:
    assert callable(body)
    letters = [
        c
        for c in folding.characters()
        if unicodedata.category(c)[0] in "LMN" and ord(c) < 0x3000
    ]
    query = sa.text(f"SELECT {name}(t) FROM unnest(CAST(:texts AS text[])) AS u(t)")
    found = connection.execute(query, {"texts": [f"x{c}" for c in letters]}).scalars()
    differing = [
        c for c, got in zip(letters, found, strict=True) if body(f"x{c}") != got
    ]
    assert not differing


def test_no_letter_with_case_lies_outside_the_blocks() -> None:
    inside = set(folding.characters())
    outside = [
        chr(code)
        for code in range(0x80, 0x110000)
        if not 0xD800 <= code < 0xE000 and chr(code) not in inside
    ]
    assert not [
        c
        for c in outside
        if c.casefold() != c or c.upper() != c or unicodedata.combining(c)
    ]
