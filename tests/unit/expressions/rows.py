"""Rows for the small world: made by chance, the same as records and in tables.

Values sit on the edges: nulls, month ends, halves, accents, 18 and 38 digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from core.expressions import Member, MemberKind, Record, Ref
from core.expressions.types import Kind, Type
from tests.unit.expressions.shop import MEMBERS, ORDERS, flat

COUNTS = {
    "base.currency": 3,
    "base.rate": 9,
    "base.unit": 2,
    "base.company": 1,
    "shop.team": 3,
    "base.user": 2,
    "shop.party": 7,
    "shop.product": 4,
    "shop.order": 8,
    "shop.line": 18,
    "shop.payment": 6,
}
TEXTS = (
    "a",
    "Bolt",
    "Ångström",
    "straße",
    "ΑΘΗΝΑ",
    "Жук 7",
    "o'Neil",
    "a b  c",
    " x ",
    "100%",
    "z_",
    "\\d",
    "İI",
)
DATES = (
    date(2024, 2, 29),
    date(2023, 12, 31),
    date(2024, 1, 31),
    date(2026, 5, 17),
    date(1999, 3, 1),
    date(2026, 12, 28),
)


PROPERTIES = (
    *("1.5", "-12", "007", "999999999999.000001", "1e3", 42, -7, "12345678901"),
    *(True, False, "true", "2024-02-29", "2023-02-29", "2026-12-31", "0000-01-01"),
    *("Bolt", "straße", "", None, "1.5\n", ["1"]),
)


def value(random: Random, type: Type, member: Member) -> Any:
    """A value of the type, null now and then."""
    if random.random() < 0.2 and type.kind is not Kind.BOOLEAN:
        return None
    match type.kind:
        case Kind.TEXT:
            return random.choice(TEXTS)
        case Kind.INTEGER:
            if member.name == "decimals":
                return random.choice((0, 2, 3))
            top = 10**type.digits - 1 if type.digits else 2**63 - 1
            return random.choice((0, 1, 3, -7, 12, top, -top))
        case Kind.DECIMAL | Kind.PERCENT | Kind.MONEY | Kind.QUANTITY:
            return number(random, type)
        case Kind.BOOLEAN:
            return random.choice((True, False, None))
        case Kind.DATE:
            return random.choice(DATES)
        case Kind.DATETIME:
            return datetime(2026, 3, 29, 1, 30, tzinfo=UTC) + timedelta(
                minutes=random.randrange(-500_000, 500_000),
                microseconds=random.choice((0, 1, 999_999)),
            )
        case Kind.TIME:
            return random.choice((time(0), time(8, 30), time(23, 59, 59, 999_999)))
        case Kind.DURATION:
            return timedelta(
                microseconds=random.choice((0, 1, -1, 86_400_000_000, 5_400_000_000))
                * random.randrange(1, 50)
            )
        case Kind.CHOICE:
            return random.choice(type.choices)
    if type.kind is Kind.JSON:
        return {name: random.choice(PROPERTIES) for name in "abc"}
    assert type.kind is Kind.LIST
    assert type.item is not None
    keys = type.item.choices
    return tuple(random.sample(keys, random.randrange(1, len(keys)))) or None


def number(random: Random, type: Type) -> Decimal:
    digits, places = type.digits or 18, type.places or 0
    step = Decimal(1).scaleb(-places)
    small = random.choice((0, 1, -1, 5, 25, 15, 125, 333, 99_999, -45_005))
    count = small if random.random() < 0.85 else 10**digits - 1
    return (
        (Decimal(count) * step).quantize(step)
        if digits < 28
        else Decimal(f"{count}e-{places}")
    )


class World:
    """Records with all relations loaded, and the rows of the tables."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.records: dict[str, list[Record]] = {}
        self.pairs: dict[tuple[str, str], list[dict[str, int]]] = {}
        for entity, count in COUNTS.items():
            self.records[entity] = [
                Record(entity, i, {"id": i}) for i in range(1, count + 1)
            ]
        for entity, records in self.records.items():
            for record in records:
                self._fill(entity, record)
        for entity, records in self.records.items():
            for record in records:
                self._relate(entity, record)

    def _fill(self, entity: str, record: Record) -> None:
        for member in flat(MEMBERS[entity]):
            record.values[member.name] = self._value(member)
        if entity == "shop.party":
            # Whoever comes first stands higher: a tree has no circles.
            above = record.values["parent"]
            if above is not None and above >= (record.id or 0):
                above = record.values["parent"] = None
            found = self.find(entity, above)
            path = "/" if found is None else found.values["parent__path"]
            record.values["parent__path"] = f"{path}{record.id}/"

    def _value(self, member: Member) -> Any:
        random = self.random
        if member.kind is MemberKind.LINK:
            last = COUNTS[member.target or ""]
            return None if random.random() < 0.15 else random.randint(1, last)
        if member.kind is MemberKind.REFERENCE:
            target = random.choice(member.type.entities)
            return None if random.random() < 0.2 else Ref(target, random.randint(1, 4))
        return value(random, member.type, member)

    def _relate(self, entity: str, record: Record) -> None:
        for member in flat(MEMBERS[entity]):
            target = record.values[member.name]
            if member.kind is MemberKind.LINK:
                record.relations[member.name] = self.find(member.target, target)
            elif member.kind is MemberKind.REFERENCE:
                found = None if target is None else self.find(*target)
                record.relations[member.name] = found
        for member in MEMBERS[entity]:
            if member.kind is MemberKind.LINKS:
                self._pair(entity, record, member)
            elif member.to_many:
                key = record.id, Ref(entity, record.id or 0)
                rows = [
                    r
                    for r in self.records[member.target or ""]
                    if r.values[member.back or ""] in key
                ]
                record.relations[member.name] = ordered(rows)
        if entity == "shop.party":
            line, at = [], record
            while at is not None:
                line.append(at)
                at = self.find(entity, at.values["parent"])
            record.relations["parent__up"] = tuple(line)
            score = record.values["score"]
            record.values["twice"] = None if score is None else score * 2

    def _pair(self, entity: str, record: Record, member: Member) -> None:
        all_targets = self.records[member.target or ""]
        chosen = self.random.sample(all_targets, self.random.randrange(3))
        record.relations[member.name] = ordered(chosen)
        pairs = self.pairs.setdefault((entity, member.name), [])
        pairs.extend({"source": record.id or 0, "target": t.id or 0} for t in chosen)

    def find(self, entity: str | None, id: int | None) -> Record | None:
        return None if id is None or entity is None else self.records[entity][id - 1]

    def rows(self, entity: str, equal: Mapping[str, Any]) -> tuple[Record, ...]:
        """What `rows()` finds."""
        return ordered(
            [
                r
                for r in self.records[entity]
                if all(r[name] == wanted for name, wanted in equal.items())
            ]
        )

    def store(
        self,
        connection: sa.Connection,
        tables: Mapping[str, Any],
        pairs: Mapping[tuple[str, str], Any],
    ) -> None:
        """Write all rows into the tables."""
        for entity, records in self.records.items():
            rows = [self._row(entity, r) for r in records]
            connection.execute(tables[entity].insert(), rows)
        for key, rows in self.pairs.items():
            if rows:
                connection.execute(pairs[key].insert(), rows)

    def _row(self, entity: str, record: Record) -> dict[str, Any]:
        row: dict[str, Any] = {"id": record.id}
        for member in flat(MEMBERS[entity]):
            stored = record.values[member.name]
            if member.kind is MemberKind.REFERENCE:
                row[f"{member.name}_entity"] = stored and stored.entity
                stored = stored and stored.id
            row[member.name] = stored
        if entity == "shop.party":
            row["parent__path"] = record.values["parent__path"]
        return row


def ordered(records: list[Record]) -> tuple[Record, ...]:
    """Records in their entity's order, nulls smallest."""
    found = sorted(records, key=lambda r: r.id or 0)
    order = ORDERS.get(records[0].entity, ()) if records else ()
    for name in reversed(order):
        column = name.removeprefix("-")
        found.sort(
            key=lambda r: (r[column] is not None, r[column] or ""),
            reverse=name.startswith("-"),
        )
    return tuple(found)
