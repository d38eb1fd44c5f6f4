"""`convert(m, currency, date)` and `to_unit(q, unit)`: amounts in another measure.

Part of the type checker. Both are written out as reads of the rates and units, so that
every back end finds the same rows; core names no table, it follows the links:
a currency has the lines `rates` (`date`, `rate`: what one unit is worth in the
company's currency), a unit has `category`, `numerator` and `denominator`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from core.expressions import functions_measures as measures
from core.expressions import operators
from core.expressions import syntax as s
from core.expressions.check_paths import as_record
from core.expressions.checker import Checker, as_value, extent_of, with_article
from core.expressions.coercion import fit
from core.expressions.currencies import origin, record_at, step
from core.expressions.schema import Member
from core.expressions.tree import (
    Aggregate,
    AllRows,
    Bind,
    Coalesce,
    Conditional,
    Follow,
    Identity,
    Literal,
    Node,
    Read,
    Select,
    Variable,
)
from core.expressions.types import (
    DATE,
    DECIMAL,
    TEXT,
    Kind,
    Path,
    link,
    list_of,
    record,
)

NOWHERE = (0, 0)


def _convert(checker: Checker, call: s.Call) -> Node | None:
    if len(call.args) != 3 or call.keywords:
        checker.report("E405", "write convert(amount, currency, date)", call)
        return None
    amount, day = checker.value(call.args[0]), checker.value(call.args[2])
    entity = checker.scope.schema.acting_as("currency")
    if amount is None or day is None or not _available(checker, call):
        return None
    if amount.type.kind is not Kind.MONEY or entity is None:
        _no_amount(checker, call, amount, "money")
        return None
    target = _measure(checker, call.args[1], entity, "currency")
    source = _of_amount(checker, amount, amount.type.currency, entity, call)
    fitted = fit(checker, day, DATE)
    if target is None or source is None or fitted is None:
        return None
    node, path = target
    rates = [_rate(checker, c, fitted, entity, call) for c in (source, node)]
    if rates[0] is None or rates[1] is None:
        return None
    type = replace(amount.type, currency=path).sized(None, None)
    args = (amount, source, node, fitted, rates[0], rates[1])
    return checker.call(measures.CONVERT, args, extent_of(call), type)


def _to_unit(checker: Checker, call: s.Call) -> Node | None:
    if len(call.args) != 2 or call.keywords:
        checker.report("E405", "write to_unit(quantity, unit)", call)
        return None
    amount = checker.value(call.args[0])
    entity = checker.scope.schema.acting_as("unit")
    if amount is None:
        return None
    if amount.type.kind is not Kind.QUANTITY or entity is None:
        _no_amount(checker, call, amount, "a quantity")
        return None
    literal = isinstance(call.args[1], s.Text) or isinstance(amount.type.unit, str)
    if literal and not _available(checker, call):
        return None
    target = _measure(checker, call.args[1], entity, "unit")
    source = _of_amount(checker, amount, amount.type.unit, entity, call)
    if target is None or source is None:
        return None
    sizes = [*_size(checker, source, call), *_size(checker, target[0], call)]
    known = tuple(n for n in sizes if n is not None)
    if len(known) < len(sizes):
        return None
    type = replace(amount.type, unit=target[1]).sized(None, None)
    return checker.call(measures.TO_UNIT, (amount, *known), extent_of(call), type)


def _available(checker: Checker, call: s.Call) -> bool:
    """Rates change by themselves: whatever is kept in a column may not read them."""
    if checker.slot.rows or checker.slot.user:
        return True
    checker.report(
        "E412",
        f"'{call.function}' is not available in a {checker.slot.name}: it reads rows",
        (call.start, call.name_end),
        "it can be used in formulas that are not stored, rules, values and filters",
    )
    return False


def _no_amount(checker: Checker, call: s.Call, node: Node, wanted: str) -> None:
    checker.report(
        "E406",
        f"{call.function} takes {wanted}, not {with_article(node.type)}",
        call.args[0],
    )


def _measure(
    checker: Checker, written: s.Syntax, entity: str, word: str
) -> tuple[Node, Path | str] | None:
    """The wanted currency or unit as a link, and how its amounts are proved."""
    if isinstance(written, s.Text):
        known = word == "unit" or checker.scope.schema.currency_places(written.value)
        if known is None:
            checker.report("E418", f"unknown currency '{written.value}'", written)
            return None
        node = _by_code(checker, entity, written.value)
        return None if node is None else (node, written.value)
    found = checker.value(written)
    if found is None:
        return None
    if found.type.kind is not Kind.LINK or found.type.entity != entity:
        checker.report(
            "E406",
            f"a {word} or its code is needed, not {with_article(found.type)}",
            written,
        )
        return None
    return found, _path(checker, found)


def _path(checker: Checker, node: Node) -> Path:
    if isinstance(node, Read):
        return step(checker, origin(checker, node.of), node.of.type.entity, node.name)
    return origin(checker, node)


def _of_amount(
    checker: Checker, amount: Node, path: Path | str | None, entity: str, call: s.Call
) -> Node | None:
    """The currency or unit that an amount is in, as a link."""
    if isinstance(path, str):
        return _by_code(checker, entity, path)
    found = record_at(checker, path or ())
    if isinstance(found, Follow):
        return Read(link(entity), NOWHERE, found.of, found.name, found.member)
    if found is None or found.type.kind not in {Kind.RECORD, Kind.LINK}:
        checker.report("E407", "what this amount is in is not known here", call.args[0])
        return None
    return as_value(found)


def _by_code(checker: Checker, entity: str, code: str) -> Node | None:
    schema = checker.scope.schema.entity(entity)
    member = None if schema is None else schema.member("code")
    if member is None:
        return None
    rows = _rows(checker, entity, member, Literal(TEXT, NOWHERE, code))
    first = Aggregate(record(entity), NOWHERE, "first", rows)
    return Identity(link(entity), NOWHERE, first)


def _rows(checker: Checker, entity: str, member: Member, value: Node) -> Select:
    schema = checker.scope.schema.entity(entity)
    target = record(entity)
    item = checker.new_variable(target, NOWHERE)
    order = schema.order if schema else ()
    source = AllRows(list_of(target), NOWHERE, ((member, value),), order)
    return Select(list_of(target), NOWHERE, (Bind(item.name, source),), None, item)


def _rate(
    checker: Checker, currency: Node, day: Node, entity: str, call: s.Call
) -> Node | None:
    """The last rate on or before the day; the company's own currency counts one."""
    schema = checker.scope.schema.entity(entity)
    lines = None if schema is None else schema.member("rates")
    table = None if lines is None else checker.scope.schema.entity(lines.target or "")
    names = ("date", "rate", "" if lines is None else lines.back or "")
    members = () if table is None else tuple(table.member(n) for n in names)
    when, rate, back = members if len(members) == 3 else (None, None, None)
    if table is None or when is None or rate is None or back is None:
        message = f"{entity} has no lines 'rates' with 'date' and 'rate'"
        checker.report("E418", message, call)
        return None
    rows = _rows(checker, table.id, back, currency)
    on = Read(DATE, NOWHERE, rows.item, "date", when)
    test = checker.call(operators.COMPARISONS["<="], (on, day), NOWHERE)
    value = Read(rate.type, NOWHERE, rows.item, "rate", rate)
    chosen = replace(rows, type=list_of(rate.type), where=test, item=value)
    newest = "first" if table.order[:1] == ("-date",) else "last"
    found = Aggregate(rate.type, NOWHERE, newest, chosen)
    own = _own(checker, currency, entity)
    return found if own is None else Coalesce(DECIMAL, NOWHERE, (found, own))


