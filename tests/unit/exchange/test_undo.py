"""An import can be undone, row by row, unless somebody went on working meanwhile."""

import pytest

from core.exchange import (
    Column,
    ExchangeError,
    Mapping,
    import_runs,
    run_errors,
    undo_import,
)
from core.services import Actor, Query, transaction
from tests.unit.exchange.library import BOOK, SYSTEM, Library, counts, plain

HEADER = ("code", "name", "price", "copies")
ADA = Actor(7, "Ada", frozenset({"library.keeper"}))
BOB = Actor(8, "Bob", frozenset({"library.keeper"}))


def change(library: Library, code: str, **values) -> None:
    with transaction(library.runtime, SYSTEM) as tx:
        found = tx.search(BOOK, Query(filter=f"code == '{code}'")).items[0]
        tx.update(BOOK, found.id, values)


def test_what_was_made_goes_and_what_was_changed_returns(library: Library) -> None:
    library.add(
        BOOK,
        code="1",
        name="Old",
        price="1.00",
        forms=["paper"],
        copies=[{"state": "new", "place": "A"}, {"state": "worn", "place": "B"}],
    )
    before = library.copies("1")
    rows = [
        ("code", "name", "price", "copies[new].place", "copies[lost].place"),
        ("1", "New", "2.00", "Z", "Y"),
        ("2", "Fresh", "", "X", ""),
    ]
    report = library.take(rows)
    assert counts(report) == (1, 1, 0, 0)
    assert [place for _, _, place in library.copies("1")] == ["Z", "B", "Y"]
    assert report.run is not None
    undone = undo_import(library, SYSTEM, report.run)
    assert (undone.deleted, undone.restored, undone.kept) == (1, 1, [])
    assert [(c, n, str(p)) for c, n, p in library.books("code", "name", "price")] == [
        ("1", "Old", "1.00")
    ]
    assert library.copies("1") == before
    with pytest.raises(ExchangeError, match="undone already"):
        undo_import(library, SYSTEM, report.run)
    (run,) = import_runs(library, SYSTEM)
    assert (run.state, run.file, run.rows) == ("undone", "books.csv", 2)


def test_what_was_changed_since_stays_and_is_named(library: Library) -> None:
    library.add(BOOK, code="1", name="Old")
    rows = [("code", "name"), ("1", "New"), ("2", "Fresh"), ("3", "Fresh")]
    report = library.take(rows)
    change(library, "1", name="Mine")
    change(library, "2", pages=3)
    undone = undo_import(library, SYSTEM, report.run or 0)
    assert (undone.deleted, undone.restored, undone.stayed) == (1, 0, 2)
    assert {reason for _, _, reason in undone.kept} == {
        "It was changed after the import."
    }
    assert library.books("code", "name") == [("1", "Mine"), ("2", "Fresh")]


def test_rows_that_lead_to_each_other_all_go(library: Library) -> None:
    first = library.take([("code", "name"), ("1", "One")])
    mapping = Mapping(
        BOOK,
        (
            Column(("code",), "code"),
            Column(("name",), "name"),
            Column(("of",), "about"),
        ),
        key="code",
    )
    rows = [("code", "name", "of"), ("2", "Two", "1"), ("3", "Three", "1")]
    second = library.take(rows, mapping)
    assert counts(second) == (2, 0, 0, 0)
    refused = undo_import(library, SYSTEM, first.run or 0)
    assert refused.deleted + refused.stayed == 1
    undone = undo_import(library, SYSTEM, second.run or 0)
    assert undone.deleted == 2


def test_everybody_undoes_only_the_own_imports(library: Library) -> None:
    report = library.take([("code", "name"), ("1", "One")], actor=ADA)
    assert import_runs(library, BOB) == []
    with pytest.raises(ExchangeError, match="no import"):
        undo_import(library, BOB, report.run or 0)
    assert undo_import(library, ADA, report.run or 0).deleted == 1


def test_external_ids_go_with_the_import(library: Library) -> None:
    library.add(BOOK, code="1", name="Old")
    columns = (Column(("code",), "code"), Column(("other",), "@shop.book"))
    report = library.take(
        [("code", "other"), ("1", "X-1")], Mapping(BOOK, columns, key="code")
    )
    undo_import(library, SYSTEM, report.run or 0)
    again = library.take(
        [("other", "code", "name"), ("X-1", "9", "Nine")],
        Mapping(
            BOOK,
            (*columns, Column(("name",), "name")),
            key="@shop.book",
        ),
    )
    assert counts(again) == (1, 0, 0, 0)


def test_a_dry_run_leaves_no_record_and_errors_are_kept(library: Library) -> None:
    rows = [("code", "name", "pages"), ("1", "One", "many"), ("2", "Two", "2")]
    assert library.take(rows, dry_run=True).run is None
    assert import_runs(library, SYSTEM) == []
    report = library.take(rows, plain(*rows[0]))
    errors = run_errors(library, SYSTEM, report.run or 0)
    assert [(one.line, one.column) for one in errors] == [(2, "pages")]
