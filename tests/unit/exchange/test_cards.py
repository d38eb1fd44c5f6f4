"""Address books and calendars: every dialect in, the module says what fills what."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.app import Application
from core.exchange import (
    ExchangeError,
    ExportOptions,
    ImportOptions,
    check_mapping,
    export_records,
    guess_mapping,
    open_table,
    run_import,
    undo_import,
)
from core.services import Actor, Query

SYSTEM = Actor.system()
PARTY = "base.party"
ACTIVITY = "crm.activity"

CARDS = """BEGIN:VCARD
VERSION:3.0
N:Doe;Jane;;Dr.;
FN:Dr. Jane Doe
ORG:Acme\\, Inc.;Sales
TITLE:Head
item1.TEL;type=pref:+49 30 1234
item1.X-ABLabel:_$!<Main>!$_
TEL;type=CELL;type=VOICE:0170 1
TEL;TYPE="home,fax":030 9
EMAIL;type=INTERNET;type=WORK:jane@example.com
ADR;TYPE=WORK:;;Main Street 1;Berlin;;10115;Germany
ADR;TYPE=HOME:;Somewhere 5;;;;;Atlantis
UID:u-1
NOTE:One\\nlong lin
 e
PHOTO;ENCODING=b;TYPE=JPEG:/9j/broken
END:VCARD
BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg =
 M=C3=BCller
