"""Makes well-typed expressions over the small world of the expression tests.

Used by the test that holds the back ends equal. The root is an order; inside loops `l`
is a line of it.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

TEXTS = ("'a'", "'STRASSE'", "'ang'", "'θηνα'", "'x'", "'100%'", "'o\\'Neil'", "' '")
NUMBERS = ("0", "1", "2", "7", "0.5", "2.50", "1_000", "0.005", "33.3333", "12")


class Chance:
    """What all makers share: chance, depth, loops and aggregates."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.loop = False
        self.aggregates = 0

    def pick(
        self, depth: int, leaves: tuple[str, ...], *grown: Callable[[int], str]
    ) -> str:
        if depth <= 0 or self.random.random() < 0.2:
            return self.random.choice(leaves)
        return self.random.choice(grown)(depth - 1)

    def either(self, make: Callable[[int], str]) -> Callable[[int], str]:
        """Forms that every type has."""

        def build(depth: int) -> str:
            match self.random.randrange(3):
                case 0:
                    return (
                        f"({make(depth)} if {self.boolean(depth)} else {make(depth)})"
                    )
                case 1:
                    return f"coalesce({make(depth)}, {make(depth)})"
                case _:
                    return f"null_if({make(depth)}, {make(depth)})"

        return build

    def inside(self, make: Callable[[int], str], depth: int) -> str:
        outer, self.loop = self.loop, True
        try:
            return make(depth)
        finally:
            self.loop = outer

    def aggregate(
        self, depth: int, names: tuple[str, ...], make: Callable[[int], str]
    ) -> str:
        """An aggregate over the lines; not inside itself more than twice."""
        if self.aggregates >= 2:
            return make(0)
        self.aggregates += 1
        name = self.random.choice(names)
        item = self.inside(make, depth)
        where = ""
        if self.random.random() < 0.5:
            where = f" if {self.inside(self.boolean, depth)}"
        self.aggregates -= 1
        loops = ("lines", "lines", "lines", "l.order.lines" if self.loop else "lines")
        return f"{name}({item} for l in {self.random.choice(loops)}{where})"

    def answer(self) -> str:
        """A property; what stands beside it says its type."""
        of = "l.order.answers" if self.loop else "answers"
        of = self.random.choice((of, "first(lines).order.answers", "answers"))
        return f"{of}['{self.random.choice('abc')}']"


class Amounts(Chance):
    """Numbers and money."""

    def number(self, depth: int) -> str:
        leaves = (
            "discount",
            "party.score",
            "party.twice",
            "party.parent.score",
            "pieces",
            "rank",
            "party.big",
            "nearest(party.score)",
            "nearest(party.parent.score)",
            "at(party.orders, due).discount",
            "magnitude(total)",
            *NUMBERS,
        )
        if self.loop:
            leaves = (*leaves, "l.product.weight", "magnitude(l.amount)")
        return self.pick(
            depth,
            leaves,
            lambda d: (
                f"({self.number(d)} {self.random.choice('+-*/')} {self.number(d)})"
            ),
            lambda d: f"-{self.number(d)}",
            lambda d: f"({self.answer()} {self.random.choice('+-*/')} 1.5)",
            lambda d: f"abs({self.number(d)})",
            lambda d: f"round({self.number(d)}, {self.random.randrange(-1, 5)})",
            lambda d: f"round({self.number(d)}, 1, mode='even')",
            lambda d: f"step_up({self.number(d)}, {self.number(d)})",
            lambda d: f"least({self.number(d)}, {self.number(d)})",
            lambda d: f"greatest({self.number(d)}, {self.number(d)})",
            lambda d: f"({self.money(d)} / {self.money(d)})",
            lambda d: f"in_hours({self.duration(d)})",
            lambda d: "magnitude(to_unit(first(lines).quantity, {}))".format(
                self.random.choice(("'a'", "last(lines).product.unit"))
            ),
            lambda d: self.aggregate(d, ("sum", "min", "max", "avg"), self.number),
            self.whole,
            self.either(self.number),
        )

    def whole(self, depth: int) -> str:
        leaves = ("pieces", "rank", "1", "2", "17", "count(lines)", "party.id")
        return self.pick(
            depth,
            leaves,
            lambda d: f"({self.whole(d)} {self.random.choice('+-*%')} {self.whole(d)})",
            lambda d: f"floor({self.number(d)})",
            lambda d: f"floor({self.answer()})",
            lambda d: f"ceil({self.number(d)})",
            lambda d: f"sign({self.number(d)})",
            lambda d: f"round({self.number(d)})",
            lambda d: f"length({self.text(d)})",
            lambda d: f"{self.date_part()}({self.date(d)})",
            lambda d: f"days_between({self.date(d)}, {self.date(d)})",
            lambda d: f"months_between({self.date(d)}, {self.date(d)})",
            lambda d: "overlap_days({}, {}, {}, {})".format(
                *(self.date(d) for _ in range(4))
            ),
            lambda d: self.aggregate(d, ("count", "count_distinct", "sum"), self.whole),
            lambda d: self.aggregate(d, ("count", "count_distinct"), self.text),
            self.either(self.whole),
        )

    def date_part(self) -> str:
        return self.random.choice(
            ("year", "quarter", "month", "week", "weekday", "day")
        )

    def money(self, depth: int) -> str:
        leaves = ("total", "limit", "total", "limit", "(total + 5)")
        if self.loop:
            leaves = (*leaves, "l.amount", "l.order.total", "(l.price * l.quantity)")
        return self.pick(
            depth,
            leaves,
            lambda d: f"({self.money(d)} {self.random.choice('+-')} {self.money(d)})",
            lambda d: f"({self.money(d)} * {self.small()})",
            lambda d: f"({self.small()} * {self.money(d)})",
            lambda d: f"({self.money(d)} / {self.number(d)})",
            lambda d: f"round({self.money(d)})",
            lambda d: f"round({self.money(d)}, 1)",
            lambda d: f"abs({self.money(d)})",
            lambda d: f"least({self.money(d)}, {self.money(d)}, 12)",
            lambda d: f"convert({self.foreign()}, currency, {self.date(0)})",
            lambda d: self.aggregate(
                d, ("sum", "min", "max", "avg", "first", "last"), self.money
            ),
            self.either(self.money),
        )

    def foreign(self) -> str:
        """Money that is in other currencies than the order."""
        leaves = ("party.payments", "lines")
        inner = self.random.choice(leaves)
        if inner == "lines":
            return self.random.choice(("budget", "convert(total, 'EUR', day)"))
        return "sum(p.amount for p in party.payments)"

    def small(self) -> str:
        return self.random.choice(
            ("2", "0.5", "(1 - discount / 100)", "pieces", "1.175", "party.score")
        )


