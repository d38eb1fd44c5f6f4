"""Files that others wrote, imported by mapping alone: counts agree, nothing twice."""

import csv
from pathlib import Path

import pytest

from core.app import Application
from core.exchange import ImportReport, open_table, read_mapping, run_import
from core.services import Actor, Query

MAPPINGS = Path(__file__).parent / "mappings"
FILES = {
    "northwind/customers.csv": ("northwind_customers.yml", 91),
    "northwind/suppliers.csv": ("northwind_suppliers.yml", 29),
    "northwind/employees.csv": ("northwind_employees.yml", 9),
    "adventureworks/Store.csv": ("adventureworks_stores.yml", 701),
}


def imported(app: Application, folder: Path, file: str) -> ImportReport:
    mapping = read_mapping(MAPPINGS / FILES[file][0])
    return run_import(app, Actor.system(), folder / file, mapping)


@pytest.mark.parametrize("file", list(FILES))
def test_every_row_becomes_a_party_and_a_second_import_changes_nothing(
    app: Application, real_data: Path, file: str
) -> None:
    rows = FILES[file][1]
    with (real_data / file).open(encoding="utf-8-sig", newline="") as lines:
        assert sum(1 for _ in csv.DictReader(lines)) == rows
    first = imported(app, real_data, file)
    assert (first.created, first.rejected, first.errors) == (rows, 0, [])
    with app.reader(Actor.system()) as reader:
        assert reader.count("base.party", Query(archived="yes")) == rows
    second = imported(app, real_data, file)
    assert (second.created, second.updated, second.unchanged) == (0, 0, rows)


def test_without_a_mapping_the_second_import_changes_nothing_either(
    app: Application, real_data: Path
) -> None:
    from core.exchange import guess_mapping

    # Both number their rows from 1; they must not take each other's for their own.
    files = {"northwind/customers.csv": 91, "northwind/suppliers.csv": 29}
    for again in (False, True):
        for file, rows in files.items():
            path = real_data / file
            mapping = guess_mapping(app, "base.party", open_table(path))
            report = run_import(app, Actor.system(), path, mapping)
            expected = (0, rows) if again else (rows, 0)
            assert (report.created, report.unchanged) == expected
            assert (report.updated, report.rejected) == (0, 0)


def test_addresses_phones_and_accents_arrive_intact(
    app: Application, real_data: Path
) -> None:
    imported(app, real_data, "northwind/customers.csv")
    with app.reader(Actor.system()) as reader:
        query = Query(filter="code == 'ANATR'")
        found = reader.search("base.party", query).items[0]
        party = reader.get("base.party", found.id or 0)
        (address,) = party.relations["addresses"]
        assert address["street"] == "Avda. de la Constitución 2222"
        assert address["city"] == "México D.F."
        assert address["kinds"] == ("main",)
        assert reader.title("base.country", address["country"]) == "Mexico"
        points = {p["kind"]: p["value"] for p in party.relations["contact_points"]}
        assert points == {"phone": "(5) 555-4729", "fax": "(5) 555-3745"}
        (role,) = party.relations["roles"]
        assert role["role"] == "customer"


def test_all_four_files_live_side_by_side(app: Application, real_data: Path) -> None:
    for file in FILES:
        imported(app, real_data, file)
    with app.reader(Actor.system()) as reader:
        total = sum(rows for _, rows in FILES.values())
        assert reader.count("base.party") == total
        persons = reader.count("base.party", Query(named=("persons",)))
        assert persons == 9


def test_the_header_alone_suggests_addresses_and_phones(
    app: Application, real_data: Path
) -> None:
    from core.exchange import guess_mapping

    table = open_table(real_data / "northwind" / "customers.csv")
    guessed = {
        column.sources[0]: column.target
        for column in guess_mapping(app, "base.party", table).columns
    }
    assert guessed["CompanyName"] == "name"
    assert guessed["Address"] == "addresses[main].street"
    assert guessed["PostalCode"] == "addresses[main].postal_code"
    assert guessed["Fax"] == "contact_points[fax].value"
