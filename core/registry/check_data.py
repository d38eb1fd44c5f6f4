"""Checks shipped and sample rows: entities, fields, values, external ids.

Called by core.registry.build: `collect_rows` before the expressions are checked, since
they may name rows by `ref()`, `DataChecker` afterwards.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.definitions import DataDef, EntityDef
from core.diagnostics import Related, Span, did_you_mean
from core.expressions.schema import MemberKind
from core.expressions.slots import VALUE
from core.registry.check_values import check_value, writable_field
from core.registry.checker import Checker
from core.registry.module_source import ModuleSource
from core.source import ExprText, Map, Node, Scalar, Sequence, Values, ValueSlot
from core.source import Mapping as MappingNode

CURRENCY = "base.currency"


def data_documents(checker: Checker) -> list[DataDef]:
    """Return the shipped and then the sample documents."""
    documents = checker.documents
    return [
        *documents.of("data", DataDef).values(),
        *documents.of("demo", DataDef).values(),
    ]


def collect_rows(checker: Checker, modules: Mapping[str, ModuleSource]) -> None:
    """Let the schema know all external ids; two rows of one id are E302."""
    places: dict[str, Span] = {}
    places_of_currencies: dict[str, int] = {}
    for document in data_documents(checker):
        for entity, rows in document.rows.items():
            for key in rows:
                _claim(checker, entity, key, rows.key_span(key), places)
                if entity == CURRENCY:
                    _currency(rows[key], places_of_currencies)
        for row in csv_rows(document, modules):
            if document.entity is not None and document.key is not None:
                key = row.get(document.key) or ""
                span = document.at("file")
                _claim(checker, document.entity, key, span, places)
                if document.entity == CURRENCY and row.get("decimals", "").isdigit():
                    places_of_currencies[row.get("code", "")] = int(row["decimals"])
    checker.schema.currencies = places_of_currencies


def _claim(
    checker: Checker, entity: str, key: str, span: Span, places: dict[str, Span]
) -> None:
    id_ = f"{entity}.{key}"
    if id_ in places:
        checker.diagnostics.error(
            "E302",
            f"there are two rows '{id_}'",
            span,
            "a second row of this key",
            "choose another key",
            related=(Related(places[id_], "the first one"),),
        )
    places[id_] = span
    checker.schema.external_ids[id_] = entity


def _currency(values: Values, found: dict[str, int]) -> None:
    code, places = _plain(values.get("code")), _plain(values.get("decimals"))
    if isinstance(code, str) and isinstance(places, int):
        found[code] = places


def _plain(value: ValueSlot | None) -> object:
    node = None if value is None else value.literal
    return node.value if isinstance(node, Scalar) else None


def csv_path(document: DataDef, modules: Mapping[str, ModuleSource]) -> Path | None:
    """Return the CSV file of a data document, beside the document itself."""
    module = modules.get(document.id.partition(".")[0])
    if document.file is None or module is None:
        return None
    shown = document.span.file.removeprefix(f"{module.shown_as}/")
    return module.folder / Path(shown).parent / document.file


def csv_rows(
    document: DataDef, modules: Mapping[str, ModuleSource]
) -> Iterator[dict[str, str]]:
    """Yield the rows of a document's CSV file (UTF-8, header first); none if unread."""
    path = csv_path(document, modules)
    if path is None or not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


class DataChecker:
    """Checks the values of all rows against the fields they fill."""

    def __init__(self, checker: Checker, modules: Mapping[str, ModuleSource]) -> None:
        self._checker = checker
        self._modules = modules

    def check(self, document: DataDef) -> None:
        """Check one document."""
        module = document.id.partition(".")[0]
        for id_, rows in document.rows.items():
            entity = self._entity(module, id_, document.rows.key_span(id_))
            if entity is None:
                continue
            for key, values in rows.items():
                at = f"{document.address}/rows/{id_}/{key}"
                self._row(entity, values, at, rows.key_span(key))
        if document.file is not None:
            self._file(document, module)

    def _entity(self, module: str, id_: str, span: Span) -> EntityDef | None:
        entities = self._checker.documents.entities
        good = self._checker.dependencies.check(
            module, "entity", id_, entities, span, optional=True
        )
        return entities[id_] if good else None

    def _row(self, entity: EntityDef, values: Values, at: str, span: Span) -> None:
        for name, value in values.items():
            self._value(entity, name, value, at, values.key_span(name))
        for name, field in entity.fields.items():
            if field.required is not True or name in values or name in entity.part_of:
                continue
            given = field.default, field.derive, field.formula
            type_ = self._checker.catalog[field.type]
            if any(given) or field.cases or not type_.writable:
                continue
            if field.type != "boolean":
                text = f"the row gives no '{name}', which {entity.id} requires"
                self._checker.diagnostics.error("E204", text, span)

    def _value(
        self, entity: EntityDef, name: str, value: ValueSlot, at: str, span: Span
    ) -> None:
        field = writable_field(self._checker, entity, name, span)
        if field is None:
            return
        if value.expr is not None:
            self._checker.expression(value.expr, f"{at}/{name}", None, VALUE)
            return
        type_ = self._checker.catalog[field.type]
        if type_.member_kind is MemberKind.LINES:
            self._lines(field.of or "", value.literal, f"{at}/{name}")
        else:
            check_value(self._checker, value, field, entity.id)

    def _lines(self, child: str, node: Node | None, at: str) -> None:
        entity = self._checker.documents.entities.get(child)
        if entity is None or node is None:
            return
        for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
            if isinstance(item, MappingNode):
                self._row(entity, _values(item), f"{at}/{index}", item.span)
            else:
                text = "each line is a map of its fields"
                self._checker.diagnostics.error("E205", text, item.span)

    def _file(self, document: DataDef, module: str) -> None:
        span = document.at("file")
        if document.entity is None:
            text = "rows of a file need 'entity'"
            self._checker.diagnostics.error("E204", text, span)
            return
        entity = self._entity(module, document.entity, document.at("entity"))
        path = csv_path(document, self._modules)
        if path is None or not path.is_file():
            text = f"there is no file '{document.file}' beside this one"
            self._checker.diagnostics.error("E301", text, span)
            return
        if entity is None:
            return
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        for name in header:
            known = name.partition(".")[0] in entity.fields or name == document.key
            if not known and not self._checker.is_marked(entity.id, name):
                self._checker.diagnostics.error(
                    "E402",
                    f"'{entity.id}' has no field '{name}', which '{document.file}' "
                    "has a column for",
                    span,
                    None,
                    did_you_mean(name, entity.fields),
                )


def _values(node: MappingNode) -> Values:
    found: dict[str, ValueSlot] = {}
    for key, body in node.entries:
        text = body.value if isinstance(body, Scalar) else None
        if isinstance(body, Scalar) and isinstance(text, str) and text[:1] == "=":
            found[key.text] = ValueSlot(expr=ExprText.of(body, 1), span=body.span)
        else:
            found[key.text] = ValueSlot(literal=body, span=body.span)
    return Map(found, {key.text: key.span for key, _ in node.entries})