class Times(Chance):
    """Days, moments, times of day and lengths of time."""

    def date(self, depth: int) -> str:
        leaves = ("day", "due", "party.born", "date('2024-02-29')", "today()", "day")
        return self.pick(
            depth,
            leaves,
            lambda d: f"({self.date(d)} {self.sign()} {self.duration(0)})",
            lambda d: f"({self.date(d)} {self.sign()} months({self.few()}))",
            lambda d: f"({self.answer()} {self.sign()} months({self.few()}))",
            lambda d: f"({self.date(d)} {self.sign()} years({self.few()}))",
            lambda d: f"start_of({self.date(d)}, '{self.unit()}')",
            lambda d: f"end_of({self.date(d)}, '{self.unit()}')",
            lambda d: f"date({self.moment(d)})",
            lambda d: f"least({self.date(d)}, {self.date(d)})",
            self.either(self.date),
        )

    def sign(self) -> str:
        return self.random.choice("+-")

    def few(self) -> str:
        return self.random.choice(("1", "2", "13", "count(lines)"))

    def unit(self) -> str:
        return self.random.choice(("week", "month", "quarter", "year"))

    def moment(self, depth: int) -> str:
        return self.pick(
            depth,
            ("placed_at", "now()", "placed_at"),
            lambda d: f"({self.moment(d)} {self.sign()} {self.duration(0)})",
            lambda d: f"datetime({self.date(d)}, {self.clock(0)})",
            lambda d: f"greatest({self.moment(d)}, {self.moment(d)})",
            self.either(self.moment),
        )

    def clock(self, depth: int) -> str:
        return self.random.choice(
            ("at", "time('08:00')", "coalesce(at, time('23:59:59'))")
        )

    def duration(self, depth: int) -> str:
        leaves = (
            "effort",
            "days(3)",
            "hours(5)",
            "minutes(90)",
            "seconds(0.5)",
            "weeks(1)",
        )
        return self.pick(
            depth,
            leaves,
            lambda d: f"({self.duration(d)} {self.sign()} {self.duration(d)})",
            lambda d: f"({self.date(d)} - {self.date(d)})",
            lambda d: f"({self.moment(d)} - {self.moment(d)})",
            lambda d: (
                f"({self.duration(d)} * {self.random.choice(('2', '0.3333', '-1'))})"
            ),
            lambda d: f"-{self.duration(d)}",
            lambda d: f"days(pieces % 9 + {self.random.randrange(5)})",
            lambda d: self.aggregate(d, ("sum", "min", "max"), self.duration),
            self.either(self.duration),
        )


