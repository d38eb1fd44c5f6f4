"""Mappings of foreign data that modules bring along: computed, looked up, refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.definitions.formats import BLOCKS
from core.exchange import (
    BadMapping,
    ImportOptions,
    guess_mapping,
    mapping_document,
    mapping_from,
    open_table,
    resume_import,
    run_import,
)
from core.exchange.kept import keep_mapping
from core.services import transaction
from tests.unit.exchange.library import BOOK, SYSTEM, counts

HEAD = ["Art. No.", "Title", "net", "day", "size", "state", "writer"]
GOOD = ["A1", "Sea", "234,50", "31.12.26", "40", "frei", "Ann"]


def taken(library, *rows, **options):
    path = library.file([HEAD, *rows])
    mapping = guess_mapping(library, BOOK, open_table(path))
    assert mapping.document == "library.delivery"
    # As it is kept with an import and by the wizard.
    kept = mapping_from(mapping_document(mapping))
    assert kept == mapping
    return run_import(library, SYSTEM, path, kept, ImportOptions(**options))


def test_values_are_worked_out(library):
    report = taken(library, GOOD, ["B2", "Sky", "", "", "", "", "Bob"])
    assert (counts(report), report.errors) == ((2, 0, 0, 0), [])
    with library.reader() as reader:
        first, second = reader.search(BOOK).items
    assert (first["name"], first["price"], first["printed"]) == (
        "Sea (Ann)",
        Decimal("234.50"),
        date(2026, 12, 31),
    )
    assert (first["pages"], first["shelf"], first["language"]) == (80, "open", "de")
    assert first["author"] != second["author"]
    assert (second["pages"], second["price"], second["shelf"]) == (None, None, "open")


def test_the_next_file_changes_the_same_records(library):
    taken(library, GOOD)
    report = taken(library, [*GOOD[:4], "50", "zu", "Ann"])
    assert counts(report) == (0, 1, 0, 0)
    assert library.books("code", "pages", "shelf") == [("A1", 100, "closed")]


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        (1, "", "A book needs a title."),
        (2, "12,x", "is not a number"),
        (3, "31.02.26", "31.02.26"),
        (4, "3", "Sea has 3 sheets only."),
        (4, "many", "is not a number"),
        (5, "kaputt", "The value 'kaputt' is not listed"),
    ],
)
def test_what_does_not_fit_is_named(library, place, text, said):
    bad = [*GOOD[:place], text, *GOOD[place + 1 :]]
    report = taken(library, bad, ["B2", "Sky", "1", "01.01.26", "9", "zu", "Bob"])
    assert counts(report) == (1, 0, 0, 1)
    assert said.casefold() in report.errors[0].reason.casefold()
    assert report.errors[0].line == 2


def test_an_import_goes_on_with_its_mapping(library):
    path = library.file([HEAD, GOOD, *([f"C{n}", *GOOD[1:]] for n in range(6))])
    mapping = guess_mapping(library, BOOK, open_table(path))

    def stop(rows, share):
        if rows >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_import(
            library, SYSTEM, path, mapping, ImportOptions(chunk=2, progress=stop)
        )
    report = resume_import(library, SYSTEM, BOOK, path, ImportOptions())
    assert report.rows == 7
    assert {price for (price,) in library.books("price")} == {Decimal("234.50")}


def test_a_file_with_other_columns_is_guessed(library):
    path = library.file([["code", "name"], ["A1", "Sea"]])
    assert guess_mapping(library, BOOK, open_table(path)).document == ""


CARD = """BEGIN:VCARD
VERSION:3.0
N:a;b;c;d;e
TEL;TYPE=CELL:1
TEL:2
EMAIL:x@y.z
ADR;TYPE=WORK:a;b;c;d;e;f;g
ORG:A;B
BDAY:2000-01-02
NOTE:n
UID:u
END:VCARD
"""


def test_the_names_of_cards_are_those_that_files_have(tmp_path):
    path = tmp_path / "one.vcf"
    path.write_text(CARD)
    card, header = BLOCKS["vcard"], open_table(path).header
    assert {"n.given", "tel[mobile 1]", "adr[work 1].city"} <= set(header)
    for name in header:
        first, bracket, rest = name.partition("[")
        if bracket:
            part = rest.partition("].")[2]
            assert (part or "value") in card.many[first].parts
        else:
            assert name in card.names


def test_a_mapping_of_an_older_version_is_told_and_not_guessed(library):
    path = library.file([HEAD, GOOD])
    mapping = guess_mapping(library, BOOK, open_table(path))
    assert mapping.version == 3
    assert mapping_document(mapping)["version"] == 3
    old = replace(mapping, version=2, name="of last year")
    with transaction(library.runtime, SYSTEM, "python") as tx:
        tx.scene.begin_writing()
        keep_mapping(tx, old, HEAD)
    assert guess_mapping(library, BOOK, open_table(path)) == mapping
    with pytest.raises(BadMapping, match=r"version 2 of 'library.delivery', .* 3 now"):
        run_import(library, SYSTEM, path, old)
    with pytest.raises(BadMapping, match="whole number"):
        mapping_from({**mapping_document(mapping), "version": "new"})
