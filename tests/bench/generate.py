"""Writes modules of any size: what a business of that size would have written.

Run as `python -m tests.bench.generate FOLDER [ENTITIES]`, or called by benchmarks and
tests; hands on folders of YAML.
"""

import sys
from pathlib import Path

PER_MODULE = 30
FIRST = "part0"


def generate(folder: Path, entities: int = 300) -> list[Path]:
    """Write modules with this many entities of 15 fields each; return their folders.

    Entities link to earlier ones, every third owns lines; each has money in a currency
    of its own, a choice, dates, formulas, rules, a filter, a view and grants.
    """
    modules = []
    for start in range(0, entities, PER_MODULE):
        name = f"part{start // PER_MODULE}"
        place = folder / name
        count = min(PER_MODULE, entities - start)
        _module(place, name, start // PER_MODULE, start, count)
        modules.append(place)
    return modules


def _module(place: Path, name: str, index: int, start: int, count: int) -> None:
    for kind in ("entities", "views"):
        (place / kind).mkdir(parents=True, exist_ok=True)
    depends = ", ".join(f'part{i}: ">=1.0"' for i in range(index))
    _write(
        place / "module.yml",
        f"module: {name}\ntitle: Part {index}\nversion: 1.0.0\n"
        f"depends: {{{depends}}}\n",
    )
    if index == 0:
        _base(place, name)
    ids = [_id(start + i) for i in range(count)]
    for number in range(start, start + count):
        _write(place / "entities" / f"{_short(number)}.yml", _entity(number))
        _write(place / "views" / f"{_short(number)}.yml", _views(number))
    grants = "".join(
        f"    {id_}: [read, create, update]\n" for id_ in ids if not _is_line(id_)
    )
    _write(
        place / "permissions.yml",
        f"permissions: {name}\nroles:\n  user: {{label: User}}\n"
        f"grants:\n  user:\n{grants}",
    )


def _base(place: Path, name: str) -> None:
    _write(
        place / "entities" / "currency.yml",
        f"entity: {name}.currency\nkey: code\nfields:\n"
        "  code: {type: text, length: 3, required: true, unique: true}\n"
        "  name: {type: text}\n"
        "  decimals: {type: integer, default: 2}\n",
    )


def _short(number: int) -> str:
    return f"thing{number}{'_line' if number % 3 == 2 else ''}"


def _id(number: int) -> str:
    return f"part{number // PER_MODULE}.{_short(number)}"


def _is_line(id_: str) -> bool:
    return id_.endswith("_line")


def _entity(number: int) -> str:
    return _line(number) if number % 3 == 2 else _document(number)


DOCUMENT = """entity: {id}
label: Thing {number}
icon: box
title: concat(code, ' ', name)
order: [name]
archive: true
fields:
  name:     {{type: text, required: true, search: true, help: What people call it}}
  code:     {{type: text, length: 20, unique: true}}
  state:
    type: choice
    default: open
    choices: {{open: Open, busy: {{label: Busy, color: blue}}, done: Done}}
  currency: {{type: link, to: {first}.currency, required: true}}
  above:
    {{type: link, to: {other}, inverse: below{number}, where: "not it.archived"}}
  starts:   {{type: date, default: =today()}}
  ends:     {{type: date, readonly: state == 'done'}}
  amount:   {{type: money, currency: currency, min: 0}}
  rate:     {{type: percent}}
  share:    {{type: money, currency: currency, formula: round(amount * rate / 100)}}
  rest:     {{type: money, currency: currency, formula: amount - share}}
  note:     {{type: longtext, visible: state != 'open'}}
  urgent:   {{type: boolean}}
  worth:    {{type: decimal, places: 2, required: urgent}}
{more}
rules:
  in_order: {{check: ends >= starts, field: ends, message: "{{name}} ends too early."}}
  has_end:  {{check: ends is not null, when: state == 'done', message: No end.}}
filters:
  open: {{label: Open, where: state != 'done', default: true}}
  mine: {{label: Mine, where: created_by == me and above.state != 'done'}}
"""
WITH_LINES = """  lines:    {{type: lines, of: {line}}}
  total:    {{type: money, currency: currency, formula: sum(lines.amount)}}"""
WITHOUT_LINES = '  days:     {type: duration, formula: "ends - starts"}'


def _document(number: int) -> str:
    other = _id(number - number % 3 - 3 if number > 3 else 0)
    more = WITHOUT_LINES
    if number % 3 == 1:
        more = WITH_LINES.format(line=_id(number + 1))
    return DOCUMENT.format(
        id=_id(number), number=number, first=FIRST, other=other, more=more
    )


def _line(number: int) -> str:
    return f"""entity: {_id(number)}
label: Line {number}
part_of: {{owner: {_id(number - 1)}}}
title: text
fields:
  text:     {{type: text, required: true}}
  kind:     {{type: choice, default: item, choices: {{item: Item, note: Note}}}}
  item:     {{type: link, to: {_id(number - 2)}, where: it.state == owner.state}}
  quantity: {{type: decimal, places: 3, default: 1, min: 0}}
  price:    {{type: money, currency: owner.currency}}
  discount: {{type: percent, default: 0}}
  amount:
    type: money
    currency: owner.currency
    formula: round(price * quantity * (1 - discount / 100))
  day:      {{type: date}}
  hours:    {{type: decimal, places: 2}}
  checked:  {{type: boolean}}
  mark:     {{type: text, length: 10, search: true}}
  note:     {{type: longtext}}
  weight:   {{type: decimal, places: 3}}
  heavy:    {{type: boolean, formula: weight * quantity > 100}}
rules:
  priced: {{check: price is not null, when: kind == 'item', message: No price.}}
filters:
  items: {{label: Items, where: kind == 'item'}}
"""


def _views(number: int) -> str:
    id_ = _id(number)
    module, _, short = id_.partition(".")
    if number % 3 == 2:
        columns, fields = "text, quantity, price, amount", "text, kind, item, quantity"
    else:
        columns, fields = "code, name, state, amount, above.name", "name, code, state"
    return f"""view: {module}.{short}_list
entity: {id_}
type: list
columns: [{columns}]
---
view: {module}.{short}_form
entity: {id_}
type: form
sections:
  main: {{label: Main, fields: [{fields}]}}
"""


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300)
