"""A small world for the tests of expressions: schema, tables, rows.

Orders with lines, parties, products, currencies; every sort of member occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from core.diagnostics import Diagnostics
from core.expressions import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    TEXT,
    TIME,
    TITLE,
    Member,
    MemberKind,
    Scope,
    Type,
    Typed,
    choice,
    decimal,
    link,
    list_of,
    money,
    percent,
    pseudo_members,
    quantity,
    record,
    reference,
    typecheck,
)
from core.expressions.schema import EntitySchema
from core.expressions.storage_types import (
    ChoiceSet,
    ExactDecimal,
    IsoDate,
    IsoTime,
    Microseconds,
    UtcDateTime,
    code_point_text,
)
from core.expressions.types import PROPERTIES, Kind
from core.fieldtypes.documents import json_column


def to_one(name: str, target: str, **more: object) -> Member:
    return Member(name, link(target), MemberKind.LINK, target=target, **more)  # type: ignore[arg-type]


def to_many(name: str, target: str, back: str, **more: object) -> Member:
    kind = more.pop("kind", MemberKind.LINES)
    return Member(name, list_of(record(target)), kind, target, back, **more)  # type: ignore[arg-type]


STAGES = choice("draft", "open", "done", ordered=True)
KINDS = choice("item", "part", "note")
PER_UNIT = money(("order", "currency"), per=("product", "unit"), digits=18, places=6)
MEMBERS: Mapping[str, tuple[Member, ...]] = {
    "base.user": (
        Member("name", TEXT),
        to_one("party", "shop.party"),
        Member(
            "teams", list_of(record("shop.team")), MemberKind.LINKS, target="shop.team"
        ),
    ),
    "base.company": (Member("name", TEXT), to_one("currency", "base.currency")),
    "base.currency": (
        Member("code", TEXT, indexed=True),
        Member("decimals", INTEGER.sized(1, 0)),
        to_many("rates", "base.rate", "currency"),
    ),
    "base.rate": (
        to_one("currency", "base.currency", indexed=True),
        Member("date", DATE),
        Member("rate", decimal(20, 10)),
    ),
    "base.unit": (
        Member("code", TEXT, indexed=True),
        to_one("category", "shop.team"),
        Member("numerator", INTEGER),
        Member("denominator", INTEGER),
    ),
    "shop.team": (Member("name", TEXT),),
    "shop.party": (
        Member("name", TEXT, indexed=True),
        Member("email", TEXT, indexed=True),
        Member("score", decimal(18, 2)),
        Member("big", decimal(38, 6)),
        Member("born", DATE),
        Member("blocked", BOOLEAN),
        Member("salary", decimal(18, 2), sensitive=True),
        to_one("parent", "shop.party"),
        to_one("owner", "base.user"),
        to_many("children", "shop.party", "parent", kind=MemberKind.INVERSE),
        to_many("orders", "shop.order", "party", kind=MemberKind.INVERSE),
        to_many("payments", "shop.payment", "origin", kind=MemberKind.INVERSE),
        Member(
            "tags", list_of(record("shop.team")), MemberKind.LINKS, target="shop.team"
        ),
        Member(
            "billing",
            Type(Kind.JSON),
            MemberKind.GROUP,
            members=(
                Member("street", TEXT),
                to_one("country", "base.currency"),
            ),
        ),
    ),
    "shop.product": (
        Member("name", TEXT),
        to_one("unit", "base.unit"),
        Member("weight", decimal(18, 3)),
        to_one("supplier", "shop.party"),
    ),
    "shop.order": (
        Member("number", TEXT),
        to_one("party", "shop.party"),
        to_one("currency", "base.currency"),
        Member("stage", STAGES),
        Member("kinds", list_of(KINDS)),
        Member("day", DATE),
        Member("due", DATE),
        Member("placed_at", DATETIME),
        Member("at", TIME),
        Member("effort", DURATION),
        Member("paid", BOOLEAN),
        Member("discount", percent(9, 4)),
        Member("rank", INTEGER),
        Member("pieces", INTEGER.sized(6, 0)),
        Member("total", money(("currency",), digits=18, places=4)),
        Member("limit", money(("currency",), digits=18, places=4)),
        Member("budget", money(("company", "currency"), digits=18, places=4)),
        Member("answers", PROPERTIES),
        to_many("lines", "shop.line", "order"),
    ),
    "shop.line": (
        to_one("order", "shop.order"),
        to_one("product", "shop.product"),
        to_one("unit", "base.unit", same_as=("product", "unit")),
        Member("kind", KINDS),
        Member("note", TEXT),
        Member("quantity", quantity(("product", "unit"), digits=18, places=3)),
        Member("price", PER_UNIT),
        Member("amount", money(("order", "currency"), digits=18, places=4)),
        Member("flag", BOOLEAN),
    ),
    "shop.payment": (
        Member("origin", reference("shop.order", "shop.party"), MemberKind.REFERENCE),
        Member("number", TEXT),
        Member("amount", money("EUR", digits=18, places=2)),
    ),
}
ORDERS: Mapping[str, tuple[str, ...]] = {
    "base.rate": ("-date",),
    "shop.line": ("-note",),
    "shop.party": ("name",),
}


@dataclass
class Entity:
    id: str
    members: Mapping[str, Member]
    order: tuple[str, ...] = ()
    title: Typed | None = None
    tree: str | None = None
    effective: tuple[str, str] | None = None

    def member(self, name: str) -> Member | None:
        return self.members.get(name)

    def names(self) -> Iterable[str]:
        return self.members


class Shop:
    """The schema."""

    def __init__(self) -> None:
        self.entities = {
            id: Entity(
                id,
                {m.name: m for m in (*members, *pseudo_members("base.user"))},
                ORDERS.get(id, ()),
            )
            for id, members in MEMBERS.items()
        }
        self.entities["shop.party"].tree = "parent"
        self.entities["shop.order"].effective = ("day", "due")
        scope = Scope(self, "shop.party", TITLE, may_reveal=False)
        title = typecheck("concat(name, ' <', email, '>')", scope, Diagnostics())
        assert title is not None
        self.entities["shop.party"].title = title
        computed = typecheck(
            "score * 2", Scope(self, "shop.party", TITLE), Diagnostics()
        )
        party = dict(self.entities["shop.party"].members)
        twice = Member("twice", decimal(), stored=False, computed=computed)
        party["twice"] = twice
        self.entities["shop.party"].members = party

    def entity(self, id: str) -> EntitySchema | None:
        return self.entities.get(id)

    def entity_ids(self) -> Iterable[str]:
        return self.entities

    def external(self, external_id: str) -> str | None:
        return "base.currency" if external_id == "base.currency.eur" else None

    def has_role(self, role: str) -> bool:
        return role == "shop.clerk"

    def setting(self, module: str, name: str) -> Type | None:
        return INTEGER if (module, name) == ("shop", "days") else None

    def currency_places(self, code: str) -> int | None:
        return {"EUR": 2, "JPY": 0}.get(code)

    def decision(self, id: str) -> None:
        return None

    def acting_as(self, word: str) -> str | None:
        return {"currency": "base.currency", "unit": "base.unit"}.get(word)


def column_type(type: Type) -> sa.types.TypeEngine[object]:
    """The column of a value, as the field types make it."""
    kind = type.kind
    if kind in {Kind.DECIMAL, Kind.PERCENT, Kind.MONEY, Kind.QUANTITY}:
        return ExactDecimal(type.digits or 18, type.places or 0)
    found: Mapping[Kind, object] = {
        Kind.INTEGER: sa.BigInteger(),
        Kind.LINK: sa.BigInteger(),
        Kind.BOOLEAN: sa.Boolean(),
        Kind.DATE: IsoDate(),
        Kind.DATETIME: UtcDateTime(),
        Kind.TIME: IsoTime(),
        Kind.DURATION: Microseconds(),
        Kind.LIST: ChoiceSet(),
        Kind.JSON: json_column("").type,
    }
    return found.get(kind, code_point_text())  # type: ignore[return-value]


def flat(members: Iterable[Member]) -> Iterable[Member]:
    for member in members:
        if member.kind is MemberKind.GROUP:
            for inner in member.members:
                yield replace(inner, name=f"{member.name}_{inner.name}")
        elif not member.to_many:
            yield member


def tables(
    metadata: sa.MetaData,
) -> tuple[dict[str, sa.FromClause], dict[tuple[str, str], sa.FromClause]]:
    made: dict[str, sa.FromClause] = {}
    pairs: dict[tuple[str, str], sa.FromClause] = {}
    for id, members in MEMBERS.items():
        name = id.replace(".", "_")
        columns = [sa.Column("id", sa.Integer(), primary_key=True)]
        for member in flat(members):
            if member.kind is MemberKind.REFERENCE:
                columns.append(sa.Column(member.name, sa.BigInteger()))
                columns.append(
                    sa.Column(f"{member.name}_entity", code_point_text())  # type: ignore[arg-type]
                )
            else:
                columns.append(sa.Column(member.name, column_type(member.type)))  # type: ignore[arg-type]
        if id == "shop.party":
            columns.append(sa.Column("parent__path", code_point_text()))  # type: ignore[arg-type]
        made[id] = sa.Table(name, metadata, *columns)
        for member in members:
            if member.kind is MemberKind.LINKS:
                pairs[id, member.name] = sa.Table(
                    f"{name}__{member.name}",
                    metadata,
                    sa.Column("source", sa.BigInteger(), primary_key=True),
                    sa.Column("target", sa.BigInteger(), primary_key=True),
                )
    return made, pairs