TEL;WORK;VOICE:555
END:VCARD
BEGIN:VCARD
VERSION:4.0
KIND:org
FN:Beta GmbH
URL:https://beta.example
END:VCARD
BEGIN:VCARD
VERSION:3.0
this is no property
END:VCARD
"""


def file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="\r\n")
    return path


def take(app: Application, entity: str, path: Path, **options):
    table = open_table(path)
    mapping = guess_mapping(app, entity, table)
    assert check_mapping(app.compiled, mapping, table.header) == ()
    return run_import(app, SYSTEM, path, mapping, ImportOptions(**options))


def found(app: Application, entity: str, text: str):
    with app.reader(SYSTEM) as reader:
        (one,) = reader.search(entity, Query(filter=text)).items
        return reader.get(entity, one.id)


def test_cards_become_parties_with_lines(app: Application, tmp_path: Path) -> None:
    path = file(tmp_path / "book.vcf", CARDS)
    rejected = tmp_path / "rejected.vcf"
    report = take(app, PARTY, path, rejected=rejected)
    assert (report.created, report.rejected) == (3, 1), report.errors
    assert "Atlantis" in " ".join(report.warnings)
    assert "X-REJECTED:" in rejected.read_text()
    jane = found(app, PARTY, "name == 'Dr. Jane Doe'")
    points = [
        (row.values["kind"], row.values["value"], row.values["note"])
        for row in jane.relations["contact_points"]
    ]
    assert sorted(points) == [
        ("email", "jane@example.com", "work"),
        ("fax", "030 9", None),
        ("mobile", "0170 1", None),
        ("phone", "+49 30 1234", "Main"),
    ]
    places = [
        (row.values["kinds"], row.values["street"], row.values["country"] is None)
        for row in jane.relations["addresses"]
    ]
    assert sorted(places) == [
        (("home",), "Somewhere 5", True),
        (("main",), "Main Street 1", False),
    ]
    assert jane.values["notes"] == "One\nlong line"
    parent = found(app, PARTY, "name == 'Acme, Inc.'")
    assert (jane.values["parent"], parent.values["kind"]) == (parent.id, "organisation")
    second = found(app, PARTY, "last_name == 'Müller'")
    assert (second.values["name"], second.values["kind"]) == ("Jörg Müller", "person")
    assert found(app, PARTY, "name == 'Beta GmbH'").values["kind"] == "organisation"
    undone = undo_import(app, SYSTEM, report.run or 0)
    assert (undone.deleted, undone.kept) == (4, [])


def test_a_card_that_comes_again_changes_its_party(
    app: Application, tmp_path: Path
) -> None:
    text = "BEGIN:VCARD\nUID:u-9\nFN:Ann\nN:;Ann\nTEL:1\nEND:VCARD\n"
    take(app, PARTY, file(tmp_path / "a.vcf", text))
    again = take(app, PARTY, file(tmp_path / "a.vcf", text.replace("TEL:1", "TEL:2")))
    assert (again.created, again.updated) == (0, 1)


CHANGED = "BEGIN:VCARD\nFN:Ann\nN:;Ann\nTEL:{}\nEND:VCARD\n"


def test_cards_and_events_without_uid_are_known_by_their_content(
    app: Application, tmp_path: Path
) -> None:
    card = CHANGED.format(1)
    one = file(tmp_path / "a.vcf", card)
    assert take(app, PARTY, one).created == 1
    again = take(app, PARTY, one)
    assert (again.created, again.unchanged) == (0, 1)
    assert take(app, PARTY, file(one, CHANGED.format(2))).created == 1
    twice = take(app, PARTY, file(one, CHANGED.format(3) * 2))
    assert (twice.created, twice.rejected) == (1, 1)
    event = (
        "BEGIN:VEVENT\nDTSTART:20240501T100000Z\nDESCRIPTION:Tea\\nand cake\nEND:VEVENT"
    )
    calendar = file(tmp_path / "a.ics", f"BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR\n")
    assert take(app, ACTIVITY, calendar).created == 1
    assert take(app, ACTIVITY, calendar).unchanged == 1
    assert found(app, ACTIVITY, "subject == 'Tea'").values["result"] == "Tea\nand cake"


def test_an_event_that_comes_again_changes_its_activity(
    app: Application, tmp_path: Path
) -> None:
    path = file(tmp_path / "a.ics", EVENTS)
    assert take(app, ACTIVITY, path).created == 4
    moved = EVENTS.replace("SUMMARY:Fair", "SUMMARY:Fair of books")
    again = take(app, ACTIVITY, file(path, moved))
    assert (again.created, again.updated, again.unchanged) == (0, 1, 3)


def test_the_address_books_of_four_programs(app: Application, real_data: Path) -> None:
    number = 0
    for path in sorted((real_data / "vcard").glob("*.vcf")):
        report = take(app, PARTY, path)
        # One address of the files is no address of anybody.
        assert {e.code for e in report.errors} <= {"contacts.contact_point/email_shape"}
        number += report.created
    assert number >= 9


def test_calendars_of_the_world(app: Application, real_data: Path) -> None:
    made: dict[str, int] = {}
    for path in sorted((real_data / "ical").glob("*.ics")):
        table = open_table(path)
        mapping = guess_mapping(app, ACTIVITY, table)
        report = run_import(app, SYSTEM, path, mapping) if mapping.columns else None
        made[path.stem] = 0 if report is None else report.created
    assert made["event_with_recurrence"] == 1
    # Two have no title, one is broken on purpose.
    assert sum(made.values()) == 3


EVENTS = """BEGIN:VCALENDAR
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
END:VTIMEZONE
BEGIN:VEVENT
UID:1
SUMMARY:Before the change
DTSTART;TZID=Europe/Berlin:20240331T013000
DURATION:PT1H
RRULE:FREQ=DAILY;COUNT=3
EXDATE:20240401T013000
BEGIN:VALARM
SUMMARY:Not this
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Winter
DTSTART;TZID=W. Europe Standard Time:20241027T120000
DTEND;TZID=W. Europe Standard Time:20241027T130000
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Fair
DTSTART;VALUE=DATE:20240501
DTEND;VALUE=DATE:20240504
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:Nowhere
DTSTART;TZID=Atlantis/Deep:20240501T100000
END:VEVENT
BEGIN:VEVENT
UID:5
SUMMARY:No day
DTSTART:20240231T100000Z
END:VEVENT
BEGIN:VTODO
UID:6
SUMMARY:Call
DUE:20240502T080000Z
DTSTART:20240501T080000Z
END:VTODO
END:VCALENDAR
"""


def test_events_become_activities(app: Application, tmp_path: Path) -> None:
    report = take(app, ACTIVITY, file(tmp_path / "a.ics", EVENTS))
    assert (report.created, report.rejected) == (4, 2), report.errors
    reasons = [error.reason for error in report.errors]
    assert "no time zone 'Atlantis/Deep'" in reasons[0]
    assert "no calendar has" in reasons[1]
    first = found(app, ACTIVITY, "subject == 'Before the change'").values
    assert first["start"] == datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
    assert first["end"] == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    rule = "RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20240401T013000"
    assert (first["recurrence"], first["type"]) == (rule, "meeting")
    winter = found(app, ACTIVITY, "subject == 'Winter'").values
    assert winter["start"] == datetime(2024, 10, 27, 11, 0, tzinfo=UTC)
    fair = found(app, ACTIVITY, "subject == 'Fair'").values
    assert (fair["all_day"], fair["due"]) == (True, date(2024, 5, 1))
    assert fair["end"].date() == date(2024, 5, 3)
    assert found(app, ACTIVITY, "subject == 'Call'").values["type"] == "task"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("BEGIN:VCARD\nFN:A\n", "never closed"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no vCard"),
        ("BEGIN:VCARD\n" * 20, "nested too deeply"),
    ],
)
def test_books_that_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ExchangeError, match=said):
        open_table(file(tmp_path / "a.vcf", text))


def give(app: Application, entity: str, kind: str, path: Path) -> str:
    with path.open("wb") as out:
        export_records(app, SYSTEM, entity, Query(), out, ExportOptions(format=kind))
    return path.read_bytes().decode()


def test_cards_go_out_as_they_came(app: Application, tmp_path: Path) -> None:
    take(app, PARTY, file(tmp_path / "book.vcf", CARDS))
    out = tmp_path / "out.vcf"
    text = give(app, PARTY, "vcard", out)
    assert "TEL;TYPE=CELL:0170 1\r\n" in text
    assert "ORG:Acme\\, Inc.\r\n" in text
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    rows = {
        row.cells[open_table(out).header.index("fn")]: row
        for row in open_table(out).rows()
    }
    assert {"Dr. Jane Doe", "Jörg Müller", "Beta GmbH"} <= rows.keys()
    header = open_table(out).header
    jane = dict(zip(header, rows["Dr. Jane Doe"].cells, strict=True))
    assert (jane["n.family"], jane["org"], jane["note"]) == (
        "Doe",
        "Acme, Inc.",
        "One\nlong line",
    )
    assert jane["adr[work 1].city"] == "Berlin"


def test_events_go_out_as_they_came(app: Application, tmp_path: Path) -> None:
    take(app, ACTIVITY, file(tmp_path / "a.ics", EVENTS))
    out = tmp_path / "out.ics"
    text = give(app, ACTIVITY, "icalendar", out)
    assert "DTSTART:20240331T003000Z\r\n" in text
    assert "DTSTART;VALUE=DATE:20240501\r\nDTEND;VALUE=DATE:20240504\r\n" in text
    assert "RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20240401T013000\r\n" in text
    assert text.count("BEGIN:VTODO") == 1
    assert len(list(open_table(out).rows())) == 4
    with pytest.raises(ExchangeError, match="No module says"):
        give(app, "base.tag", "icalendar", out)
