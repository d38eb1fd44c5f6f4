"""Files of XML and of mails: what becomes a row, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.exchange import (
    ExchangeError,
    ImportOptions,
    Limits,
    guess_mapping,
    open_table,
    run_import,
)
from tests.unit.exchange.library import BOOK, SYSTEM, Library, counts

ORDERS = """<?xml version="1.0" encoding="UTF-8"?>
<Orders xmlns="urn:example:orders" sent="today">
  <Head><Sender>Müller &amp; Søn</Sender></Head>
  <Order id="1"><Day>31.12.2026</Day>
    <Item><Number>A1</Number><Title>Sea &lt;b&gt;</Title><Pages>40</Pages></Item>
  </Order>
  <Order id="2"><Day>01.02.2026</Day><Tag>a</Tag><Tag>b</Tag>
    <Item><Number>B2</Number><Title>Sky</Title><Pages>many</Pages></Item></Order>
  <Order id="3"><Day/>
    <Item><Number>C3</Number><Title>Sun</Title><Pages/></Item></Order>
</Orders>
"""


def file(library: Library, name: str, text: str | bytes) -> Path:
    path = library.home / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_elements_that_repeat_themselves_are_rows(library: Library) -> None:
    table = open_table(file(library, "orders.xml", ORDERS))
    assert table.header == (
        *("id", "Day", "Item.Number", "Item.Title", "Item.Pages"),
        "Tag",
    )
    first, second, _ = table.rows()
    assert first.cells[:4] == ("1", "31.12.2026", "A1", "Sea <b>")
    assert second.cells[-1] == '["a", "b"]'
    assert open_table(file(library, "orders", ORDERS)).format == "xml"


def test_a_mapping_reads_xml_by_the_names_of_its_schema(library: Library) -> None:
    path = file(library, "orders.xml", ORDERS)
    mapping = guess_mapping(library, BOOK, open_table(path))
    assert (mapping.document, mapping.key) == ("library.order_in", "code")
    rejected = library.home / "rejected.csv"
    report = run_import(
        library, SYSTEM, path, mapping, ImportOptions(rejected=rejected)
    )
    assert counts(report) == (2, 0, 0, 1)
    assert [(e.line, e.column) for e in report.errors] == [(2, "pages")]
    rows = library.books("code", "name", "pages", "printed")
    assert rows == [
        ("A1", "Sea <b>", 80, date(2026, 12, 31)),
        ("C3", "Sun", None, None),
    ]
    # The rejected row is a table with the same columns.
    mended = rejected.read_text("utf-8-sig").replace("many", "7")
    again = file(library, "mended.csv", mended)
    assert counts(run_import(library, SYSTEM, again, mapping)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("<a><b x='1'/><b x='2'/></a>", ("x",)),
        ("<a><list><b><c>1</c></b><b><c>2</c></b></list></a>", ("c",)),
        ("<a><b><c>1</c><d>2</d></b></a>", ("c", "d")),
        ("<a><c>1</c><d>2</d></a>", ("c", "d")),
    ],
)
def test_records_are_found_wherever_they_stand(
    library: Library, text: str, header: tuple[str, ...]
) -> None:
    assert open_table(file(library, "a.xml", text)).header == header


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><a><b>&b;</b></a>', "declares XML entities"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "declares XML entities"),
        ("<a><b>1</b>", "broken XML"),
        ("<a>" * 80 + "</a>" * 80, "too deep"),
        ("<a/>", "holds no XML elements"),
        ("<a>text</a>", "holds no XML elements"),
        ("", "broken XML"),
    ],
)
def test_xml_that_is_no_table_is_refused(
    library: Library, text: str, said: str
) -> None:
    with pytest.raises(ExchangeError, match=said):
        open_table(file(library, "a.xml", text))


def test_a_record_without_end_is_refused(library: Library) -> None:
    row = "<b><c>" + "x" * 90_000 + "</c></b>"
    path = file(library, "a.xml", f"<a>{row}{row}</a>")
    table = open_table(path)
    (first, _) = table.rows()
    assert first.problem is None
    narrow = open_table(path, limits=Limits(cell=1000, row=500_000))
    assert "more than 1,000 characters" in next(narrow.rows()).problem
    with pytest.raises(ExchangeError, match="in one piece"):
        open_table(path, limits=Limits(cell=1000, row=10_000))


MAIL = """From: "Anna Lund" <Anna@Shop.example>
To: Desk <desk@library.example>, other@library.example
Subject: =?utf-8?q?Ein_sch=C3=B6nes_Buch?=
Date: Mon, 30 Nov 2026 08:00:00 +0100
Message-ID: <m1@shop.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=utf-8