class Maker(Amounts, Times):
    """One source of chance; `depth` bounds how deep an expression grows."""

    def any_kind(self, depth: int = 3) -> str:
        """An expression of any type."""
        makers = (
            self.boolean,
            self.boolean,
            self.number,
            self.whole,
            self.money,
            self.text,
            self.date,
            self.moment,
            self.duration,
            self.choice,
            self.clock,
        )
        return self.random.choice(makers)(depth)

    def text(self, depth: int) -> str:
        leaves = (
            "number",
            "party.name",
            "party.parent.name",
            "party.owner.name",
            "nearest(party.email)",
            "nearest(party.owner.name)",
            *TEXTS,
        )
        if self.loop:
            leaves = (*leaves, "l.note", "l.product.name")
        return self.pick(
            depth,
            leaves,
            lambda d: f"({self.text(d)} + {self.text(d)})",
            lambda d: f"concat({self.text(d)}, {self.text(d)})",
            lambda d: f"concat({self.answer()}, {self.text(d)})",
            lambda d: (
                f"{self.random.choice(('lower', 'upper', 'trim'))}({self.text(d)})"
            ),
            lambda d: f"left({self.text(d)}, {self.whole(0)})",
            lambda d: f"right({self.text(d)}, {self.random.randrange(-1, 4)})",
            lambda d: f"replace({self.text(d)}, {self.text(d)}, {self.text(0)})",
            lambda d: f"join(({self.inside(self.text, d)} for l in lines), '; ')",
            lambda d: self.aggregate(d, ("min", "max", "first", "last"), self.text),
            lambda d: "title_of(party)",
            lambda d: f"first(lines).{self.random.choice(('note', 'product.name'))}",
            self.either(self.text),
        )

    def choice(self, depth: int) -> str:
        return self.pick(
            depth,
            ("stage", "stage", "first(lines).order.stage"),
            lambda d: f"(stage if {self.boolean(d)} else 'open')",
            lambda d: "coalesce(stage, 'done')",
            lambda d: "last(l.order.stage for l in lines)",
        )

    def boolean(self, depth: int) -> str:
        leaves = ("paid", "party.blocked", "paid", "true", "party is null")
        if self.loop:
            leaves = (*leaves, "l.flag", "l.kind == 'item'")
        return self.pick(
            depth,
            leaves,
            lambda d: f"({self.boolean(d)} {self.joint()} {self.boolean(d)})",
            lambda d: f"not {self.boolean(d)}",
            lambda d: f"({self.answer()} {self.joint()} {self.boolean(d)})",
            lambda d: f"({self.answer()} {self.order()} {self.answered(d)})",
            self.comparison,
            self.comparison,
            lambda d: f"({self.any_kind(d)} is {self.random.choice(('', 'not '))}null)",
            lambda d: f"{self.search()}({self.text(d)}, {self.text(0)})",
            lambda d: f"matches({self.text(d)}, '[a-zA-Z]+.?')",
            lambda d: f"same({self.text(d)}, {self.text(d)})",
            lambda d: f"same({self.number(d)}, {self.number(d)})",
            lambda d: self.aggregate(d, ("any", "all", "exists"), self.boolean),
            self.membership,
            self.either(self.boolean),
        )

    def order(self) -> str:
        return self.random.choice(("==", "!=", "<", "<=", ">", ">="))

    def answered(self, depth: int) -> str:
        """What a property is compared with."""
        makers = (self.number, self.whole, self.text, self.date, self.choice)
        return self.random.choice(makers)(depth)

    def joint(self) -> str:
        return self.random.choice(("and", "or"))

    def search(self) -> str:
        return self.random.choice(("contains", "starts", "ends"))

    def comparison(self, depth: int) -> str:
        make = self.random.choice(
            (
                self.number,
                self.number,
                self.whole,
                self.money,
                self.text,
                self.date,
                self.moment,
                self.duration,
                self.choice,
                self.clock,
            )
        )
        sign = self.order()
        if self.random.random() < 0.15:
            return f"({make(depth)} <= {make(depth)} {sign} {make(depth)})"
        return f"({make(depth)} {sign} {make(depth)})"

    def membership(self, depth: int) -> str:
        negated = self.random.choice(("", "not "))
        forms = (
            f"stage {negated}in ['draft', 'done']",
            f"{self.text(depth)} {negated}in [{self.text(0)}, {self.text(0)}]",
            f"{self.number(depth)} {negated}in [{self.number(0)}, 2, 0.5]",
            f"'item' {negated}in kinds",
            f"party {negated}in party.children",
            f"{self.text(0)} {negated}in lines.note",
            f"{self.number(0)} {negated}in (l.product.weight for l in lines)",
            f"party {negated}in me.party.children",
            "exists(t for t in party.tags if t.name == number)",
            "exists(p for p in party.payments if p.amount > 0.02)",
            "exists(p for p in rows(shop.party, email=number) if p.score > 1)",
            "count(party.orders.lines.product) > count(lines)",
            "party.billing.country == currency",
            "settings.shop.days > pieces",
            "within(party, me.party)",
            "within(party.parent, party)",
            "within(me.party, party)",
            "exists(l for l in lines if within(l.product.supplier, party))",
            f"at(party.orders, {self.date(0)}).stage {negated}in ['open']",
        )
        return f"({self.random.choice(forms)})"
