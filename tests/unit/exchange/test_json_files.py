"""JSON and JSON Lines in and out: exact, typed, and never held in memory at once."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from core.exchange import (
    ExchangeError,
    ExportOptions,
    ImportOptions,
    Limits,
    Mapping,
    export_records,
    guess_mapping,
    open_table,
    run_import,
)
from core.services import Query
from tests.unit.exchange.library import BOOK, SYSTEM, Library, counts, plain


def file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def take(library: Library, path: Path, mapping: Mapping | None = None, **options):
    chosen = mapping or plain(*open_table(path).header)
    return run_import(library, SYSTEM, path, chosen, ImportOptions(**options))


LISTED = """[
  {"code": "1", "name": "One", "price": 1.500, "forms": ["paper", "sound"]},
  {"code": "2", "name": "Two", "lent": true,
   "copies": [{"state": "new", "place": "A1"}], "price": null}
]
"""


def test_a_list_of_objects(library: Library, tmp_path: Path) -> None:
    path = file(tmp_path / "a.json", LISTED)
    table = open_table(path)
    assert table.format == "json"
    assert table.header == ("code", "name", "price", "forms", "lent", "copies")
    assert [row.line for row in table.rows()] == [2, 3]
    assert counts(take(library, path)) == (2, 0, 0, 0)
    assert library.books("code", "price", "forms", "lent") == [
        ("1", Decimal("1.50"), ("paper", "sound"), False),
        ("2", None, None, True),
    ]
    assert [row[1:] for row in library.copies("2")] == [("new", "A1")]


def test_an_object_per_line_survives_a_broken_one(
    library: Library, tmp_path: Path
) -> None:
    lines = ['{"code": "1", "name": "One"}', '{"code": "2", "name"', "[1]"]
    lines += ['{"code": "3", "code": "4"}', '{"code": "5", "name": "Five", "pages": 3}']
    path = file(tmp_path / "a.jsonl", "\n".join(lines))
    rejected = tmp_path / "rejected.jsonl"
    report = take(library, path, rejected=rejected)
    assert counts(report) == (2, 0, 0, 3)
    assert [error.line for error in report.errors] == [2, 3, 4]
    assert "not JSON" in report.errors[0].reason
    left = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert [one["line"] for one in left] == [2, 3, 4]
    assert left[0]["text"] == '{"code": "2", "name"'


def test_rejected_objects_return_when_mended(library: Library, tmp_path: Path) -> None:
    path = file(tmp_path / "a.json", '[{"code": "1", "name": "A", "pages": "many"}]')
    rejected = tmp_path / "rejected.json"
    assert counts(take(library, path, rejected=rejected)) == (0, 0, 0, 1)
    (left,) = json.loads(rejected.read_text())
    assert (left["line"], left["pages"]) == (1, "many")
    left["pages"] = 7
    mended = file(tmp_path / "mended.json", json.dumps([left]))
    report = take(library, mended, plain("code", "name", "pages"))
    assert counts(report) == (1, 0, 0, 0)


@pytest.mark.parametrize("kind", ["json", "jsonl", "xlsx", "csv"])
def test_raw_exports_come_back_by_themselves(
    library: Library, tmp_path: Path, kind: str
) -> None:
    author = library.add("library.author", name="Ann")
    copies = [{"state": "new", "place": "A1", "bought": "2024-02-29"}]
    library.add(
        BOOK, code="1", name="'=One", price="1.50", forms=["paper"], author=author
    )
    library.add(BOOK, code="2", name="Two", summary="a\nb", copies=copies)
    path = tmp_path / f"out.{kind}"
    with path.open("wb") as out:
        options = ExportOptions(format=kind, raw=True)
        assert export_records(library, SYSTEM, BOOK, Query(), out, options) == 2
    mapping = guess_mapping(library, BOOK, open_table(path))
    assert mapping.key == "id"
    assert "version" in {column.target for column in mapping.columns}
    assert counts(run_import(library, SYSTEM, path, mapping)) == (0, 0, 2, 0)


def test_an_export_is_good_json(library: Library) -> None:
    out = io.BytesIO()
    options = ExportOptions(format="json")
    query = Query(fields=("code", "price", "lent"))
    export_records(library, SYSTEM, BOOK, query, out, options)
    assert json.loads(out.getvalue()) == []
    library.add(BOOK, code="=1", name="One", price="1.5")
    out = io.BytesIO()
    export_records(library, SYSTEM, BOOK, query, out, options)
    assert json.loads(out.getvalue()) == [{"code": "=1", "price": "1.5", "lent": False}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no JSON objects"),
        ('[{"a": 1}', "not closed"),
        ('[{"a": 1}] x', "more behind"),
        ('[\n{"a": 1},\n{"a" 1}]', "from line 3"),
        ('[{"a": ' + "[" * 200_000, "nested too deeply|never closed"),
        ('[{"a": NaN}]', "NaN is not JSON"),
        ('[{"a": 1e999}]', "larger or finer"),
        ('[{"a": ' + "9" * 500 + "}]", "500 digits"),
        ("[" + json.dumps({f"k{n}": 1 for n in range(1001)}) + "]", "different keys"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ExchangeError, match=said):
        open_table(file(tmp_path / "a.json", text))


def test_a_record_has_an_end(tmp_path: Path) -> None:
    path = file(tmp_path / "a.json", '[{"a": "' + "x" * 300_000 + '"}]')
    with pytest.raises(ExchangeError, match="more than 1,000 characters"):
        open_table(path, limits=Limits(row=1000))


def test_records_over_the_edges_of_pieces(tmp_path: Path) -> None:
    rows = [{"code": str(n), "name": "ä" * (n % 700)} for n in range(1000)]
    path = file(tmp_path / "a.json", json.dumps(rows, ensure_ascii=False, indent=1))
    found = [row.cells for row in open_table(path).rows()]
    assert found == [(row["code"], row["name"]) for row in rows]


def test_empty_values_clear_only_on_request(library: Library, tmp_path: Path) -> None:
    library.add(BOOK, code="1", name="One", price="1.50", forms=["paper"], pages=7)
    path = file(tmp_path / "a.json", '[{"code": "1", "price": null, "forms": []}]')
    assert counts(take(library, path)) == (0, 0, 1, 0)
    assert counts(take(library, path, empty="clear")) == (0, 1, 0, 0)
    assert library.books("price", "forms", "pages") == [(None, None, 7)]
    wrong = file(tmp_path / "b.json", '[{"code": "1", "name": ""}]')
    assert counts(take(library, wrong, empty="clear")) == (0, 0, 0, 1)


def test_a_record_that_somebody_changed_is_a_conflict(
    library: Library, tmp_path: Path
) -> None:
    id_ = library.add(BOOK, code="1", name="One")
    text = json.dumps({"id": id_, "version": 1, "name": "Mine"})
    path = file(tmp_path / "a.jsonl", text)
    mapping = plain("id", "version", "name", key="id")
    assert counts(take(library, path, mapping)) == (0, 1, 0, 0)
    report = take(library, file(path, text.replace("Mine", "Late")), mapping)
    assert counts(report) == (0, 0, 0, 1)
    assert report.errors[0].code == "stale_record"
    assert library.books("name") == [("Mine",)]
    bad = file(tmp_path / "b.jsonl", text.replace("1,", '"x",', 1))
    assert counts(take(library, bad, mapping)) == (0, 0, 0, 1)
