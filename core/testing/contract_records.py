"""What every entity owes: records that come and go, and three ways in that agree.

Checks of the contract suite; each takes an installation and one entity's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from core.compiler import CompiledEntity
from core.exchange import (
    ExportOptions,
    export_records,
    guess_mapping,
    open_table,
    run_import,
)
from core.expressions import Record
from core.registry.clocks import keeper_of
from core.services import NotFound, Query
from core.services.readable import PSEUDO
from core.testing.installation import Installation
from core.testing.sample_records import SampleMaker

#: What differs between two records with the same values.
_OWN = PSEUDO | {"position"}
_CHECKED = frozenset({"checkbox", "radio"})
Row = dict[str, Any]
#: Name of an input -> its texts, as a browser would send them.
Inputs = dict[str, list[str]]


def check_records(at: Installation, entity: str) -> None:
    """A record is created, read, changed, archived, restored and deleted."""
    compiled = at.application.compiled.entity(entity)
    for full in (False, True):
        with at.application.transaction(at.actor()) as tx:
            maker = SampleMaker(tx, first=100 + 50 * full)
            made, given = maker.make(entity, full=full)
            id_ = made.id or 0
            _same(compiled, given, tx.get(entity, id_))
            assert tx.title(entity, id_), f"{entity} {id_} has no title"
            _, wanted = maker.change(entity, id_)
            _same(compiled, wanted, tx.get(entity, id_))
            actions = {entry.action for entry in tx.history(entity, id_)}
            owned = compiled.owner is not None
            assert owned or "created" in actions, f"{entity}: no audit of {actions}"
            if compiled.definition.archive:
                tx.archive(entity, id_)
                assert tx.search(entity, Query(id=id_)).items == ()
                tx.restore(entity, id_)
                assert len(tx.search(entity, Query(id=id_)).items) == 1
            tx.delete(entity, id_)
            try:
                tx.get(entity, id_)
            except NotFound:
                continue
            raise AssertionError(f"{entity} {id_} is there after it was deleted")


def check_ways(at: Installation, entity: str) -> None:
    """The same values by API, form and CSV make equal rows."""
    compiled = at.application.compiled.entity(entity)
    actor, app = at.actor(), at.application
    with app.transaction(actor) as tx:
        made, given = SampleMaker(tx, first=300).make(entity)
        first = row_of(at, compiled, tx.get(entity, made.id or 0))
        tx.delete(entity, made.id or 0)
    id_ = by_api(at, compiled, given)
    first = _agree(at, compiled, "API", id_, first, set(first))
    id_, shown = by_form(at, compiled, id_)
    _agree(at, compiled, "form", id_, first, shown)
    with app.transaction(actor) as tx:
        tx.delete(entity, id_)
    id_ = by_api(at, compiled, given)
    id_, columns = by_csv(at, compiled, id_)
    _agree(at, compiled, "CSV", id_, first, columns)
    with app.transaction(actor) as tx:
        tx.delete(entity, id_)


def by_api(at: Installation, compiled: CompiledEntity, given: Mapping[str, Any]) -> int:
    """Create a record over REST; by the services where the entity has no API."""
    entity = compiled.id
    if not compiled.definition.api:
        with at.application.transaction(at.actor(), via="api") as tx:
            return tx.create(entity, dict(given), accept_warnings=True).id or 0
    path = f"/api/v1/{entity.replace('.', '/')}?accept_warnings=1"
    answer = at.ask("POST", path, body=dict(given))
    assert answer.status_code == 201, f"{entity} by API: {answer.text}"
    return int(answer.json["id"])


def by_form(
    at: Installation, compiled: CompiledEntity, id_: int
) -> tuple[int, set[str]]:
    """Send what the form of a record shows as a new one, which takes its place.

    Returns the new record and the fields that stood in the form as inputs.
    """
    base = f"/{compiled.id.replace('.', '/')}"
    page = at.ask("GET", f"{base}/{id_}/edit")
    assert page.status_code == 200, f"{base}/{id_}/edit: {page.status_code}"
    form = inputs_of(page.text)
    with at.application.transaction(at.actor()) as tx:
        tx.delete(compiled.id, id_)
    own = {name for name in form if name.endswith("-id") or name == "_version"}
    sent = {**form, **{name: [""] for name in own}, "_accept": ["1"]}
    answer = at.ask("POST", base, data=sent)
    assert answer.status_code == 302, f"{base} by form: {said(answer.text)}"
    names = {name.removeprefix("_lines-") for name in form if name.count("-") < 2}
    # A grid shows some of a line's fields; a form of its own shows the others.
    names |= {f"{n.split('-')[0]}.{n.split('-')[-1]}" for n in form if n.count("-") > 1}
    return int(answer.headers["Location"].rstrip("/").rsplit("/", 1)[1]), names


def by_csv(
    at: Installation, compiled: CompiledEntity, id_: int
) -> tuple[int, set[str]]:
    """Export a record, delete it and import the file; the new record and its columns.

    The file is a raw one, as programs take it.
    """
    app, actor, entity = at.application, at.actor(), compiled.id
    skipped = {"lines", "group"}
    names = {
        name: one
        for name, one in compiled.fields.items()
        if one.writable
        and one.definition.readonly is not True
        and not one.computed
        and not one.type.write_only
    }
    fields = tuple(n for n, one in names.items() if one.kind not in skipped)
    lines = tuple(n for n, one in names.items() if one.kind == "lines")
    out = BytesIO()
    query = Query(id=id_, fields=("id", "version", *fields, *lines))
    export_records(app, actor, entity, query, out, ExportOptions(raw=True))
    file = at.config.home / f"{entity}.csv"
    file.write_bytes(out.getvalue())
    with app.transaction(actor) as tx:
        tx.delete(entity, id_)
    mapping = guess_mapping(app, entity, open_table(file)).with_key(None)
    mapping = mapping.without("id").without("version")
    report = run_import(app, actor, file, mapping)
    assert report.created == 1, f"{entity} by CSV: {report.errors}"
    with app.reader(actor) as reader:
        newest = reader.search(entity, Query(order=("-id",), limit=1, archived="yes"))
    targets = {column.target.split(".")[0] for column in mapping.columns}
    return newest.items[0].id or 0, {*targets, *(t for t in fields if t in targets)}


def _agree(
    at: Installation,
    compiled: CompiledEntity,
    way: str,
    id_: int,
    first: Row,
    names: set[str],
) -> Row:
    with at.application.reader(at.actor()) as reader:
        found = row_of(at, compiled, reader.get(compiled.id, id_))
    groups = {n: f.group for n, f in compiled.fields.items() if f.group is not None}
    first, seen = _seen(first, names), _seen(found, names)
    differing = {
        name: (first[name], seen.get(name))
        for name in first
        if {name, groups.get(name)} & names and first[name] != seen.get(name)
    }
    assert not differing, f"{compiled.id} by {way} differs: {differing}"
    return found


def _seen(row: Row, names: set[str]) -> Row:
    """The row with those fields of its lines that a way in has shown, if it says."""
    seen = dict(row)
    for name, rows in row.items():
        shown = {n.partition(".")[2] for n in names if n.startswith(f"{name}.")}
        if shown and isinstance(rows, list):
            seen[name] = [{k: line.get(k) for k in shown & {*line}} for line in rows]
    return seen


def row_of(at: Installation, compiled: CompiledEntity, record: Record) -> Row:
    """The values of a record that another one with the same input has as well."""
    row: Row = {}
    stamped = {
        derive.field
        for derive in compiled.derives
        if derive.value.typed is not None
        and derive.value.typed.uses.clock
        and compiled.fields[derive.field].definition.readonly is True
    }
    clocks = at.application.compiled.registry.clocks
    stamped |= {n for n in compiled.fields if keeper_of(clocks, compiled.id, n)}
    for name, one in compiled.fields.items():
        drawn = one.numbering is not None or one.type.write_only or name in stamped
        if one.kind == "lines" and name in record.relations:
            rows = record.relations[name]
            row[name] = [
                {k: v for k, v in line.values.items() if _plain(k, compiled, name)}
                for line in (rows if isinstance(rows, tuple) else ())
            ]
        elif name in record.values and not drawn and not one.computed:
            row[name] = record.values[name]
    return row


def _plain(key: str, compiled: CompiledEntity, lines: str) -> bool:
    return key not in _OWN and key != compiled.lines[lines].back


def _same(compiled: CompiledEntity, given: Mapping[str, Any], record: Record) -> None:
    """What was given is what is read; fields that follow others may have moved on."""
    moving = {one.field for one in compiled.derives}
    for name, raw in given.items():
        one = compiled.fields[name]
        if one.kind == "lines":
            rows = record.relations[name]
            assert len(rows) == len(raw), name
            continue
        if one.type.write_only or name in moving:
            continue
        wanted, found = one.type.coerce(raw, one.definition), record.values.get(name)
        if one.kind in ("links", "value") and isinstance(wanted, tuple):
            wanted, found = set(wanted), set(found or ())
        if isinstance(wanted, Decimal) and isinstance(found, Decimal):
            # Money is kept with the places of its currency.
            wanted = wanted.quantize(found)
        assert wanted == found, f"{compiled.id}.{name}: {wanted!r} became {found!r}"


def said(page: str) -> str:
    """The texts of a page in one line, for messages."""
    reader = _Texts()
    reader.feed(page)
    return " ".join(" ".join(reader.texts).split())[:2000]


def inputs_of(page: str) -> Inputs:
    """What a browser would send of the record's form on a page."""
    reader = _Inputs()
    reader.feed(page)
    return reader.found


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


class _Inputs(HTMLParser):
    """Collects the successful controls of the form with `data-evaluate-url`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Inputs = {}
        self._inside = self._template = 0
        self._select = self._area = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = "data-evaluate-url" in given
        self._template += tag == "template"
        if not self._inside or self._template or "disabled" in given:
            return
        name = given.get("name", "")
        if tag == "input" and name:
            hidden = given.get("type") in _CHECKED and "checked" not in given
            if given.get("type") not in ("submit", "button", "file") and not hidden:
                self._add(name, given.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self._add(self._select, given.get("value", ""))
        elif tag == "textarea":
            self._area, self._text = name, []

    def _add(self, name: str, text: str) -> None:
        self.found.setdefault(name, []).append(text)

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._template -= 1
        elif tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            self._add(self._area, "".join(self._text).removeprefix("\n"))
            self._area = ""