def _own(checker: Checker, currency: Node, entity: str) -> Node | None:
    """One, if the currency is the company's own."""
    company = checker.scope.schema.entity(checker.scope.company_entity)
    member = None if company is None else company.member("currency")
    if company is None or member is None or not checker.slot.user:
        return None
    of = Variable(record(company.id), NOWHERE, "company")
    used = Read(link(entity), NOWHERE, of, "currency", member)
    test = checker.call(operators.COMPARISONS["=="], (currency, used), NOWHERE)
    one, nothing = (Literal(DECIMAL, NOWHERE, n) for n in (Decimal(1), None))
    return Conditional(DECIMAL, NOWHERE, test, one, nothing)


def _size(checker: Checker, unit: Node, call: s.Call) -> list[Node | None]:
    """Category, numerator and denominator of a unit."""
    of = as_record(unit)
    schema = None if of is None else checker.scope.schema.entity(of.type.entity)
    found: list[Node | None] = []
    for name in ("category", "numerator", "denominator"):
        member = None if schema is None else schema.member(name)
        if member is None or of is None:
            checker.report("E418", f"units need the field '{name}'", call)
            return [None]
        found.append(Read(member.type, NOWHERE, of, name, member))
    return found


MEASURES: Mapping[str, Callable[[Checker, s.Call], Node | None]] = MappingProxyType(
    {"convert": _convert, "to_unit": _to_unit}
)
