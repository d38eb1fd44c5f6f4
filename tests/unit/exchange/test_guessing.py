"""Guessed mappings look at the cells: a key is something that tells rows apart."""

from pathlib import Path

import pytest

from core.app import Application
from core.exchange import ImportOptions, guess_mapping, open_table, run_import
from core.services import Actor
from tests.unit.exchange.library import BOOK, Library

COUNTRY = "base.country"


def guessed(library: Library, rows: list[tuple[str, ...]]) -> dict[str, str]:
    mapping = guess_mapping(library, BOOK, open_table(library.file(rows)))
    found = {column.target: column.sources[0] for column in mapping.columns}
    return {**found, "key": mapping.key or ""}


def test_a_column_that_repeats_itself_is_no_key(library: Library) -> None:
    rows = [("Global Code", "Name"), *(("1", f"Title {n}") for n in range(9))]
    found = guessed(library, rows)
    assert found["key"] == ""
    assert "code" not in found
    rows = [("Global Code", "Name"), *((f"{n}", f"Title {n}") for n in range(9))]
    found = guessed(library, rows)
    assert (found["key"], found["code"]) == ("code", "Global Code")


def test_a_key_is_mostly_filled(library: Library) -> None:
    rows = [("Code", "Name"), *((f"{n}" * (n < 3), f"Title {n}") for n in range(9))]
    found = guessed(library, rows)
    assert (found["key"], found["code"]) == ("", "Code")


def test_too_long_a_text_is_no_code(library: Library) -> None:
    rows = [("Code", "Name"), *((f"{n}" * 30, f"Title {n}") for n in range(9))]
    assert "code" not in guessed(library, rows)


def test_ids_of_another_system_find_the_rows_again(library: Library) -> None:
    rows = [("BookID", "Name", "RackID"), ("7", "Tides", "1"), ("9", "Storm", "1")]
    found = guessed(library, rows)
    assert (found["key"], found["@book_id"]) == ("@book_id", "BookID")
    path = library.file(rows)
    mapping = guess_mapping(library, BOOK, open_table(path))
    for expected in ((2, 0), (0, 2)):
        report = run_import(library, Actor.system(), path, mapping)
        assert (report.created, report.unchanged) == expected, report.errors
        assert report.warnings == ()
    # The ids of other things are other ids, though the figures are the same.
    other = [("CopyID", "Name"), ("7", "A copy of Tides")]
    path = library.file(other, "copies.csv")
    mapping = guess_mapping(library, BOOK, open_table(path))
    assert run_import(library, Actor.system(), path, mapping).created == 1


@pytest.mark.parametrize(
    "rows",
    [
        [("ID", "Name"), ("7", "Tides")],
        [("Name", "BookID"), ("Tides", "7")],
        [("BookID", "Name"), ("7", "Tides"), ("7", "Storm")],
        [("BookID", "Name"), ("7", "Tides"), ("", "Storm")],
    ],
)
def test_rows_that_nothing_tells_apart_are_warned_of(
    library: Library, rows: list[tuple[str, ...]]
) -> None:
    assert guessed(library, rows)["key"] == ""
    path = library.file(rows)
    mapping = guess_mapping(library, BOOK, open_table(path))
    report = run_import(library, Actor.system(), path, mapping)
    assert report.created == len(rows) - 1
    (warning,) = report.warnings
    assert "taking this file again doubles them" in warning


def test_codes_are_known_by_their_form_and_names_by_telling_apart(
    app: Application, tmp_path: Path
) -> None:
    path = tmp_path / "countries.csv"
    lines = [
        "Global Code,Global Name,Long-3,ISO3166-2,Other 2,label name en,name fr xy"
    ]
    names = ["Germany", "France", "Spain", "Italy", "Poland", "Austria"]
    for number, (code, name) in enumerate(
        zip(("DE", "FR", "ES", "IT", "PL", "AT"), names, strict=True)
    ):
        lines.append(f"1,World,{'XYZABC'[number]}XX,{code},F{number},{name},{name}e")
    path.write_text("\n".join(lines), encoding="utf-8")
    mapping = guess_mapping(app, COUNTRY, open_table(path))
    found = {column.target: column.sources[0] for column in mapping.columns}
    assert mapping.key == "code"
    assert found["code"] == "ISO3166-2"
    assert found["alpha3"] == "Long-3"
    assert found["name"] == "label name en"
    options = ImportOptions(dry_run=True)
    report = run_import(app, Actor.system(), path, mapping, options)
    assert (report.created, report.updated, report.rejected) == (0, 6, 0)


@pytest.mark.parametrize(
    ("file", "entity", "rejected"),
    [("country-codes.csv", COUNTRY, 0), ("currency-codes.csv", "base.currency", 142)],
)
def test_lists_that_others_publish_come_in_without_a_word(
    app: Application, real_data: Path, file: str, entity: str, rejected: int
) -> None:
    path = real_data / "codes" / file
    mapping = guess_mapping(app, entity, open_table(path))
    assert mapping.key == "code"
    options = ImportOptions(dry_run=True)
    report = run_import(app, Actor.system(), path, mapping, options)
    # One currency of several countries stands there several times.
    assert report.rejected == rejected
    assert report.created + report.updated + report.unchanged > 200
