"""What the tests of field types share: a small schema and contexts to check in."""

from collections.abc import Callable
from typing import Any

import pytest

from core.diagnostics import Diagnostics
from core.expressions import types
from core.expressions.schema import Member, MemberKind
from core.fieldtypes import FieldContext, builtin_catalog
from tests.unit.fieldtypes.fields import SmallEntity, SmallSchema, link, read_field


@pytest.fixture(scope="session")
def schema() -> SmallSchema:
    """Things with a currency, a unit, a party and parts."""
    parts = types.list_of(types.record("test.part"))
    asked = types.list_of(types.record("test.question"))
    odd = types.list_of(types.record("test.odd"))
    return SmallSchema(
        SmallEntity(
            "test.thing",
            Member("title", types.TEXT),
            Member("parts", parts, MemberKind.LINES, target="test.part"),
            Member("asked", asked, MemberKind.LINES, target="test.question"),
            Member("odd", odd, MemberKind.LINES, target="test.odd"),
            link("currency", "base.currency"),
            link("unit", "base.unit"),
            link("party", "base.party"),
        ),
        SmallEntity("test.part", link("thing", "test.thing")),
        SmallEntity(
            "test.question",
            Member("name", types.TEXT),
            Member("kind", types.choice("text", "decimal")),
            Member("max", types.INTEGER),
        ),
        SmallEntity(
            "test.odd",
            Member("name", types.TEXT),
            Member("kind", types.choice("text", "colour")),
        ),
        SmallEntity("base.party", link("currency", "base.currency")),
        SmallEntity("base.currency", Member("decimals", types.INTEGER)),
        SmallEntity("base.unit"),
        SmallEntity("base.user"),
        SmallEntity("base.tag"),
        SmallEntity("base.company", link("currency", "base.currency")),
    )


@pytest.fixture(scope="session")
def catalog():
    return builtin_catalog()


@pytest.fixture
def context(schema, catalog) -> Callable[..., FieldContext]:
    """A function that makes a context; keyword arguments replace its parts."""

    def make(**parts: Any) -> FieldContext:
        given = {
            "diagnostics": Diagnostics(),
            "schema": schema,
            "entity": "test.thing",
            "name": "f",
            "address": "entity test.thing/fields/f",
            "catalog": catalog,
            **parts,
        }
        return FieldContext(**given)

    return make


@pytest.fixture
def complaints(context, catalog) -> Callable[..., list[tuple[str, str, str | None]]]:
    """A function: YAML of a field -> code, message, help of each mistake in it."""

    def find(text: str, **parts: Any) -> list[tuple[str, str, str | None]]:
        ctx = context(**parts)
        field = read_field(text, ctx.diagnostics)
        type_ = catalog[field.type]
        type_.check(type_.resolve(field, ctx), ctx)
        return [(d.code, d.message, d.help) for d in ctx.diagnostics]

    return find
