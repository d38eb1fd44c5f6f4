"""What fits is saved; what does not is reported with line, column and reason."""

import csv
import io
from pathlib import Path

import pytest

from core.app import Application
from core.exchange import (
    BadMapping,
    Column,
    ExportOptions,
    ImportOptions,
    Mapping,
    check_mapping,
    export_records,
    mapping_document,
    mapping_from,
    run_import,
)
from core.services import Actor, NotAllowed, Query

SYSTEM = Actor.system()
PARTY = "base.party"
PLAIN = Mapping(
    PARTY,
    (
        Column(("Number",), "code"),
        Column(("Name",), "name"),
        Column(("Kind",), "kind"),
        Column(("Phone",), "contact_points[phone].value"),
        Column(("Country",), "addresses[main].country"),
        Column(("City",), "addresses[main].city"),
    ),
    key="code",
)
HEADER = ("Number", "Name", "Kind", "Phone", "Country", "City")


def written(path: Path, rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def good(number: int):
    return (f"N-{number:03}", f"Party {number}", "", "030 1234", "Germany", "Berlin")


def counts(report):
    return report.created, report.updated, report.unchanged, report.rejected


def test_fifty_broken_rows_of_a_thousand(app: Application, tmp_path: Path) -> None:
    rows = [good(number) for number in range(1000)]
    for number in range(0, 1000, 20):
        rows[number] = (f"N-{number:03}", "", "robot", "none", "Atlantis", "Berlin")
    path = written(tmp_path / "parties.csv", rows)
    rejected = tmp_path / "rejected.csv"
    report = run_import(app, SYSTEM, path, PLAIN, ImportOptions(rejected=rejected))
    assert counts(report) == (950, 0, 0, 50)
    lines = sorted({error.line for error in report.errors})
    assert lines == [number + 2 for number in range(0, 1000, 20)]
    kinds = [error for error in report.errors if error.column == "Kind"]
    assert {error.value for error in kinds} == {"robot"}
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        left = list(csv.DictReader(file))
    assert len(left) == 50
    assert all(row["reason"] and row["Country"] == "Atlantis" for row in left)
    mended = [good(number) for number in range(0, 1000, 20)]
    again = run_import(app, SYSTEM, written(tmp_path / "mended.csv", mended), PLAIN)
    assert counts(again) == (50, 0, 0, 0)


def test_a_dry_run_keeps_nothing(app: Application, tmp_path: Path) -> None:
    path = written(tmp_path / "parties.csv", [good(1), good(2)])
    report = run_import(app, SYSTEM, path, PLAIN, ImportOptions(dry_run=True))
    assert counts(report) == (2, 0, 0, 0)
    with app.reader(SYSTEM) as reader:
        assert reader.count(PARTY) == 0


def test_update_by_key_changes_what_differs_and_keeps_other_lines(
    app: Application, tmp_path: Path
) -> None:
    run_import(app, SYSTEM, written(tmp_path / "a.csv", [good(1), good(2)]), PLAIN)
    with app.transaction(SYSTEM) as tx:
        party = tx.search(PARTY, Query(filter="code == 'N-001'")).items[0].id
        rows = tx.get(PARTY, party).relations["contact_points"]
        kept = [{"id": row.id} for row in rows]
        mail = {"kind": "email", "value": "a@b.example"}
        tx.update(PARTY, party, {"contact_points": [*kept, mail]})
    changed = ("N-001", "Party 1", "", "030 9999", "Germany", "Berlin")
    report = run_import(
        app, SYSTEM, written(tmp_path / "b.csv", [changed, good(2)]), PLAIN
    )
    assert counts(report) == (0, 1, 1, 0)
    with app.reader(SYSTEM) as reader:
        points = reader.get(PARTY, party).relations["contact_points"]
        assert [(p["kind"], p["value"]) for p in points] == [
            ("phone", "030 9999"),
            ("email", "a@b.example"),
        ]
        assert points[0].id == kept[0]["id"]


def test_a_key_that_stands_twice_is_taken_once(
    app: Application, tmp_path: Path
) -> None:
    report = run_import(
        app, SYSTEM, written(tmp_path / "a.csv", [good(1), good(1)]), PLAIN
    )
    assert counts(report) == (1, 0, 0, 1)
    assert "line 2" in report.errors[0].reason


def test_a_country_is_known_by_name_code_or_everyday_form(
    app: Application, tmp_path: Path
) -> None:
    names = ("Germany", "DE", "DEU", "germany", "UK", "united states of america")
    rows = [(f"N-{n}", f"P {n}", "", "", name, "X") for n, name in enumerate(names)]
    report = run_import(app, SYSTEM, written(tmp_path / "a.csv", rows), PLAIN)
    assert report.errors == []
    with app.reader(SYSTEM) as reader:
        page = reader.search(PARTY, Query(order=("code",), fields=("country.code",)))
        found = [record["country.code"] for record in page.items]
    assert found == ["DE", "DE", "DE", "DE", "GB", "US"]


def test_without_the_right_nothing_is_imported(
    app: Application, tmp_path: Path
) -> None:
    stranger = Actor(1, "nobody", frozenset({"crm.reader"}))
    with pytest.raises(NotAllowed):
        run_import(app, stranger, written(tmp_path / "a.csv", [good(1)]), PLAIN)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Column(("Nmae",), "name"), "did you mean 'Name'"),
        (Column(("Name",), "nmae"), "did you mean 'name'"),
        (Column(("Name",), "city"), "computed"),
        (Column(("Name",), "addresses.city"), "names no row"),
    ],
)
def test_a_mapping_that_does_not_fit_says_why(
    app: Application, column: Column, said: str
) -> None:
    (problem,) = check_mapping(app.compiled, Mapping(PARTY, (column,)), HEADER)
    assert said in problem.replace("Did", "did")


def test_a_mapping_survives_being_kept() -> None:
    assert mapping_from(mapping_document(PLAIN)) == PLAIN
    with pytest.raises(BadMapping, match="no key 'feilds'"):
        mapping_from({"entity": PARTY, "feilds": {}})


def test_an_export_reads_in_again_and_changes_nothing(
    app: Application, tmp_path: Path
) -> None:
    run_import(app, SYSTEM, written(tmp_path / "a.csv", [good(1), good(2)]), PLAIN)
    out = io.BytesIO()
    fields = ("code", "name", "kind")
    number = export_records(
        app, SYSTEM, PARTY, Query(fields=fields), out, ExportOptions(raw=True)
    )
    assert number == 2
    path = tmp_path / "out.csv"
    path.write_bytes(out.getvalue())
    columns = tuple(Column((name,), name) for name in fields)
    mapping = Mapping(PARTY, columns, key="code")
    assert counts(run_import(app, SYSTEM, path, mapping)) == (0, 0, 2, 0)


def test_an_export_is_safe_and_obeys_rights(app: Application) -> None:
    with app.transaction(SYSTEM) as tx:
        tx.create(PARTY, {"name": "=HYPERLINK('x')"})
    out = io.BytesIO()
    export_records(app, SYSTEM, PARTY, Query(fields=("name",)), out)
    assert out.getvalue().decode().splitlines()[1].startswith("'=HYPERLINK")
    stranger = Actor(1, "nobody", frozenset())
    with pytest.raises(NotAllowed):
        export_records(app, stranger, PARTY, Query(), io.BytesIO())
