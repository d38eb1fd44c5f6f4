"""`import` and `export` as scripts use them: exit codes, JSON, files."""

import csv
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call, Start, call, home, start

__all__ = ["call", "home", "start"]


@pytest.fixture
def ready(call: Call, start: Start) -> Call:
    """A command line over a home with the shipped modules and an empty database."""
    start()
    return call


def written(path: Path, *rows: tuple[str, ...]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


HEADER = ("code", "name", "language")
PARTY = "base.party"


def test_files_go_in_and_come_out(ready: Call, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", HEADER, ("1", "One", "en"), ("2", "Two", "de"))
    dry = ready("import", PARTY, path, "--dry-run")
    assert dry.code == 0
    assert "2 rows: would be 2 created" in dry.out
    said = ready("import", PARTY, path, "--json")
    assert said.code == 0
    assert {"rows": 2, "created": 2, "rejected": 0}.items() <= said.document.items()
    again = ready("import", PARTY, path)
    assert "0 created, 0 updated, 2 unchanged, 0 rejected" in again.out

    out = tmp_path / "out.csv"
    exported = ready("export", PARTY, "-o", str(out), "--fields", "code,name")
    assert (exported.code, "2 records" in exported.out) == (0, True)
    assert out.read_text().splitlines()[1:] == ["1,One", "2,Two"]
    assert not list(tmp_path.glob("*.part"))
    raw = ready("export", PARTY, "-o", str(out), "--raw")
    assert raw.code == 0
    assert "0 updated, 2 unchanged" in ready("import", PARTY, str(out)).out

    names = "--fields", "id,name", "--filter", "code == '2'"
    ready("export", PARTY, "-o", str(out), "--raw", *names)
    out.write_text(out.read_text().replace("Two", "Too"))
    assert "1 updated" in ready("import", PARTY, str(out), "--key", "id").out


def test_rows_left_out_make_another_exit_code(ready: Call, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", HEADER, ("1", "One", ""), ("2", "", ""))
    rejected = tmp_path / "rejected.csv"
    partly = ready("import", PARTY, path, "--rejected", str(rejected))
    assert partly.code == 5
    assert "line 3" in partly.err
    assert str(rejected) in partly.out
    mended = written(rejected, (*HEADER, "line", "reason"), ("2", "Two", "", "3", "?"))
    assert ready("import", PARTY, mended).code == 0
    none = written(tmp_path / "b.csv", HEADER, ("3", "", ""))
    assert ready("import", PARTY, none).code == 1


def test_the_mapping_is_shown_saved_and_used(ready: Call, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", ("No", "Name"), ("7", "One"))
    options = ("--set", "kind=organisation", "--external-id", "No")
    options += ("--namespace", "old.party")
    shown = ready("import", PARTY, path, *options, "--show-mapping")
    assert shown.code == 0
    assert "'@old.party'" in shown.out
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(shown.out)
    first = ready("import", PARTY, path, "--mapping", str(mapping))
    assert "1 created" in first.out
    assert "1 unchanged" in ready("import", PARTY, path, *options).out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("import", "base.partie", "FILE"), 1, "base.party"),
        (("export", "base.partie"), 1, "base.party"),
        (("import", PARTY, "FILE", "--set", "kind"), 2, "path=text"),
        (("import", PARTY, "FILE", "--external-id", "code"), 2, "go together"),
        (("import", PARTY, "FILE", "--set", "kidn=x"), 1, "'kind'"),
        (("import", PARTY, "FILE", "--key", "notes"), 1, "filled by no column"),
        (("import", PARTY, "nowhere.csv"), 2, "nowhere.csv"),
        (("export", PARTY, "--filter", "nmae == 1"), 1, "name"),
        (("export", PARTY, "-o", "/nowhere/a.csv"), 3, "/nowhere/a.csv"),
        (("import", PARTY, "EMPTY"), 1, "is empty"),
    ],
)
def test_mistakes_are_answered_in_a_sentence(
    ready: Call, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    path = written(tmp_path / "a.csv", ("code", "name"), ("1", "One"))
    empty = written(tmp_path / "b.csv")
    places = {"FILE": path, "EMPTY": empty}
    answer = ready(*(places.get(one, one) for one in arguments))
    assert (answer.code, said in answer.err) == (code, True), answer
    assert "Traceback" not in answer.err


def test_a_refused_export_leaves_the_file_as_it_was(
    ready: Call, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    assert ready("export", PARTY, "-o", str(out), "--filter", "nmae == 1").code == 1
    assert out.read_text() == "before"
    assert not list(tmp_path.glob("*.part"))


def test_before_init_both_say_what_to_do(call: Call, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", HEADER, ("1", "One", ""))
    for arguments in (("import", PARTY, path), ("export", PARTY)):
        answer = call(*arguments)
        assert answer.code == 3
        assert "cli.py init" in answer.err


def test_imports_are_listed_and_undone(ready: Call, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", HEADER, ("1", "One", "en"), ("2", "", ""))
    run = ready("import", PARTY, path, "--json").document["import"]
    assert f"{run}  " in ready("imports", "list").out
    (listed,) = ready("imports", "list", "--json").document
    assert {"state": "done", "created": 1, "rejected": 1}.items() <= listed.items()
    assert "line 3" in ready("imports", "show", str(run)).out
    assert ready("imports", "undo", str(run)).out.startswith("1 deleted, 0 restored")
    assert ready("imports", "undo", str(run)).code == 1
    assert ready("import", PARTY, path, "--resume").code == 1


def test_formats_by_their_endings(ready: Call, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", HEADER, ("1", "One", "en"))
    ready("import", PARTY, path)
    for name in ("out.xlsx", "out.json", "out.jsonl"):
        out = str(tmp_path / name)
        assert ready("export", PARTY, "-o", out, "--raw").code == 0
        assert "0 updated, 1 unchanged" in ready("import", PARTY, out).out
    named = ready("export", PARTY, "--format", "jsonl", "--fields", "code,name")
    assert '{"code": "1", "name": "One"}' in named.out


def test_defaults_of_the_company_hold_on_the_command_line(
    ready: Call, tmp_path: Path
) -> None:
    parties = written(tmp_path / "p.csv", HEADER, ("1", "One", "en"))
    assert ready("import", PARTY, parties).code == 0
    deals = written(tmp_path / "d.csv", ("Name", "Customer"), ("Pump", "One"))
    assert ready("import", "crm.opportunity", deals).code == 0
    out = ready("export", "crm.opportunity", "--fields", "name,currency.code").out
    assert out.splitlines()[1] == "Pump,EUR"


def test_a_company_that_does_not_exist(ready: Call, tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", HEADER, ("1", "One", "en"))
    said = ready("import", PARTY, path, "--company", "Nowhere")
    assert said.code == 2
    assert "There is no company 'Nowhere'." in said.err