Bitte kaufen: <script>
--x
Content-Type: text/html; charset=utf-8

<p>Bitte kaufen</p>
--x--
"""
BOX = f"""From anna Mon Nov 30 08:00:00 2026
{MAIL}
From robot Mon Nov 30 09:00:00 2026
From: robot@shop.example
Subject: Re: Ein Buch
Message-ID: <m2@shop.example>
Date: nonsense

>From here on it is quoted.
"""


def test_a_mail_is_a_row(library: Library) -> None:
    table = open_table(file(library, "one.eml", MAIL.replace("\n", "\r\n")))
    (row,) = table.rows()
    found = dict(zip(table.header, row.cells, strict=True))
    assert found["subject"] == "Ein schönes Buch"
    assert (found["sender"], found["sender_name"]) == ("anna@shop.example", "Anna Lund")
    assert found["to"] == "desk@library.example, other@library.example"
    assert found["message_id"] == "m1@shop.example"
    assert found["received"] == "2026-11-30T07:00:00+00:00"
    assert found["text"] == "Bitte kaufen: <script>"
    assert found["html"] == "<p>Bitte kaufen</p>"


def test_a_box_of_mails_goes_through_a_mapping(library: Library) -> None:
    path = file(library, "box.mbox", BOX)
    table = open_table(path)
    _, second = table.rows()
    assert second.cells[table.header.index("text")] == "From here on it is quoted."
    assert second.cells[table.header.index("received")] == ""
    mapping = guess_mapping(library, BOOK, table)
    assert mapping.document == "library.suggestion"
    report = run_import(library, SYSTEM, path, mapping)
    assert counts(report) == (1, 0, 0, 1)
    assert "Machines suggest nothing." in report.errors[0].reason
    rows = library.books("code", "name", "language")
    assert rows == [("m1@shop.example", "Ein schönes Buch", "en")]
    assert counts(run_import(library, SYSTEM, path, mapping)) == (0, 0, 1, 1)


@pytest.mark.parametrize("text", ["", "just a text", "\0\1\2" * 50, "\n\n\n"])
def test_what_is_no_mail_is_refused(library: Library, text: str) -> None:
    with pytest.raises(ExchangeError, match="holds no mail"):
        open_table(file(library, "a.eml", text))


@pytest.mark.parametrize(
    "head",
    [
        "From: =?x?y?z?= <a@b",
        "Date: Mon, 99 Xxx 99999 99:99:99 +9999",
        "Subject: =?utf-8?b?////?=",
        "To: ,,,<<>>;:",
        "Content-Type: text/plain; charset=nothing",
        "Content-Transfer-Encoding: base64",
    ],
)
def test_heads_that_no_program_may_write_stop_nothing(
    library: Library, head: str
) -> None:
    text = f"{head}\nMessage-ID: <m@x>\n\nbody\n"
    (row,) = open_table(file(library, "a.eml", text)).rows()
    assert row.problem is None


def test_a_mail_of_any_length_is_told(library: Library) -> None:
    long = MAIL + "x" * 200 + "\n"
    path = file(library, "a.mbox", f"From a\n{long * 300}\nFrom b\n{MAIL}")
    small = Limits(row=20_000, cell=20_000)
    first, second = open_table(path, limits=small).rows()
    assert "more than 20,000 bytes" in first.problem
    assert second.problem is None
