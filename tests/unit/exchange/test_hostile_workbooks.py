"""Workbooks made to harm: bombs of ZIP and XML, lies about sizes, flipped bytes."""

import random
import resource
import struct
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

from core.exchange import ExchangeError, Limits, open_table
from tests.unit.exchange.test_workbooks import book, cells, packed

ROW = '<row><c t="str"><v>code</v></c></row>'
SHEET_PART = "xl/worksheets/sheet1.xml"


def read(path: Path, limits: Limits | None = None) -> list[tuple[str, ...]]:
    table = open_table(path, limits=limits or Limits())
    return [row.cells for row in table.rows()]


def refused(path: Path, said: str, limits: Limits | None = None) -> None:
    with pytest.raises(ExchangeError, match=said):
        read(path, limits)


def repacked(path: Path, change) -> Path:
    """The package with the headers of its directory changed."""
    data = bytearray(path.read_bytes())
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        change(data, place)
        place = data.find(b"PK\x01\x02", place + 4)
    path.write_bytes(data)
    return path


LAUGHS = "<!DOCTYPE l [<!ENTITY a 'lol'>"
for one, other in pairwise("abcdefghi"):
    LAUGHS += f"<!ENTITY {other} '{f'&{one};' * 10}'>"
LAUGHS += "]>"


@pytest.mark.parametrize(
    "declared",
    [
        LAUGHS,
        f'<!DOCTYPE q [<!ENTITY i "{"x" * 50_000}">]>',
        '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY i SYSTEM "http://127.0.0.1:9/">]>',
        '<!DOCTYPE x [<!ENTITY % i SYSTEM "http://127.0.0.1:9/x.dtd"> %i;]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
@pytest.mark.parametrize(
    "part", [SHEET_PART, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"]
)
def test_declared_entities_are_refused_in_every_part(
    tmp_path: Path, declared: str, part: str
) -> None:
    text = declared + cells(f'<row><c t="str"><v>{"&i;" * 100}</v></c></row>')
    path = tmp_path / "a.xlsx"
    if part == SHEET_PART:
        packed(path, text)
    elif part == "xl/sharedStrings.xml":
        packed(path, cells(ROW))
        with zipfile.ZipFile(path, "a") as out:
            out.writestr(part, text)
    else:
        packed(path, cells(ROW), **{part: text})
    refused(path, "declares XML entities")


def test_absurd_depths_are_refused(tmp_path: Path) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    path = packed(tmp_path / "a.xlsx", cells(ROW + deep))
    refused(path, "nests its XML too deep")


@pytest.mark.parametrize("where", ["between", "within"])
def test_elements_that_no_table_has_are_not_kept(tmp_path: Path, where: str) -> None:
    """Kept, they would fill the memory."""
    odd = "<a/>" * 15_000
    parts = [f'{odd}<row><c t="str"><v>1</v></c></row>' for _ in range(20)]
    if where == "within":
        parts = [f'<row>{odd}<c t="str"><v>1</v></c></row>' for _ in range(20)]
    path = packed(tmp_path / "a.xlsx", cells(ROW + "".join(parts)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert len(read(path)) == 20
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 15_000, f"{grown} kB"


def test_one_piece_without_an_end_is_refused(tmp_path: Path) -> None:
    text = f'<row><c t="str"><v>{"x" * 600_000}</v></c></row>'
    path = packed(tmp_path / "a.xlsx", cells(ROW + text))
    refused(path, "in one piece", Limits(row=50_000))


def test_parts_that_lie_upon_each_other_are_refused(tmp_path: Path) -> None:
    """As in the bomb of Fifield: many names for the same packed bytes."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(5):
            out.writestr(f"{number}.xml", b"\0" * 100_000)

    def onto_the_first(data: bytearray, place: int) -> None:
        data[place + 42 : place + 46] = struct.pack("<I", 0)

    refused(repacked(path, onto_the_first), "lie upon each other")


def test_a_size_that_lies_is_found_out(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.xlsx", cells(ROW * 1000))

    def tiny(data: bytearray, place: int) -> None:
        data[place + 24 : place + 28] = struct.pack("<I", 50)

    refused(repacked(path, tiny), "broken")


def test_unusual_ways_of_packing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as out:
        out.writestr("xl/workbook.xml", b"\0" * 10_000_000)
    refused(path, "packed in a way")


def test_a_package_in_a_package_stays_closed(tmp_path: Path) -> None:
    inner = tmp_path / "bomb.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a", b"\0" * 20_000_000)
    path = packed(tmp_path / "a.xlsx", cells(ROW + ROW))
    with zipfile.ZipFile(path, "a") as out:
        out.write(inner, "xl/embeddings/bomb.zip")
        out.write(inner, "xl/worksheets/sheet2.xml")
    assert read(path) == [("code",)]


def test_no_flipped_byte_gets_through_as_anything_but_a_sentence(
    tmp_path: Path,
) -> None:
    good = book(tmp_path / "good.xlsx", [["code", "name"], ["1", "One"]]).read_bytes()
    chance = random.Random(7)
    path = tmp_path / "a.xlsx"
    said = 0
    for _ in range(300):
        data = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.choice((len(data), len(data), len(data) // 2))])
        try:
            read(path)
        except ExchangeError:
            said += 1
    assert said > 75


def test_places_and_names_of_sheets_that_lead_elsewhere(tmp_path: Path) -> None:
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="rId1" Target="../../../etc/passwd"/>'
        "</Relationships>"
    )
    path = packed(
        tmp_path / "a.xlsx", cells(ROW), **{"xl/_rels/workbook.xml.rels": links}
    )
    refused(path, "no sheet with a table")


def test_hidden_sheets_and_merged_cells_are_read_as_they_are(tmp_path: Path) -> None:
    from openpyxl import Workbook

    made = Workbook()
    made.active.title = "Hidden"
    made.active.append(["secret"])
    made.active.sheet_state = "hidden"
    shown = made.create_sheet("Shown")
    shown.append(["code", "name"])
    shown.append(["1", "One"])
    shown.append([None, "Two"])
    shown.merge_cells("A2:A3")
    path = tmp_path / "a.xlsx"
    made.save(path)
    table = open_table(path)
    assert table.header == ("code", "name")
    assert [row.cells for row in table.rows()] == [("1", "One"), ("", "Two")]
    assert table.warnings == ("Hidden sheets are left out: Hidden.",)
    assert open_table(path, sheet="Hidden").header == ("secret",)
